//go:build unix

package build_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
)

// fakeClients makes a PATH with nothing in it but the scripts, by name.
func fakeClients(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		file := filepath.Join(dir, name)
		put(t, file, "#!/bin/sh\n"+text)
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// answersInfo is a shell command that answers as "info" of a client whose engine runs
// on the system.
func answersInfo(client, goos string) string {
	answer := `{"OSType":"` + goos + `","Architecture":"x86_64","MemTotal":8589934592}`
	if client == "podman" {
		answer = `{"host":{"os":"` + goos + `","arch":"amd64","memTotal":8589934592}}`
	}
	return "echo '" + answer + "'"
}

func TestEngineThatIsNotThere(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
	for _, engine := range []string{"docker", "podman"} {
		c := config(t, root, "app=.")
		c.Engine = engine
		fakeClients(t, nil)
		_, err := run(context.Background(), t, c)
		wantError(t, err, "install and start "+engine+", or build with --engine=sandbox or host", "engine "+engine+" cannot be used: ", "executable file not found")

		fakeClients(t, map[string]string{engine: "echo 'Cannot connect to the daemon. Is it running?' >&2; exit 1\n"})
		_, err = run(context.Background(), t, c)
		wantError(t, err, "install and start "+engine, "engine "+engine+" cannot be used: ", "Cannot connect to the daemon. Is it running?")

		fakeClients(t, map[string]string{engine: answersInfo(engine, "windows") + "\n"})
		_, err = run(context.Background(), t, c)
		wantError(t, err, "install and start "+engine, engine+" runs windows containers, and Linux ones are needed")
		if files := distFiles(t, c.Dist); len(files) > 0 {
			t.Errorf("dist has %v", files)
		}
	}
}

// If a registry cannot be reached, or does not have the image, the hint says how to make
// an image without it.
func TestBaseImageThatCannotBePulled(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
	for _, engine := range []string{"docker", "podman"} {
		fakeClients(t, map[string]string{engine: `case $1 in
info) ` + answersInfo(engine, "linux") + ` ;;
pull) echo "pull $3: connection refused" >&2; exit 125 ;;
*) exit 1 ;;
esac
`})
		c := config(t, root, "app=.")
		c.Engine, c.BaseImage = engine, "localhost:1/none:1"
		var said []string
		c.Progress = func(e build.Event) { said = append(said, e.Text) }
		_, err := run(context.Background(), t, c)
		if want := "pulling localhost:1/none:1 with " + engine; !slices.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
		wantError(t, err, "scripts/base-image --engine "+engine, `base image "localhost:1/none:1" cannot be pulled by `+engine, "connection refused")
		_, _, err = build.Image(context.Background(), c)
		wantError(t, err, "scripts/base-image --engine "+engine, `base image "localhost:1/none:1" cannot be pulled by `+engine)

		// Without BaseImage, the pinned one is pulled.
		c.BaseImage = ""
		_, err = run(context.Background(), t, c)
		wantError(t, err, "scripts/base-image", `debian`, "@sha256:", "cannot be pulled by "+engine)
	}
}

// auto takes what works, and says why.
func TestAutoWithoutContainers(t *testing.T) {
	goCommand, err := filepath.EvalSymlinks(filepath.Join(goRoot(t), "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	fakeClients(t, map[string]string{
		"docker": "echo 'Cannot connect to the daemon.' >&2; echo more >&2; exit 1\n",
		"go":     "exec " + goCommand + " \"$@\"\n",
	})
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
	c.Engine = "auto"
	r := mustBuild(t, c)
	if r.Engine != "sandbox" && r.Engine != "host" {
		t.Errorf("engine is %q", r.Engine)
	}
	for _, text := range []string{"docker: docker info: Cannot connect to the daemon.", "podman: podman info: ", "executable file not found"} {
		if !strings.Contains(r.Why, text) || strings.Contains(r.Why, "\n") {
			t.Errorf("reason is %q, want that it says %q in one line", r.Why, text)
		}
	}
}

func TestImageWithoutEngine(t *testing.T) {
	fakeClients(t, nil)
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
	for engine, text := range map[string]string{
		"auto":   "no container engine can be used",
		"docker": "no container engine can be used",
		"host":   `engine "host" has no image`,
	} {
		c.Engine = engine
		_, _, err := build.Image(context.Background(), c)
		wantError(t, err, "docker or podman", text)
	}
}
