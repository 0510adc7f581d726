package pack

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// newConfig returns a project with two functions: hello for both architectures and
// with an asset, and world for arm64.
func newConfig(t testing.TB) Config {
	t.Helper()
	root := t.TempDir()
	c := Config{Root: root, Dist: filepath.Join(root, "dist")}
	if err := os.MkdirAll(c.Dist, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "conf", "a.json"), "{}")
	hello := project.Function{
		Name: "hello", Source: "hello", Language: project.Go, Arch: project.Architectures(), Runtime: project.AL2023,
		Handlers: []string{"httpevent"}, Assets: []project.Asset{{Source: "conf/a.json", Name: "a.json"}},
	}
	world := project.Function{Name: "world", Arch: []project.Arch{project.ARM64}, Runtime: project.AL2}
	c.Project = []project.Function{world, hello}
	for _, f := range c.Project {
		for _, arch := range f.Arch {
			bootstrap := filepath.Join(root, "built", f.Name, string(arch))
			put(t, bootstrap, "program "+f.Name+" for "+string(arch))
			c.Inputs = append(c.Inputs, Input{Function: f, Arch: arch, Bootstrap: bootstrap, Toolchain: "go1.26.8"})
		}
	}
	return c
}

func put(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// contents returns the files below dir with their content.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all[strings.TrimPrefix(name, dir+"/")] = string(read(t, name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPack(t *testing.T) {
	c := newConfig(t)
	zips, err := Pack(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, z := range zips {
		names = append(names, z.File)
		data := read(t, filepath.Join(c.Dist, z.File))
		sum := sha256.Sum256(data)
		if z.Size != int64(len(data)) || z.SHA256 != hex.EncodeToString(sum[:]) || z.CodeSha256 != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("line of %s does not describe it: %+v", z.File, z)
		}
	}
	if got := strings.Join(names, " "); got != "world-arm64.zip hello-amd64.zip hello-arm64.zip" {
		t.Errorf("zips are %s, and not in the order of the inputs", got)
	}
	digest, unzipped, err := ContentDigest(c.Inputs[1].entries(c.Root))
	if err != nil {
		t.Fatal(err)
	}
	want := Zip{
		Function: "hello", Arch: "amd64", Runtime: "provided.al2023", File: "hello-amd64.zip", Unzipped: unzipped, Content: digest,
		Size: zips[1].Size, SHA256: zips[1].SHA256, CodeSha256: zips[1].CodeSha256, // compared above
		Handlers: []string{"httpevent"}, Toolchain: "go1.26.8",
	}
	if !reflect.DeepEqual(zips[1], want) {
		t.Errorf("line is\n%+v\nwant\n%+v", zips[1], want)
	}

	m, err := ReadManifest(c.Dist)
	if err != nil {
		t.Fatal(err)
	}
	if sorted := []Zip{zips[1], zips[2], zips[0]}; !reflect.DeepEqual(m.Zips, sorted) {
		t.Errorf("manifest is\n%+v\nwant, by function and architecture,\n%+v", m.Zips, sorted)
	}
	if left := len(contents(t, c.Dist)); left != 4 {
		t.Errorf("dist has %d files, want three zips and the manifest", left)
	}
}

// Two projects with the same sources have the same dist, including the manifest.
func TestSameDist(t *testing.T) {
	a, b := newConfig(t), newConfig(t)
	for _, c := range []Config{a, b} {
		if _, err := Pack(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(contents(t, a.Dist), contents(t, b.Dist)) {
		t.Error("two folders differ")
	}
}

// stopLate is a context that is cancelled after it was asked a number of times.
type stopLate struct {
	context.Context
	left atomic.Int32
}

func (s *stopLate) Err() error {
	if s.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// Whatever goes wrong, the last good zips and their manifest stay, and nothing is
// left beside them.
func TestPackThatFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Config) context.Context
		err   string
	}{
		{"cancelled", func(*Config) context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}, `function "world": context canceled`},
		{"cancelled in the middle", func(c *Config) context.Context {
			c.Inputs = append(c.Inputs, c.Inputs[0])
			ctx := &stopLate{Context: context.Background()}
			ctx.left.Store(5)
			return ctx
		}, "context canceled"},
		{"missing bootstrap", func(c *Config) context.Context {
			c.Inputs[2].Bootstrap = filepath.Join(c.Root, "none")
			return context.Background()
		}, `function "hello": open ROOT/none: no such file or directory`},
		{"missing asset", func(c *Config) context.Context {
			if err := os.Remove(filepath.Join(c.Root, "conf", "a.json")); err != nil {
				t.Fatal(err)
			}
			return context.Background()
		}, `function "hello": open ROOT/conf/a.json: no such file or directory`},
		{"bad asset", func(c *Config) context.Context {
			c.Inputs[1].Function.Assets = []project.Asset{{Source: "conf/a.json", Name: "Bootstrap"}}
			return context.Background()
		}, `function "hello": names "bootstrap" and "Bootstrap" are the same, or differ only in case`},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := newConfig(t)
			if _, err := Pack(context.Background(), config); err != nil {
				t.Fatal(err)
			}
			before := contents(t, config.Dist)
			for _, in := range config.Inputs {
				put(t, in.Bootstrap, "another program") // so there is something to pack
			}
			zips, err := Pack(c.spoil(&config), config)
			if err == nil || zips != nil || !strings.HasSuffix(err.Error(), strings.ReplaceAll(c.err, "ROOT", config.Root)) {
				t.Errorf("error is %v, want %s", err, c.err)
			}
			if after := contents(t, config.Dist); !reflect.DeepEqual(after, before) {
				t.Errorf("dist changed: it has %d files, and had %d", len(after), len(before))
			}
			if _, err := os.Stat(config.Dist); err != nil {
				t.Error(err)
			}
			mustHaveNoFolders(t, config.Dist)
		})
	}
}

func mustHaveNoFolders(t *testing.T, dist string) {
	t.Helper()
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			t.Errorf("folder %s was left", e.Name())
		}
	}
}

// A directory that a killed run left is removed, in a project of any name.
func TestSweep(t *testing.T) {
	c := newConfig(t)
	c.Dist = filepath.Join(c.Root, "a[1]*", "dist")
	put(t, filepath.Join(c.Dist, ".bootzip-stage-123", ".bootzip-lock"), "")
	put(t, filepath.Join(c.Dist, ".bootzip-stage-123", "hello-amd64.zip"), "half a zip")
	if _, err := Pack(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	mustHaveNoFolders(t, c.Dist)
}

func TestReadManifest(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadManifest(dir); !errors.Is(err, fs.ErrNotExist) || hint.Of(err) != "run `bootzip package`" {
		t.Errorf("error is %v (hint %q)", err, hint.Of(err))
	}
	put(t, filepath.Join(dir, ManifestFile), `{"zips": [`)
	var syntax *json.SyntaxError
	if _, err := ReadManifest(dir); !errors.As(err, &syntax) || hint.Of(err) != "remove it and run `bootzip package`" {
		t.Errorf("error is %v (hint %q)", err, hint.Of(err))
	}
}
