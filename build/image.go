package build

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/docker"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/project"
)

// needsOf returns what must be in the build image, sorted: languages, and the architectures
// that Debian's compilers build for. Go's toolchain builds for all.
func needsOf(functions []project.Function) (languages, arches []string) {
	for _, f := range functions {
		languages = append(languages, string(f.Language))
		if f.Cgo != "" {
			languages = append(languages, "cgo")
		}
		if inImage(f) {
			for _, a := range f.Arch {
				arches = append(arches, string(a))
			}
		}
	}
	slices.Sort(languages)
	slices.Sort(arches)
	return slices.Compact(languages), slices.Compact(arches)
}

// defaultBase is the line of Dockerfile.build that pins the base image.
var defaultBase = regexp.MustCompile(`(?m)^ARG BASE_IMAGE=(\S+)$`)

// Image makes the image in which functions are built, unless it is there
// already, and returns its id and the name of the engine that has it.
// Config.Engine must be "docker", "podman" or "auto".
func Image(ctx context.Context, c Config) (id, engine string, err error) {
	clients := []string{c.Engine}
	switch c.Engine {
	case "docker", "podman":
	case "auto", "":
		clients = []string{"docker", "podman"}
	default:
		return "", "", hint.New("use docker or podman", "engine %q has no image", c.Engine)
	}
	var refused error
	for _, client := range clients {
		if err := answers(ctx, c, client); err != nil {
			refused = errors.Join(refused, err)
			continue
		}
		built, err := buildImage(ctx, c, client)
		return built.id, client, err
	}
	return "", "", hint.Wrap(fmt.Errorf("no container engine can be used: %w", refused), "install and start docker or podman")
}

// A builtImage is a build image.
type builtImage struct {
	id           string
	recipe       string // hash of all that it is made from
	base, baseID string
	packages     func(context.Context) ([]string, error) // installed in it, sorted
}

// An imagePlan says how to make a build image.
type imagePlan struct {
	files             map[string]string // Dockerfile.build, and what it copies
	languages, arches string            // separated by blanks
	base              string            // reference of the base image
}

func planImage(c Config) (imagePlan, error) {
	files, err := imageFiles(c.Root)
	if err != nil {
		return imagePlan{}, err
	}
	languages, arches := needsOf(c.everything())
	p := imagePlan{files, strings.Join(languages, " "), strings.Join(arches, " "), c.BaseImage}
	if p.base == "" {
		found := defaultBase.FindStringSubmatch(files["Dockerfile.build"])
		if found == nil {
			return p, hint.New("add one, with the digest of a Debian image", "docker/Dockerfile.build has no line ARG BASE_IMAGE=…")
		}
		p.base = found[1]
	}
	return p, nil
}

// recipe returns a hash of all that the image is made from.
func (p imagePlan) recipe(baseID string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		fmt.Fprintf(h, "%s %d\n%s\n", name, len(p.files[name]), p.files[name])
	}
	fmt.Fprintf(h, "%s\n%s\n%s\n", baseID, p.languages, p.arches)
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func (p imagePlan) tell(c Config) {
	c.tell(Event{Stage: "image", Text: fmt.Sprintf("making the build image for %s from %s", p.languages, p.base)})
}

// write makes the directory dir with the files.
func (p imagePlan) write(dir string) error {
	err := os.Mkdir(dir, 0o755)
	for name, text := range p.files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return err
}

// make runs the command that makes the image. by and remedy are for the error.
func (p imagePlan) make(ctx context.Context, environ, argv []string, by, remedy string) error {
	var output cut
	exit, err := finish(ctx, command(ctx, environ, "", argv...), &output)
	if err == nil && exit != 0 {
		err = hint.New("packages come from Debian's mirrors, which the engine's network must reach; look at the output above"+remedy,
			"build image for %s was not made by %s:\n%s", p.languages, by, indent(lastLines(output.String(), 40)))
	}
	return err
}

// buildImage returns the build image, and makes it if need be. Its tag is the hash of
// all that it is made from, so a new image is made only after a change.
func buildImage(ctx context.Context, c Config, client string) (builtImage, error) {
	plan, err := planImage(c)
	built := builtImage{base: plan.base}
	if err != nil {
		return built, err
	}
	if built.baseID, err = baseImage(ctx, c, client, built.base); err != nil {
		return built, err
	}
	built.recipe = plan.recipe(built.baseID)
	built.packages = func(ctx context.Context) ([]string, error) { return imagePackages(ctx, c, client, built.id) }
	tag := "bootzip-build:" + built.recipe
	if built.id, err = imageID(ctx, c, client, tag); err == nil {
		return built, nil
	}
	plan.tell(c)
	temp, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return built, err
	}
	defer temp.Remove()
	dir := filepath.Join(temp.Path, "context")
	if err := plan.write(dir); err != nil {
		return built, err
	}
	argv := []string{client, "build", "--tag", tag, "--file", filepath.Join(dir, "Dockerfile.build"),
		"--build-arg", "BASE_IMAGE=" + built.base, "--build-arg", "LANGUAGES=" + plan.languages, "--build-arg", "ARCHITECTURES=" + plan.arches}
	if client == "podman" {
		// Packages are downloaded. The network of a rootless container needs
		// a device that is closed on many machines; the host's does not.
		argv = append(argv, "--network", "host")
	}
	if !isRemote(c, client) {
		argv = append(argv, ulimitOptions(limits(client))...)
	}
	remedy := ", and try `" + client + " build` with docker/Dockerfile.build"
	if err := plan.make(ctx, c.Environ, append(argv, dir), client, remedy); err != nil {
		return built, err
	}
	built.id, err = imageID(ctx, c, client, tag)
	return built, err
}

// imageFiles returns the files that the image is made from: those of the project's
// docker directory if it has a Dockerfile.build, else bootzip's own.
func imageFiles(root string) (map[string]string, error) {
	var fsys fs.FS = docker.Files
	if dir := filepath.Join(root, "docker"); exists(filepath.Join(dir, "Dockerfile.build")) {
		fsys = os.DirFS(dir)
	}
	files := map[string]string{}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		data, err := fs.ReadFile(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		files[e.Name()] = string(data)
	}
	return files, nil
}

// baseImage returns the id of the base image, and pulls it if need be.
func baseImage(ctx context.Context, c Config, client, base string) (string, error) {
	if id, err := imageID(ctx, c, client, base); err == nil {
		return id, nil
	}
	c.tell(Event{Stage: "image", Text: "pulling " + base + " with " + client})
	if _, err := capture(ctx, c.Environ, "", client, "pull", "--quiet", base); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		// The clients' last line has the reason, after warnings about settings.
		return "", hint.New("make one from Debian's packages with `scripts/base-image --engine "+client+"` and set BOOTZIP_BASE_IMAGE=bootzip-base:trixie; Go alone can be built with --engine=sandbox or host",
			"base image %q cannot be pulled by %s: %s", base, client, lastLines(err.Error(), 1))
	}
	return imageID(ctx, c, client, base)
}

func imageID(ctx context.Context, c Config, client, name string) (string, error) {
	text, err := capture(ctx, c.Environ, "", client, "image", "inspect", "--format", "{{.Id}}", name)
	id := strings.TrimSpace(text)
	if err == nil && !strings.HasPrefix(id, "sha256:") {
		id = "sha256:" + id // podman leaves it out
	}
	return id, err
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}
