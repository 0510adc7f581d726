package verify_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// realTools write out.zip from the files of the directory in which they are started. The
// corpus also imitates what each of them writes, so no test depends on their being
// installed.
var realTools = []struct {
	name string
	args []string
}{
	{"zip", []string{"zip", "-qr", "out.zip", "bootstrap", "web"}},
	{"zip -j", []string{"zip", "-qj", "out.zip", "bootstrap"}},
	{"zip -X9D", []string{"zip", "-qrX9D", "out.zip", "bootstrap", "web"}},
	{"zip -0", []string{"zip", "-qr0", "out.zip", "bootstrap", "web"}},
	{"zip, into a pipe", []string{"sh", "-c", "zip -qr - bootstrap web | cat >out.zip"}},
	{"7z", []string{"7z", "a", "-bd", "-tzip", "out.zip", "bootstrap", "web"}},
	{"7z -mx=9", []string{"7z", "a", "-bd", "-tzip", "-mx=9", "out.zip", "bootstrap", "utf8"}},
	{"bsdtar", []string{"bsdtar", "--format=zip", "-cf", "out.zip", "bootstrap", "web"}},
	{"jar", []string{"jar", "cMf", "out.zip", "web"}},
	{"Python's zipfile", []string{"python3", "-c", `
import zipfile
with zipfile.ZipFile("out.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.write("bootstrap"); z.write("web"); z.write("web/index.html"); z.write("utf8/naïve.txt")
`}},
	{"Python's zipfile, into a pipe", []string{"python3", "-c", `
import io, zipfile
class Pipe(io.RawIOBase):
    def __init__(self, f): self.f = f
    def writable(self): return True
    def write(self, b): return self.f.write(b)
with open("out.zip", "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z:
    z.write("bootstrap"); z.write("web/index.html")
`}},
	{"Python's shutil", []string{"python3", "-c", `
import os, shutil
os.mkdir("../in") if not os.path.exists("../in") else None
shutil.copytree(".", "../in/tree")
shutil.make_archive("out", "zip", "../in/tree")
`}},
}

// functionFolder makes a directory with the files of a function.
func functionFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "function")
	write := func(name string, data []byte, mode fs.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("bootstrap", boot().data, 0o755)
	write("web/index.html", []byte("<p>hello"), 0o644)
	write("utf8/naïve.txt", []byte("naïve"), 0o644)
	write("web/empty", nil, 0o644)
	return dir
}

func TestNothingIsFoundInWhatRealToolsWrite(t *testing.T) {
	for _, tool := range realTools {
		t.Run(tool.name, func(t *testing.T) {
			if _, err := exec.LookPath(tool.args[0]); err != nil {
				t.Skipf("%s is not installed; its zips are imitated in the corpus", tool.args[0])
			}
			dir := functionFolder(t)
			cmd := exec.Command(tool.args[0], tool.args[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			b, err := os.ReadFile(filepath.Join(dir, "out.zip"))
			if err != nil {
				t.Fatal(err)
			}
			o := verify.Options{Arch: project.AMD64}
			if tool.name == "jar" {
				o.Kind = verify.KindLayer
			}
			r := check(t, b, o)
			if got := fired(r); len(got) > 0 && !(tool.name == "jar" && got[0] == "layer-no-known-folder") {
				t.Errorf("%v found something", got)
				logFindings(t, r)
			}
		})
	}
}

func TestNothingIsFoundInWhatGoWrites(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if err := z.AddFS(os.DirFS(functionFolder(t))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, check(t, out.Bytes(), verify.Options{Arch: project.AMD64}))
}
