//go:build linux

package endtoend

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// The engine loads a function's image unchanged, and the image answers as Cloud Run, Knative
// and OpenFaaS expect: over HTTP on PORT, until SIGTERM.
func TestFunctionImage(t *testing.T) {
	arch := project.Arch(runtime.GOARCH)
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./test/endtoend/testdata/web")
	build.Dir, build.Env = repository(t), append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	archive := filepath.Join(t.TempDir(), pack.ImageName("bootzip-test-web", arch))
	digest, err := pack.WriteImage(t.Context(), archive, []pack.Entry{{Name: "bootstrap", Executable: true, File: program}}, pack.ImageConfig{Function: "bootzip-test-web", Arch: arch})
	if err != nil {
		t.Fatal(err)
	}
	containers(t, func(t *testing.T, client string) {
		image := "bootzip-test-web:" + string(arch)
		loadImage(t, client, archive, image)
		out, err := exec.Command(client, "image", "inspect", image).Output()
		if err != nil {
			t.Fatal(err)
		}
		var about []struct {
			ID, Digest, Architecture string
			Config                   struct{ Entrypoint []string }
		}
		if err := json.Unmarshal(out, &about); err != nil || len(about) != 1 {
			t.Fatalf("%s: %v", out, err)
		}
		a := about[0]
		if a.Architecture != string(arch) || len(a.Config.Entrypoint) != 1 || client == "podman" && a.Digest != digest {
			t.Errorf("%s has %+v, and the digest is %s", client, a, digest)
		}
		f := serveImage(t, client, "8088", "--read-only", "--env", "PORT=8088", image)
		if body := f.ask("GET", "/hello?name=Ada", ""); body != "hello Ada from /hello" {
			t.Errorf("%s: the answer is %q; log:\n%s", client, body, f.log.String())
		}
		if took, err := f.stop(); err != nil || took > 8*time.Second {
			t.Errorf("%s: after SIGTERM it ended after %v with %v; log:\n%s", client, took, err, f.log.String())
		}
	})
}
