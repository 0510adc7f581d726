//go:build linux

package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// A function with one of Debian's libraries, from the project's own build image, is static
// for both architectures, has the same bytes from another directory as another user, and
// answers.
func TestCgo(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_CGO") == "" {
		t.Skip("it takes minutes; BOOTZIP_TEST_CGO=1 runs it")
	}
	containers(t, func(t *testing.T, client string) {
		sources := map[string]string{
			"go.mod":          goMod(),
			"xml/main.go":     read(t, "testdata/cgo/xml/main.go"),
			"docker/packages": read(t, filepath.Join(repository(t), "docker", "packages")),
		}
		const install = "COPY packages /bootzip/install\n"
		before, after, found := strings.Cut(read(t, filepath.Join(repository(t), "docker", "Dockerfile.build")), install)
		if !found {
			t.Fatalf("Dockerfile.build has no line %q", install)
		}
		sources["docker/Dockerfile.build"] = before + `RUN dpkg --add-architecture amd64 && dpkg --add-architecture arm64 && apt-get update && \
	for arch in amd64 arm64; do apt-get install -y --no-install-recommends libxml2-dev:$arch zlib1g-dev:$arch liblzma-dev:$arch || exit; done
` + install + after

		f := goFunction("xml")
		f.Cgo, f.Arch = "static", []project.Arch{project.AMD64, project.ARM64}
		first := mustBuild(t, config(t, tree(t, sources), client, []project.Function{f}))
		t.Cleanup(func() { _, _ = try(client, "rmi", "--force", first.Image) })

		c := config(t, tree(t, sources), client, []project.Function{f})
		c.Vary, c.ColdCache = varied(), true
		equalSums(t, "in another directory", sums(mustBuild(t, c)), sums(first))

		for _, a := range first.Artifacts {
			got := start(t, a, "").invoke(`"<a>one <b>two &#233;</b></a>"`)
			if string(got.Payload) != `"one two é"` {
				t.Errorf("%s answers %s", a.Unit, got.Payload)
			}
		}
	})
}
