//go:build linux

package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dockerContext makes a Go project with its own build image, which no earlier run has
// made.
func dockerContext(t *testing.T) (root string) {
	t.Helper()
	sources := map[string]string{"go.mod": goMod(), "app/main.go": says("app")}
	for _, name := range []string{"Dockerfile.build", "packages"} {
		sources["docker/"+name] = read(t, filepath.Join(repository(t), "docker", name))
	}
	sources["docker/Dockerfile.build"] += fmt.Sprintf("\nLABEL org.bootzip.test=\"%d\"\n", time.Now().UnixNano())
	return tree(t, sources)
}

// An image is made once, and made again only if its inputs have changed.
func TestImage(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		root := dockerContext(t)
		r := record(t, client)
		image := func(what string, builds int) string {
			t.Helper()
			cmd := exec.Command(mage(t), "image", "-engine="+client)
			cmd.Dir = root
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			words := strings.Fields(string(out))
			id := words[len(words)-1]
			if !strings.HasPrefix(id, "sha256:") {
				t.Fatalf("%s: it prints %q", what, out)
			}
			t.Cleanup(func() { _, _ = try(client, "rmi", "--force", id) })
			if got := r.take(t, "build"); len(got) != builds {
				t.Errorf("%s: %d builds, want %d: %q", what, len(got), builds, got)
			}
			return id
		}
		first := image("the first time", 1)
		if again := image("the second time", 0); again != first {
			t.Errorf("the second time the image is %s, and it was %s", again, first)
		}
		packages := filepath.Join(root, "docker", "packages")
		put(t, packages, read(t, packages)+"# changed\n")
		if changed := image("after a change", 1); changed == first {
			t.Error("after a change the image is the same")
		}
		image("and again", 0)

		// The image has what it lists: for Go, nothing in addition to the base.
		list := command(t, client, "run", "--rm", "--network", "none", first, "cat", "/bootzip/packages", "/bootzip/languages")
		if !strings.Contains(list, "\ndash:") || strings.Contains(list, "gcc:") || !strings.HasSuffix(list, "\ngo") {
			t.Errorf("the image for Go has %s", list)
		}
	})
}

// The Dockerfile can be built by hand: with BuildKit, and by buildah.
func TestDockerfileByHand(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		root := dockerContext(t)
		tag := fmt.Sprintf("bootzip-endtoend:%d", time.Now().UnixNano())
		base := os.Getenv("BOOTZIP_BASE_IMAGE")
		arguments := []string{"--tag", tag, "--file", filepath.Join(root, "docker", "Dockerfile.build"), "--build-arg", "LANGUAGES=go"}
		if base != "" {
			arguments = append(arguments, "--build-arg", "BASE_IMAGE="+base)
		}
		arguments = append(arguments, filepath.Join(root, "docker"))
		var argv []string
		if client == "docker" {
			builder := buildKit(t)
			t.Setenv("DOCKER_BUILDKIT", "1")
			argv = append([]string{builder, "build"}, arguments...)
		} else {
			if _, err := exec.LookPath("buildah"); err != nil {
				t.Skip("buildah is not installed")
			}
			argv = append([]string{"buildah", "bud", "--isolation", "chroot"}, arguments...)
		}
		command(t, argv...)
		t.Cleanup(func() { _, _ = try(client, "rmi", "--force", tag) })
		list := command(t, client, "run", "--rm", "--network", "none", tag, "cat", "/bootzip/packages", "/bootzip/languages")
		if !strings.Contains(list, "\ndash:") || !strings.HasSuffix(list, "\ngo") {
			t.Errorf("the image has %s", list)
		}
	})
}

// buildKit returns a docker client in PATH that has BuildKit: built in, as up to version
// 22, or through its plugin buildx.
func buildKit(t *testing.T) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		client := filepath.Join(dir, "docker")
		if _, err := os.Stat(client); err != nil {
			continue
		}
		if _, err := try(client, "buildx", "version"); err == nil {
			return client
		}
		// "Docker version 20.10.24+dfsg1, build 297e128": it asks no daemon.
		var major int
		if _, err := fmt.Sscanf(command(t, client, "--version"), "Docker version %d.", &major); err == nil && major >= 19 && major <= 22 {
			return client
		}
	}
	t.Skip("no docker client in PATH has BuildKit")
	return ""
}
