//go:build linux

package endtoend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// A function's image is loaded by the engine as it was made, and answers as Cloud Run,
// Knative and OpenFaaS ask for: over HTTP at PORT, up to SIGTERM.
func TestFunctionImage(t *testing.T) {
	arch := project.Arch(runtime.GOARCH)
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./internal/endtoend/testdata/web")
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
		if out, err := try(client, "load", "--input", archive); err != nil {
			t.Fatalf("%s load: %v\n%s", client, err, out)
		}
		image := "bootzip-test-web:" + string(arch)
		t.Cleanup(func() { _, _ = try(client, "rmi", "--force", image) })
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
		name := fmt.Sprintf("bootzip-test-web-%d", time.Now().UnixNano())
		run := exec.Command(client, "run", "--rm", "--name", name, "--read-only", "--publish", "127.0.0.1::8088", "--env", "PORT=8088", image)
		var log strings.Builder
		run.Stdout, run.Stderr = &log, &log
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- run.Wait() }()
		stopped := false
		t.Cleanup(func() {
			if !stopped {
				_, _ = try(client, "rm", "--force", name)
				<-ended
			}
		})
		body := ""
		for try := 0; try < 100 && body == ""; try++ {
			time.Sleep(100 * time.Millisecond)
			port, err := exec.Command(client, "port", name, "8088").Output()
			if err != nil {
				continue
			}
			resp, err := http.Get("http://" + strings.TrimSpace(strings.SplitN(string(port), "\n", 2)[0]) + "/hello?name=Ada")
			if err != nil {
				continue
			}
			text, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil {
				body = string(text)
			}
		}
		if body != "hello Ada from /hello" {
			t.Errorf("%s: the answer is %q; log:\n%s", client, body, log.String())
		}
		began := time.Now()
		if out, err := try(client, "stop", "--time", "9", name); err != nil {
			t.Fatalf("%s stop: %v\n%s", client, err, out)
		}
		stopped = true
		if err := <-ended; err != nil {
			t.Errorf("%s: after SIGTERM it ended with %v; log:\n%s", client, err, log.String())
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("%s: SIGTERM was not heard: %v", client, took)
		}
	})
}
