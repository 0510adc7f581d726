package reproduce

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/release/attest"
)

// The tests of this file run with the container engines that
// BOOTZIP_TEST_ENGINES names ("docker,podman"), on the base image that
// BOOTZIP_BASE_IMAGE names, and fail if one of them does not work.

func eachContainer(t *testing.T, test func(t *testing.T, engine string)) {
	names := os.Getenv("BOOTZIP_TEST_ENGINES")
	if names == "" {
		t.Skip("BOOTZIP_TEST_ENGINES names no engine")
	}
	for _, engine := range strings.Split(names, ",") {
		if engine == "docker" || engine == "podman" {
			t.Run(engine, func(t *testing.T) { test(t, engine) })
		}
	}
}

// leaks are builds whose program depends on their environment.
var leaks = map[string]string{
	"user":      "id -u",
	"umask":     "umask",
	"time-zone": "date +%z",
	"locale":    "locale charmap",
	"path":      "pwd",
	"file-time": "stat -c %Y main.c",
	"unlisted":  "cat x.secret 2>/dev/null || echo none",
}

// same are builds that read their environment, and find the same each time.
var same = map[string]string{
	"plain":  "echo plain",
	"folder": "ls",
}

// A build that depends on its environment is detected, for each variation: this shows
// that each was really varied.
func TestReproduceInContainers(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		emptyTemp(t)
		config := "functions:\n"
		files := map[string]string{}
		for _, all := range []map[string]string{leaks, same} {
			for name, command := range all {
				script := fmt.Sprintf(`x86_64-linux-gnu-gcc -static -s -Wl,--build-id=none -o $OUT/bootstrap -DFOUND="\"$( { %s; } | tr '\n' ' ')\"" main.c`, command)
				config += fmt.Sprintf("  %[1]s:\n    source: %[1]s\n    arch: [amd64]\n    command: [sh, build.sh]\n", name)
				files[name+"/build.sh"] = script + "\n"
				files[name+"/main.c"] = "#include <stdio.h>\nint main(void) { return puts(\"found: \" FOUND); }\n"
			}
		}
		files["bootzip.yaml"] = config
		r := newRepository(t, files)
		r.write("unlisted/x.secret", "secret") // only in the working tree
		r.engine = engine
		c, zips := r.pack(".")
		got, err := Reproduce(context.Background(), Config{First: c, Zips: zips, Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		applied := map[string]bool{}
		for _, s := range got.Variations {
			applied[strings.ReplaceAll(strings.ToLower(s.Name), " ", "-")] = s.Applied
		}
		for _, one := range got.Results {
			name := one.Zip.Function
			_, want := same[name]
			if in, ok := applied[name]; ok && !in {
				want = true // and the result says so
			}
			if one.Report.Equal != want {
				t.Errorf("%s: equal is %t, want %t", name, one.Report.Equal, want)
			}
		}
		for _, name := range []string{"user", "umask", "time-zone", "locale", "path"} {
			if !applied[name] {
				t.Errorf("%s was not varied", name)
			}
		}
		if len(got.Results) != len(leaks)+len(same) {
			t.Errorf("there are %d results", len(got.Results))
		}
		if t.Failed() {
			var text bytes.Buffer
			_ = got.WriteText(&text)
			t.Log(text.String())
		}
	})
}

// A function in another language is rebuilt with the engine that built it, and not with
// a different base image.
func TestRebuildInContainers(t *testing.T) {
	eachContainer(t, func(t *testing.T, engine string) {
		emptyTemp(t)
		r := newRepository(t, map[string]string{
			"bootzip.yaml": "functions:\n  hello:\n    source: .\n    language: c\n", "main.c": "int main(void) { return 0; }\n",
		})
		r.engine = engine
		file := r.release(".", func(p *attest.Provenance) { p.Materials.Engine = engine })
		automatic := func(c *RebuildConfig) { c.Build.Engine, c.warm = "", false }
		got, err := r.rebuild(file, automatic)
		if err != nil || !got.Report.Equal || got.Engine != engine || len(got.Differences) > 0 {
			t.Errorf("%+v, %v", got, err)
		}
		file = r.release(".", func(p *attest.Provenance) {
			p.Materials.Engine, p.Materials.BaseImageID = engine, "sha256:"+strings.Repeat("1", 64)
		})
		if _, err := r.rebuild(file, automatic); err == nil || !strings.Contains(err.Error(), "but the release was built with sha256:1111") {
			t.Errorf("another base image: %v", err)
		}
	})
}
