//go:build linux

package endtoend

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A shell's runtime, which needs a base with bash.
const shellRuntime = `#!/bin/bash
host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:}
while :; do
	exec 3<>"/dev/tcp/$host/$port"
	printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$AWS_LAMBDA_RUNTIME_API" >&3
	while IFS= read -r line <&3; do
		line=${line%$'\r'}
		[ -n "$line" ] || break
		case ${line,,} in lambda-runtime-aws-request-id:*) id=${line#*: } ;; esac
	done
	exec 3>&-
	body="\"$(cat /etc/debian_version) $GREETING\""
	exec 3<>"/dev/tcp/$host/$port"
	printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$id" "$AWS_LAMBDA_RUNTIME_API" "${#body}" "$body" >&3
	cat <&3 >/dev/null
	exec 3>&-
done
`

// baseOf saves the image on which the build image is made as an OCI image layout.
func baseOf(t *testing.T) string {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "base.tar")
	image := os.Getenv("BOOTZIP_BASE_IMAGE")
	if image == "" {
		t.Fatal("BOOTZIP_BASE_IMAGE names no image")
	}
	if out, err := try("podman", "save", "--format", "oci-archive", "--output", archive, image); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return archive
}

// A function that needs the files of a base image is booted in them without an engine, and
// both engines load and run the same image.
func TestFunctionImageBase(t *testing.T) {
	engines(t, "podman") // which saves the base
	arch := project.Arch(runtime.GOARCH)
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(bootstrap, []byte(shellRuntime), 0o755); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), pack.ImageName("bootzip-test-base", arch))
	_, err := pack.WriteImage(t.Context(), archive, []pack.Entry{{Name: "bootstrap", Executable: true, File: bootstrap}},
		pack.ImageConfig{Function: "bootzip-test-base", Arch: arch, Base: baseOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	reports, err := pipeline.CheckImages(t.Context(), pipeline.CheckConfig{Boot: true, Environment: []string{"GREETING=hello"}}, []pipeline.ImageTarget{{Path: archive}})
	if err != nil {
		t.Fatal(err)
	}
	booted := ""
	for _, x := range reports[0].Results {
		if x.Check.Layer == verify.Boot && x.Status == verify.Pass {
			booted = x.Detail
		}
		if x.Status == verify.Fail {
			t.Errorf("%s: %s %s", x.Check.ID, x.File, x.Detail)
		}
	}
	if !strings.Contains(booted, "asked for its first event") {
		t.Errorf("it was not started: %q", booted)
	}
	containers(t, func(t *testing.T, client string) {
		image := "bootzip-test-base:" + string(arch)
		loadImage(t, client, archive, image)
		want, err := try(client, "run", "--rm", os.Getenv("BOOTZIP_BASE_IMAGE"), "cat", "/etc/debian_version")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := try(client, "run", "--rm", "--entrypoint", "cat", image, "/etc/debian_version", "/var/task/bootstrap"); err != nil || got != strings.TrimRight(want+"\n"+shellRuntime, "\n") {
			t.Errorf("%s has %.60q (%v)", client, got, err)
		}
	})
}

// An image answers under AWS's Runtime Interface Emulator, whose program BOOTZIP_TEST_RIE
// is: one from nothing, and one on a base.
func TestFunctionImageInRIE(t *testing.T) {
	rie := os.Getenv("BOOTZIP_TEST_RIE")
	if rie == "" {
		t.Skip("BOOTZIP_TEST_RIE names no program: .ci/run rie sets it")
	}
	arch := project.Arch(runtime.GOARCH)
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./sample/hello")
	build.Dir, build.Env = repository(t), append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte(shellRuntime), 0o755); err != nil {
		t.Fatal(err)
	}
	base := baseOf(t)
	for _, c := range []struct {
		name, file, base, event, want string
	}{
		{"bootzip-test-rie", program, "", `{"queryStringParameters":{"hello":"Ada"}}`, "Hello Ada"},
		{"bootzip-test-rie-base", script, base, `{}`, "hello"},
	} {
		archive := filepath.Join(dir, pack.ImageName(c.name, arch))
		if _, err := pack.WriteImage(t.Context(), archive, []pack.Entry{{Name: "bootstrap", Executable: true, File: c.file}}, pack.ImageConfig{Function: c.name, Arch: arch, Base: c.base, Handler: "httpevent"}); err != nil {
			t.Fatal(err)
		}
		containers(t, func(t *testing.T, client string) {
			image := c.name + ":" + string(arch)
			loadImage(t, client, archive, image)
			f := serveImage(t, client, "8080", "--env", "GREETING=hello", "--volume", rie+":/aws-lambda-rie:ro", "--entrypoint", "/aws-lambda-rie", image, "/var/task/bootstrap")
			answer := f.ask("POST", "/2015-03-31/functions/function/invocations", c.event)
			if !strings.Contains(answer, c.want) || !json.Valid([]byte(answer)) {
				t.Errorf("%s, %s: the answer is %q; log:\n%s", client, c.name, answer, f.log.String())
			}
		})
	}
}
