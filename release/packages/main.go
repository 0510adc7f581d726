package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
)

const (
	homepage = "https://github.com/bootzip/bootzip"
	summary  = "Builds, verifies, runs and releases native programs for AWS Lambda"
)

// epoch is the time of everything that is packed, as in zips: 1980, which all of the
// formats can hold.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// sumsName is the file with the SHA-256 of all packages.
const sumsName = "SHA256SUMS.packages"

// A platform is one for which there is an executable.
type platform struct{ os, arch string }

var platforms = []platform{
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"linux", "amd64"}, {"linux", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// A source is what packages are made from.
type source struct {
	root    string // of the repository, whose directory dist has the executables
	version string // "1.2.3", "1.2.3-rc.1"
}

func (s source) executable(p platform) string {
	name := "bootzip-" + p.os + "-" + p.arch
	if p.os == "windows" {
		name += ".exe"
	}
	return filepath.Join(s.root, "dist", name)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	version := flag.String("version", "", "of the executables, such as v1.2.3")
	root := flag.String("root", "../..", "of the repository, whose directory dist has the executables")
	flag.Parse()
	names, err := makeAll(ctx, *root, *version)
	if err != nil {
		fmt.Fprintln(os.Stderr, "packages:", err)
		if remedy := hint.Of(err); remedy != "" {
			fmt.Fprintln(os.Stderr, "hint:", remedy)
		}
		os.Exit(1)
	}
	for _, name := range names {
		fmt.Println("dist/packages/" + name)
	}
}

// makeAll makes all packages, or none, and returns their names.
func makeAll(ctx context.Context, root, version string) ([]string, error) {
	if !semver.IsValid(version) || semver.Canonical(version) != version || strings.Contains(version, "+") {
		return nil, hint.New("give the tag, as in v1.2.3 or v1.2.3-rc.1", "version %q is not a release's", version)
	}
	s := source{root, strings.TrimPrefix(version, "v")}
	for _, p := range platforms {
		if _, err := os.Stat(s.executable(p)); err != nil {
			return nil, hint.Wrap(err, "make the release first, or the executables with `go tool mage tool -version="+version+"`")
		}
	}
	own := platform{runtime.GOOS, runtime.GOARCH}
	says, err := exec.CommandContext(ctx, s.executable(own), "version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", s.executable(own), err)
	}
	if !bytes.Contains(says, []byte(" "+version+"\n")) {
		return nil, hint.New("make the executables of this tag", "%s is not %s: it says\n%s", s.executable(own), version, says)
	}
	out := filepath.Join(root, "dist", "packages")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	stage, err := atomicfile.Begin(out)
	if err != nil {
		return nil, err
	}
	defer stage.Remove()

	type made struct {
		name  string
		write func(context.Context, string) error // to a file
	}
	var all []made
	add := func(name string, write func(io.Writer) error) {
		all = append(all, made{name, func(_ context.Context, file string) error { return writeFile(file, write) }})
	}
	add("bootzip-"+s.version+".tgz", s.npmMain)
	for _, p := range platforms {
		add("bootzip-"+p.npm()+"-"+s.version+".tgz", func(w io.Writer) error { return s.npmProgram(w, p) })
	}
	shells, err := os.MkdirTemp("", "bootzip-packages-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(shells)
	if err := s.writeCompletions(ctx, own, shells); err != nil {
		return nil, err
	}
	for _, p := range platforms {
		if p.os != "linux" {
			continue
		}
		for _, format := range formats {
			info := s.info(p, shells)
			add(format.ConventionalFileName(info), func(w io.Writer) error { return format.Package(info, w) })
		}
		all = append(all, made{"bootzip-" + p.arch + ".oci.tar", func(ctx context.Context, file string) error { return s.image(ctx, p, file) }})
	}

	var names []string
	var files []atomicfile.File
	var sums strings.Builder
	for _, m := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		file := filepath.Join(stage.Path, m.name)
		if err := m.write(ctx, file); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		sum, _, err := digest.File(file)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, m.name)
		names, files = append(names, m.name), append(files, atomicfile.File{From: file, To: filepath.Join(out, m.name), Mode: 0o644})
	}
	file := filepath.Join(stage.Path, sumsName)
	if err := os.WriteFile(file, []byte(sums.String()), 0o644); err != nil {
		return nil, err
	}
	return append(names, sumsName), stage.Commit(append(files, atomicfile.File{From: file, To: filepath.Join(out, sumsName), Mode: 0o644})...)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
