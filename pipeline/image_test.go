package pipeline

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// An image of a program is checked as its zip would be.
func TestCheckImages(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	program := filepath.Join(dir, "bootstrap")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nimport \"os\"\n\nfunc main() { println(os.Getenv(\"AWS_LAMBDA_RUNTIME_API\")) }\n")
	arch := project.Arch(runtime.GOARCH)
	made := func(tags ...string) string {
		build := exec.Command("go", append(append([]string{"build", "-trimpath"}, tags...), "-o", program, filepath.Join(dir, "main.go"))...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=", "GOWORK=off")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		image := filepath.Join(t.TempDir(), pack.ImageName("x", arch))
		if _, err := pack.WriteImage(t.Context(), image, []pack.Entry{{Name: "bootstrap", Executable: true, File: program}}, pack.ImageConfig{Function: "x", Arch: arch}); err != nil {
			t.Fatal(err)
		}
		return image
	}
	check := func(image string, o verify.ImageOptions) (failed []string) {
		reports, err := CheckImages(t.Context(), CheckConfig{}, []ImageTarget{{Path: image, Name: "oci:x", Options: o}})
		if err != nil || len(reports) != 1 || reports[0].Path != "oci:x" {
			t.Fatalf("%+v, %v", reports, err)
		}
		binary := 0
		for _, x := range reports[0].Results {
			if x.Status == verify.Fail {
				failed = append(failed, x.Check.ID)
			}
			if x.Check.Layer == verify.Binary {
				binary++
			}
		}
		if len(failed) == 0 && binary == 0 {
			t.Error("its program was not checked")
		}
		return failed
	}
	good := made("-ldflags=-s -w")
	if failed := check(good, verify.ImageOptions{Arch: arch}); len(failed) > 0 {
		t.Errorf("a good one: %q", failed)
	}
	if failed := check(good, verify.ImageOptions{SnapStart: true}); strings.Join(failed, " ") != verify.IDImageSnapStart {
		t.Errorf("without the label: %q", failed)
	}
	if failed := check(made(), verify.ImageOptions{Rules: []project.CheckRule{{ID: "elf-not-stripped", Severity: "fail", Reason: "test"}}}); strings.Join(failed, " ") != "elf-not-stripped" {
		t.Errorf("a program that is not stripped: %q", failed)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "bootzip-image-*")); err != nil || len(left) > 0 {
		t.Errorf("left are %q (%v)", left, err)
	}
}
