package build_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
)

const stamped = `package main

var version, commit = "dev", "none"

func main() { println("version=" + version, "commit=" + commit, kind) }
`

// The linker knows package main by no other name.
func TestLdflagsByImportPath(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "cmd/a/main.go": program})
	c := config(t, root, "cmd/a")
	c.Functions[0].Name, c.Functions[0].Ldflags = "a", map[string]string{"example.com/app/cmd/a.version": "x"}
	_, err := run(context.Background(), t, c)
	wantError(t, err, "write main.version", `"example.com/app/cmd/a.version" is not set by this name`)
}

// Build tags and variables change their own program only, and a change to them builds
// it again.
func TestTagsAndLdflags(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod":           goMod("example.com/app"),
		"cmd/a/main.go":    stamped,
		"cmd/a/default.go": "//go:build !special\n\npackage main\n\nconst kind = \"kind-default\"\n",
		"cmd/a/special.go": "//go:build special\n\npackage main\n\nconst kind = \"kind-special\"\n",
	})
	c := config(t, root, "plain=cmd/a", "other=cmd/a")
	c.Tag, c.Commit = "v1.2.3", "0123456789abcdef0123456789abcdef01234567"
	c.Functions[1].Tags = []string{"special"}
	c.Functions[1].Ldflags = map[string]string{"main.version": "it's ${tag}", "main.commit": "${commit} x"}
	c.Project = c.Functions
	r := mustBuild(t, c)
	content := map[string]string{}
	for _, a := range r.Artifacts {
		content[a.Function.Name] = read(t, a.Path)
	}
	for name, words := range map[string][2][]string{
		"plain": {{"kind-default", "none"}, {"kind-special", "v1.2.3"}},
		"other": {{"kind-special", "it's v1.2.3", c.Commit + " x"}, {"kind-default"}},
	} {
		for _, word := range words[0] {
			if !strings.Contains(content[name], word) {
				t.Errorf("%s does not hold %q", name, word)
			}
		}
		for _, word := range words[1] {
			if strings.Contains(content[name], word) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
	if got := built(mustBuild(t, c)); got != "" {
		t.Errorf("nothing was changed, and built are %q", got)
	}
	c.Tag = "v1.2.4"
	if got := built(mustBuild(t, c)); got != "other/amd64" {
		t.Errorf("another tag, and built are %q", got)
	}
	c.Functions[0].Tags = []string{"special"}
	if got := built(mustBuild(t, c)); got != "plain/amd64" {
		t.Errorf("other build tags, and built are %q", got)
	}
}

// The toolchain is go.work's, else the module's, else the configuration's,
// else bootzip's own.
func TestToolchainOfModules(t *testing.T) {
	for name, c := range map[string]struct {
		files    map[string]string
		fallback string
		want     string
		said     string
	}{
		"none":                            {map[string]string{"go.mod": "module a\n\ngo 1.17\n"}, "", build.DefaultGo, `pins no Go toolchain; built with ` + build.DefaultGo + `. To pin it: "go: `},
		"no line":                         {map[string]string{"go.mod": "module a\n"}, "", build.DefaultGo, "pins no Go toolchain"},
		"too old to fetch":                {map[string]string{"go.mod": "module a\n\ngo 1.20.0\n"}, "", build.DefaultGo, "pins no Go toolchain"},
		"bootzip.yaml":                    {map[string]string{"go.mod": "module a\n\ngo 1.17\n"}, goVersion(), goVersion(), ""},
		"the module":                      {map[string]string{"go.mod": goMod("a")}, "go1.24.13", goVersion(), ""},
		"go newer than toolchain":         {map[string]string{"go.mod": "module a\n\ngo " + strings.TrimPrefix(goVersion(), "go") + "\n\ntoolchain go1.24.1\n"}, "", goVersion(), ""},
		"the workspace":                   {map[string]string{"go.work": "go 1.24\n\ntoolchain " + goVersion() + "\n\nuse .\n", "go.mod": "module a\n\ngo 1.24\n\ntoolchain go1.24.1\n"}, "", goVersion(), ""},
		"a module of a workspace without": {map[string]string{"go.work": "go 1.24\n\nuse .\n", "go.mod": goMod("a")}, "", goVersion(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.files["main.go"] = program
			root := tree(t, c.files)
			config := config(t, root, "app=.")
			config.Go = c.fallback
			var said string
			config.Progress = func(e build.Event) {
				if e.Stage == "toolchain" {
					said += e.Text
				}
			}
			r := mustBuild(t, config)
			if r.Artifacts[0].Toolchain != c.want {
				t.Errorf("built with %s, want %s", r.Artifacts[0].Toolchain, c.want)
			}
			if !strings.Contains(said, c.said) || c.said == "" && said != "" {
				t.Errorf("said %q, want %q", said, c.said)
			}
		})
	}
	// DefaultGo is the toolchain that bootzip is released with.
	if mod := read(t, filepath.Join("..", "go.mod")); !strings.Contains(mod, "\ntoolchain "+build.DefaultGo+"\n") {
		t.Errorf("go.mod has another toolchain than %s", build.DefaultGo)
	}
}
