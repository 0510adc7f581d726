package verify

import (
	"archive/tar"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func dirOf(name string) tar.Header { return tar.Header{Name: name + "/", Typeflag: tar.TypeDir} }

func linkTo(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
}

// unpacked returns an image's files on disk: their names, with their content or target.
func unpacked(t *testing.T, layers ...ociLayer) (files []string, dir string, err error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	image := ociSpec{layers: layers, settings: map[string]any{"Entrypoint": []string{"start", "a"}, "WorkingDir": "/app", "Env": []string{"PATH=/none:/app"}}}.write(t)
	r, root, err := Image(context.Background(), image, ImageOptions{Unpack: true}, dir)
	if err != nil {
		return nil, dir, err
	}
	if r.OK() && (root.Complete || root.Program != "app/start" || strings.Join(root.Command, " ") != "/app/start a" || root.Dir != "/app") {
		t.Errorf("it starts %+v", root)
	}
	err = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			files = append(files, rel+" > "+target)
			return err
		case !e.IsDir():
			text, err := os.ReadFile(name)
			files = append(files, rel+" = "+string(text))
			return err
		}
		return nil
	})
	return files, dir, err
}

// What a container would show is unpacked, except what a container has of its own.
func TestUnpack(t *testing.T) {
	start := ociLayer{entries: []tar.Header{dirOf("app"), {Name: "app/start", Mode: 0o755}}, content: map[string]string{"app/start": "#!"}}
	below := ociLayer{
		entries: []tar.Header{
			dirOf("usr"), dirOf("usr/lib"), {Name: "usr/lib/a"}, {Name: "usr/lib/gone"}, linkTo("lib", "usr/lib"), linkTo("abs", "/usr"),
			dirOf("dev"), {Name: "dev/null", Typeflag: tar.TypeChar}, dirOf("etc"), {Name: "etc/passwd"}, linkTo("etc/resolv.conf", "../run/x"), linkTo("tmp", "/var/tmp"), dirOf("old"), {Name: "old/x"},
		},
		content: map[string]string{"usr/lib/a": "A", "usr/lib/gone": "G", "etc/passwd": "P", "old/x": "X"},
	}
	above := ociLayer{
		entries: []tar.Header{
			{Name: "lib/b"}, {Name: "usr/lib/.wh.gone"}, {Name: ".wh.old"}, {Name: "usr/lib/a"}, {Name: "usr/lib/hard", Typeflag: tar.TypeLink, Linkname: "usr/lib/a"},
		},
		content: map[string]string{"lib/b": "B", "usr/lib/a": "A2"},
	}
	got, dir, err := unpacked(t, start, below, above)
	want := []string{"abs > /usr", "app/start = #!", "etc/hosts = ", "etc/passwd = P", "etc/resolv.conf = ", "lib > usr/lib", "usr/lib/a = A2", "usr/lib/b = B", "usr/lib/hard = A2"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("there is %q (%v)", got, err)
	}
	for _, name := range []string{"dev", "proc", "sys", "tmp"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "app/start")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("app/start has %v (%v)", info, err)
	}
}

// Nothing is written outside of the directory, whatever links an image has.
func TestUnpackStaysInside(t *testing.T) {
	outside := t.TempDir()
	start := ociLayer{entries: []tar.Header{dirOf("app"), {Name: "app/start", Mode: 0o4755}}, content: map[string]string{"app/start": "#!"}}
	for what, layers := range map[string][]ociLayer{
		"a file below a link":    {{entries: []tar.Header{linkTo("x", outside)}}, {entries: []tar.Header{{Name: "x/evil"}}}},
		"a link upwards":         {{entries: []tar.Header{linkTo("x", "../../../../../.."+outside)}}, {entries: []tar.Header{{Name: "x/evil"}}}},
		"a directory over it":    {{entries: []tar.Header{linkTo("x", outside)}}, {entries: []tar.Header{dirOf("x"), {Name: "x/evil"}}}},
		"a link over a file":     {{entries: []tar.Header{{Name: "x"}}}, {entries: []tar.Header{linkTo("x", outside+"/evil")}}},
		"a file over a link":     {{entries: []tar.Header{linkTo("x", outside+"/evil")}}, {entries: []tar.Header{{Name: "x"}}}},
		"a link in /etc":         {{entries: []tar.Header{linkTo("etc", outside)}}, {entries: []tar.Header{{Name: "etc/hosts"}}}},
		"a hard link to a link":  {{entries: []tar.Header{linkTo("x", outside), {Name: "y", Typeflag: tar.TypeLink, Linkname: "x"}}}},
		"links to one another":   {{entries: []tar.Header{linkTo("x", "y"), linkTo("y", "x")}}, {entries: []tar.Header{{Name: "x/evil"}}}},
		"a link of the own dir":  {{entries: []tar.Header{linkTo("tmp", outside)}}, {entries: []tar.Header{{Name: "tmp/evil"}}}},
		"a link at the work dir": {{entries: []tar.Header{linkTo("var", outside)}}, {entries: []tar.Header{{Name: "var/evil"}}}},
	} {
		_, dir, err := unpacked(t, append([]ociLayer{start}, layers...)...)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if left, failed := os.ReadDir(outside); failed != nil || len(left) > 0 {
			t.Errorf("%s: outside is %v (%v); %v", what, left, failed, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "app/start")); err == nil && info.Mode()&fs.ModeSetuid != 0 {
			t.Errorf("%s: the mode is %v", what, info.Mode())
		}
	}
}

// A file whose parent turns out not to be a directory is a finding, and nothing is
// started.
func TestMisplaced(t *testing.T) {
	image := ociSpec{
		layers: []ociLayer{
			{entries: []tar.Header{dirOf("app"), {Name: "app/start", Mode: 0o755}, linkTo("x", "y"), linkTo("y", "x")}, content: map[string]string{"app/start": "#!"}},
			{entries: []tar.Header{{Name: "x/evil"}}},
		},
		settings: map[string]any{"Entrypoint": []string{"/app/start"}, "WorkingDir": "/app"},
	}.write(t)
	r, _, err := Image(context.Background(), image, ImageOptions{Unpack: true}, t.TempDir())
	if err != nil || r.OK() {
		t.Errorf("it passes, or %v", err)
	}
	for _, x := range r.Results {
		if (x.Status == Fail) != (x.Check.ID == idImageName) || x.Status == Fail && x.File != "/x/evil" {
			t.Errorf("%s: %v %s %s", x.Check.ID, x.Status, x.File, x.Detail)
		}
	}
}
