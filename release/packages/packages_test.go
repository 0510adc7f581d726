//go:build linux

package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// repository makes a directory with a licence and executables. The one for this machine
// reports the version.
func repository(t *testing.T, version string) string {
	t.Helper()
	root := t.TempDir()
	for _, p := range platforms {
		text := "program for " + p.os + "/" + p.arch + "\n"
		if p.os == runtime.GOOS && p.arch == runtime.GOARCH {
			text = "#!/bin/sh\ncase $1 in version) echo 'bootzip   " + version + "' ;; completion) echo \"# $2\" ;; esac\n"
		}
		put(t, source{root: root}.executable(p), text)
	}
	put(t, filepath.Join(root, "LICENSE"), "MIT\n")
	return root
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// The bytes are the same wherever the packages are made, and whoever makes them.
func TestSameBytes(t *testing.T) {
	var first string
	for range 2 {
		root := repository(t, "v1.2.3-rc.1")
		names, err := makeAll(t.Context(), root, "v1.2.3-rc.1")
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 1+6+2*3+1 {
			t.Errorf("%d packages: %q", len(names), names)
		}
		sums, err := os.ReadFile(filepath.Join(root, "dist", "packages", sumsName))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(sums)
		}
		if string(sums) != first || strings.Count(first, "\n") != len(names)-1 {
			t.Errorf("first\n%s\nand then\n%s", first, sums)
		}
		t.Setenv("TZ", "Asia/Kathmandu")
		t.Setenv("SOURCE_DATE_EPOCH", "1000000000")
	}
}

// The package that users install names those of all platforms, with its own version.
func TestNPM(t *testing.T) {
	root := repository(t, "v1.2.3")
	if _, err := makeAll(t.Context(), root, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(root, "dist", "packages")
	main := readNPM(t, filepath.Join(packages, "bootzip-1.2.3.tgz"))
	if len(main.OptionalDependencies) != len(platforms) || main.Name != "bootzip" || main.Bin["bootzip"] != "bin/bootzip.js" {
		t.Errorf("%+v", main)
	}
	for _, p := range platforms {
		about := readNPM(t, filepath.Join(packages, "bootzip-"+p.npm()+"-1.2.3.tgz"))
		if about.Version != "1.2.3" || main.OptionalDependencies[about.Name] != about.Version || about.OS[0]+"-"+about.CPU[0] != p.npm() {
			t.Errorf("%s: %+v", p.npm(), about)
		}
	}
}

func readNPM(t *testing.T, name string) packageJSON {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var about packageJSON
	for files := tar.NewReader(z); ; {
		h, err := files.Next()
		if err == io.EOF {
			return about
		}
		if err != nil {
			t.Fatal(err)
		}
		program := strings.HasPrefix(h.Name, "package/bin/")
		if !strings.HasPrefix(h.Name, "package/") || program != (h.Mode == 0o755) || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%s: %s has mode %o, owner %d %q", name, h.Name, h.Mode, h.Uid, h.Uname)
		}
		if h.Name == "package/package.json" {
			if err := json.NewDecoder(files).Decode(&about); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The error says what is wrong, and nothing is made.
func TestRefused(t *testing.T) {
	for what, x := range map[string]struct {
		version string
		change  func(root string)
		says    string
	}{
		"no version":     {"1.2.3", func(string) {}, "is not a release's"},
		"short version":  {"v1.2", func(string) {}, "is not a release's"},
		"another one":    {"v1.2.4", func(string) {}, "is not v1.2.4"},
		"none for macOS": {"v1.2.3", func(root string) { _ = os.Remove(filepath.Join(root, "dist", "bootzip-darwin-arm64")) }, "bootzip-darwin-arm64"},
		"no licence":     {"v1.2.3", func(root string) { _ = os.Remove(filepath.Join(root, "LICENSE")) }, "LICENSE"},
	} {
		root := repository(t, "v1.2.3")
		x.change(root)
		_, err := makeAll(t.Context(), root, x.version)
		if err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", what, err)
		}
		if what != "no licence" && hint.Of(err) == "" {
			t.Errorf("%s: no hint", what)
		}
		if left, _ := filepath.Glob(filepath.Join(root, "dist", "packages", "*")); len(left) > 0 {
			t.Errorf("%s: left %q", what, left)
		}
	}
}
