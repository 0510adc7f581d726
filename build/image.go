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

// needs say what must be in the build image.
type needs struct {
	languages []string // sorted
	arches    []string // sorted; only what is cross-compiled with Debian's compilers counts
}

func needsOf(functions []project.Function) needs {
	var n needs
	for _, f := range functions {
		if f.Cgo != "" && !slices.Contains(n.languages, "cgo") {
			n.languages = append(n.languages, "cgo")
		}
		if !slices.Contains(n.languages, string(f.Language)) {
			n.languages = append(n.languages, string(f.Language))
		}
		for _, a := range f.Arch {
			// Go's toolchain builds for every architecture.
			if (needsImage(f.Language) || f.Cgo != "") && !slices.Contains(n.arches, string(a)) {
				n.arches = append(n.arches, string(a))
			}
		}
	}
	slices.Sort(n.languages)
	slices.Sort(n.arches)
	return n
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
	id     string
	recipe string // hash of all that it is made from
}

// buildImage returns the image for what is needed. Its tag is the hash of all
// that it is made from, so a change makes another image and nothing else does.
func buildImage(ctx context.Context, c Config, client string) (builtImage, error) {
	var built builtImage
	files, err := imageFiles(c.Root)
	if err != nil {
		return built, err
	}
	base, err := baseReference(c)
	if err != nil {
		return built, err
	}
	need := needsOf(c.everything())
	baseID, err := baseImage(ctx, c, client, base)
	if err != nil {
		return built, err
	}

	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n%s\n", name, len(files[name]), files[name])
	}
	languages, arches := strings.Join(need.languages, " "), strings.Join(need.arches, " ")
	fmt.Fprintf(h, "%s\n%s\n%s\n", baseID, languages, arches)
	built.recipe = fmt.Sprintf("%x", h.Sum(nil)[:8])
	tag := "bootzip-build:" + built.recipe
	if built.id, err = imageID(ctx, c, client, tag); err == nil {
		return built, nil
	}
	c.tell(Event{Stage: "image", Text: fmt.Sprintf("making the build image for %s from %s", languages, base)})
	temp, err := tempdir.New("", "bootzip-image")
	if err != nil {
		return built, err
	}
	defer temp.Remove()
	dir := filepath.Join(temp.Path, "context")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return built, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return built, err
		}
	}
	argv := []string{client, "build", "--tag", tag, "--file", filepath.Join(dir, "Dockerfile.build"),
		"--build-arg", "BASE_IMAGE=" + base, "--build-arg", "LANGUAGES=" + languages, "--build-arg", "ARCHITECTURES=" + arches}
	if client == "podman" {
		// Packages are downloaded. The network of a rootless container needs
		// a device that is closed on many machines; the host's does not.
		argv = append(argv, "--network", "host")
	}
	if !isRemote(c, client) {
		argv = append(argv, ulimitOptions(limits(client))...)
	}
	argv = append(argv, dir)
	var output cut
	exit, err := run(ctx, &output, c.Environ, "", argv...)
	if err != nil {
		return built, err
	}
	if exit != 0 {
		return built, hint.New("packages come from Debian's mirrors, which the engine's network must reach; look at the output above, and try `"+client+" build` with docker/Dockerfile.build",
			"build image for %s was not made by %s:\n%s", languages, client, indent(lastLines(output.String(), 40)))
	}
	built.id, err = imageID(ctx, c, client, tag)
	return built, err
}

// baseReference is the base image that the configuration or the Dockerfile
// names.
func baseReference(c Config) (string, error) {
	if c.BaseImage != "" {
		return c.BaseImage, nil
	}
	files, err := imageFiles(c.Root)
	if err != nil {
		return "", err
	}
	found := defaultBase.FindStringSubmatch(files["Dockerfile.build"])
	if found == nil {
		return "", hint.New("add one, with the digest of a Debian image", "docker/Dockerfile.build has no line ARG BASE_IMAGE=…")
	}
	return found[1], nil
}

// imageFiles are the files that the image is made from: the project's own
// docker directory if it has a Dockerfile.build, else those that came with
// bootzip.
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
	c.tell(Event{Stage: "image", Text: "pulling " + base})
	if _, err := capture(ctx, c.Environ, "", client, "pull", "--quiet", base); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		// Clients say the reason last, behind warnings about their settings.
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
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
