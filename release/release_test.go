package release

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

func TestChooseTag(t *testing.T) {
	for _, test := range []struct {
		name, wanted string
		tree         git.Tree
		tag, problem string
	}{
		{"the only tag", "", git.Tree{Tags: []string{"v1"}}, "v1", ""},
		{"one of two", "v2", git.Tree{Tags: []string{"v1", "v2"}}, "v2", ""},
		{"two", "", git.Tree{Tags: []string{"v1", "v2"}}, "", "has 2 tags: v1, v2"},
		{"none", "", git.Tree{Commit: "abc"}, "", "commit abc has no tag"},
		{"elsewhere", "v3", git.Tree{Commit: "abc", Tags: []string{"v1"}}, "", `tag "v3" is not on commit abc`},
		{"of another module", "runtime/v1", git.Tree{Folder: ".", Tags: []string{"v1"}, Others: []string{"runtime/v1"}}, "", `tag "runtime/v1" is not for the project in "."`},
		{"another module's is no second one", "", git.Tree{Folder: ".", Tags: []string{"v1"}, Others: []string{"runtime/v1"}}, "v1", ""},
		{"another module's alone", "", git.Tree{Commit: "abc", Folder: ".", Others: []string{"runtime/v1"}}, "", "only for modules in other directories: runtime/v1"},
		{"dirty", "v1", git.Tree{Dirty: []string{"a.go"}, Tags: []string{"v1"}}, "", "the tree is dirty: a.go"},
		{"very dirty", "v1", git.Tree{Dirty: strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12"), Tags: []string{"v1"}}, "", "9, 10 and 2 more"},
	} {
		tag, err := chooseTag(test.tree, test.wanted)
		if tag != test.tag || (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: %q, %v", test.name, tag, err)
		}
		if err != nil && hint.Of(err) == "" {
			t.Errorf("%s: no hint", test.name)
		}
	}
}

// otherArch is the architecture that this machine does not run.
func otherArch() project.Arch {
	if runtime.GOARCH == "arm64" {
		return project.AMD64
	}
	return project.ARM64
}

// The boot check of a zip for the other architecture is a skip without qemu, which does
// not prove anything.
func TestSkippedBootIsNoProof(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/app\n\ngo 1.24\n",
		"main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+string(otherArch()), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f := project.Function{Name: "app", Runtime: project.AL2023}
	zips, err := pack.Pack(context.Background(), pack.Config{Root: dir, Dist: dir, Inputs: []pack.Input{{Function: f, Arch: otherArch(), Bootstrap: program}}})
	if err != nil {
		t.Fatal(err)
	}
	packaged := []pipeline.Zip{{Function: f, Packed: zips[0], Target: verify.Target{
		Path:    filepath.Join(dir, zips[0].File),
		Options: verify.Options{Function: f.Name, Arch: otherArch(), Runtime: f.Runtime},
	}}}

	c := Config{Build: build.Config{Dist: dir}}
	_, err = c.check(context.Background(), packaged)
	var failure *CheckError
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "the boot check was skipped for app-"+string(otherArch())+".zip (") {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(hint.Of(err), `-waive="REASON"`) || len(failure.Reports) != 1 {
		t.Errorf("hint %q, %d reports", hint.Of(err), len(failure.Reports))
	}

	c.WaiveBoot = "no machine for it"
	reports, err := c.check(context.Background(), packaged)
	if err != nil {
		t.Fatal(err)
	}
	waived := 0
	for _, x := range reports[0].Results {
		if x.Status == verify.Waived && x.Check.Layer == verify.Boot && x.Reason == c.WaiveBoot {
			waived++
		}
	}
	if waived != 1 || reports[0].Path != zips[0].File {
		t.Errorf("%d waived in the report of %q", waived, reports[0].Path)
	}
}

func TestPublish(t *testing.T) {
	dist := t.TempDir()
	stage, err := atomicfile.Begin(dist)
	if err != nil {
		t.Fatal(err)
	}
	defer stage.Remove()
	write := func(dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const before = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  old.zip\n" +
		"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  changed.zip\n"
	write(dist, sumsFile, before)
	write(dist, "old.zip", "a") // of a function that is gone
	write(dist, "changed.zip", "b")
	write(dist, "other.txt", "not ours")
	files := []File{{Name: "a.zip"}, {Name: "missing"}, {Name: sumsFile}}
	write(stage.Path, "a.zip", "a")
	write(stage.Path, sumsFile, "new")
	if err := publish(stage, dist, files); err == nil {
		t.Fatal("a release with a missing file was published")
	}
	if data, _ := os.ReadFile(filepath.Join(dist, sumsFile)); string(data) != before {
		t.Errorf("SHA256SUMS is %q after a failure", data)
	}
	files[1] = File{Name: "tool", Executable: true}
	write(stage.Path, "tool", "x")
	if err := publish(stage, dist, files); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dist, "old.zip")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("old.zip of the release before: %v", err)
	}
	for name, mode := range map[string]os.FileMode{"a.zip": 0o644, "tool": 0o755, sumsFile: 0o644, "other.txt": 0o600, "changed.zip": 0o600} {
		info, err := os.Stat(filepath.Join(dist, name))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s has the mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
}
