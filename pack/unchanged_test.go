package pack

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// run packs in another process, which knows the versions of its modules.
func run(t *testing.T, packer string, c Config) []Zip {
	t.Helper()
	in, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(packer)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var zips []Zip
	if err := json.Unmarshal(out, &zips); err != nil {
		t.Fatal(err)
	}
	return zips
}

// files returns the zips of dist as the file system knows them: one that was packed
// again is a different file.
func files(t *testing.T, dist string) map[string]os.FileInfo {
	t.Helper()
	all := map[string]os.FileInfo{}
	names, err := filepath.Glob(filepath.Join(dist, "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.Stat(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestUnchanged(t *testing.T) {
	packer := filepath.Join(t.TempDir(), "packer")
	if out, err := exec.Command("go", "build", "-o", packer, "./testdata/packer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	c := newConfig(t)
	first := run(t, packer, c)
	m, err := ReadManifest(c.Dist)
	if err != nil {
		t.Fatal(err)
	}
	// go.mod requires exactly the version in Compressor.
	if want := "archiver/v3 v3.5.1, klauspost/compress " + Compressor; m.Packer != want {
		t.Errorf("packer is %q, want %q", m.Packer, want)
	}
	manifest := string(read(t, filepath.Join(c.Dist, ManifestFile)))
	const all = "hello-amd64.zip hello-arm64.zip world-arm64.zip"

	for _, step := range []struct {
		name   string
		change func()
		packed string // the zips that are packed again
	}{
		{"nothing", func() {}, ""},
		{"broken zip", func() { put(t, filepath.Join(c.Dist, "hello-arm64.zip"), "half") }, "hello-arm64.zip"},
		{"zip that is gone", func() { os.Remove(filepath.Join(c.Dist, "world-arm64.zip")) }, "world-arm64.zip"},
		{"broken manifest", func() { put(t, filepath.Join(c.Dist, ManifestFile), "{") }, all},
		{"manifest that is gone", func() { os.Remove(filepath.Join(c.Dist, ManifestFile)) }, all},
		{"another packer", func() {
			put(t, filepath.Join(c.Dist, ManifestFile), strings.Replace(manifest, "klauspost/compress v1.", "klauspost/compress v0.", 1))
		}, all},
	} {
		step.change()
		before := files(t, c.Dist)
		if zips := run(t, packer, c); !reflect.DeepEqual(zips, first) {
			t.Errorf("%s: lines are\n%+v\nwant\n%+v", step.name, zips, first)
		}
		var packed []string
		after := files(t, c.Dist)
		for _, name := range strings.Fields(all) {
			if before[name] == nil || !os.SameFile(before[name], after[name]) {
				packed = append(packed, name)
			}
		}
		if got := strings.Join(packed, " "); got != step.packed {
			t.Errorf("%s: packed again are %q, want %q", step.name, got, step.packed)
		}
		if got := string(read(t, filepath.Join(c.Dist, ManifestFile))); got != manifest {
			t.Errorf("%s: manifest is\n%s\nwant\n%s", step.name, got, manifest)
		}
	}

	// A different program and a different asset give different zips.
	put(t, c.Inputs[0].Bootstrap, "another program")
	put(t, filepath.Join(c.Root, "conf", "a.json"), "[]")
	for i, z := range run(t, packer, c) {
		if z.Content == first[i].Content || z.SHA256 == first[i].SHA256 {
			t.Errorf("%s is as it was", z.File)
		}
	}
}

// A run for one function keeps the lines of the others, as long as they are valid.
func TestKeptLines(t *testing.T) {
	packer := filepath.Join(t.TempDir(), "packer")
	if out, err := exec.Command("go", "build", "-o", packer, "./testdata/packer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"as it was", func(*Config) {}, "hello-amd64.zip hello-arm64.zip world-arm64.zip"},
		{"zip that is gone", func(c *Config) { os.Remove(filepath.Join(c.Dist, "hello-amd64.zip")) }, "hello-arm64.zip world-arm64.zip"},
		{"zip that was changed", func(c *Config) { put(t, filepath.Join(c.Dist, "hello-amd64.zip"), "x") }, "hello-arm64.zip world-arm64.zip"},
		{"architecture that is no more", func(c *Config) { c.Project[1].Arch = []project.Arch{project.AMD64} }, "hello-amd64.zip world-arm64.zip"},
		{"function that is no more", func(c *Config) { c.Project = c.Project[:1] }, "world-arm64.zip"},
	} {
		config := newConfig(t)
		run(t, packer, config)
		config.Inputs = config.Inputs[:1]
		c.change(&config)
		run(t, packer, config)
		m, err := ReadManifest(config.Dist)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, z := range m.Zips {
			lines = append(lines, z.File)
		}
		if got := strings.Join(lines, " "); got != c.want {
			t.Errorf("%s: manifest has %q, want %q", c.name, got, c.want)
		}
	}
}
