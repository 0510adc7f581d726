package pipeline

import (
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	fake "github.com/google/go-containerregistry/pkg/registry"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/sandbox"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/registry"
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
	server := httptest.NewServer(fake.New(fake.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	reference := strings.TrimPrefix(server.URL, "http://") + "/shop/x:v1"
	if _, err := registry.Push(t.Context(), registry.Config{}, reference, good); err != nil {
		t.Fatal(err)
	}
	reports, err := CheckImages(t.Context(), CheckConfig{}, []ImageTarget{{Path: InRegistry + reference}})
	if err != nil || !reports[0].OK() || reports[0].Path != InRegistry+reference {
		t.Errorf("in a registry: %+v, %v", reports, err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "bootzip-image-*")); err != nil || len(left) > 0 {
		t.Errorf("left are %q (%v)", left, err)
	}
}

// answering is a function without a runtime library, which is started as the handler web, or
// needs time zones.
const answering = `package main

import (
	"net/http"
	"os"
	"strings"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			os.Exit(1)
		}
		text, _ := os.ReadFile("/usr/share/zoneinfo/tzdata.zi")
		if _, err := os.Stat("/usr/share/zoneinfo/Europe/Berlin"); err != nil && os.Getenv("_HANDLER") != "web" {
			os.Exit(2)
		}
		resp, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "", strings.NewReader("{}"+string(text)))
		if err != nil {
			os.Exit(3)
		}
		resp.Body.Close()
	}
}
`

// An image is started with its own variables. If it has more than the function's files, it is
// started in them, and a program that needs no libraries is still checked like that of a zip.
func TestCheckImageStarts(t *testing.T) {
	if _, err := sandbox.Probe(t.Context()); err != nil {
		t.Skipf("there is no sandbox here: %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	program := filepath.Join(dir, "bootstrap")
	write(t, filepath.Join(dir, "main.go"), answering)
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, filepath.Join(dir, "main.go"))
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		handler   string
		zones, ok bool
	}{{"", true, true}, {"", false, false}, {"web", true, true}, {"web", false, true}, {"other", false, false}} {
		image := filepath.Join(t.TempDir(), "x.oci.tar")
		if _, err := pack.WriteImage(t.Context(), image, []pack.Entry{{Name: "bootstrap", Executable: true, File: program}}, pack.ImageConfig{Arch: project.Arch(runtime.GOARCH), Zones: c.zones, Handler: c.handler}); err != nil {
			t.Fatal(err)
		}
		reports, err := CheckImages(t.Context(), CheckConfig{Boot: true, Strict: true}, []ImageTarget{{Path: image}})
		if err != nil {
			t.Fatal(err)
		}
		count := map[verify.Layer]int{}
		boot := ""
		for _, x := range reports[0].Results {
			count[x.Check.Layer]++
			if x.Check.Layer == verify.Boot {
				boot = x.Detail
			}
		}
		if count[verify.Binary] == 0 || count[verify.Boot] != 1 || reports[0].OK() != c.ok {
			t.Errorf("%+v: %v, %s", c, count, boot)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "bootzip-*")); err != nil || len(left) > 0 {
		t.Errorf("left are %q (%v)", left, err)
	}
}

// A base is a file of the project.
func TestBaseOf(t *testing.T) {
	root := t.TempDir()
	for name, target := range map[string]string{"out": t.TempDir(), "in": "base-amd64"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "base-amd64"), "x")
	for name, good := range map[string]bool{"": true, "base-${arch}": true, "in": true, "out": false, "none": false} {
		file, err := baseOf(t.Context(), project.Function{ImageBase: name}, project.AMD64, build.Config{Root: root})
		if (err == nil) != good || good && (file == "") != (name == "") {
			t.Errorf("%q is %q (%v)", name, file, err)
		}
		if name == "none" && (!strings.HasPrefix(err.Error(), "none: ") || !errors.Is(err, os.ErrNotExist)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
