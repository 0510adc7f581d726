package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
)

// reproduce builds the project in the directory twice, on the host.
func (r repository) reproduce(folder string) (Result, error) {
	r.t.Helper()
	c, zips := r.pack(folder)
	return Reproduce(context.Background(), Config{First: c, Zips: zips, Engine: "host", warm: true})
}

func TestReproduce(t *testing.T) {
	emptyTemp(t)
	// The project is a directory of the repository, and without a bootzip.yaml the
	// program in its root is named after the directory.
	r := newRepository(t, map[string]string{"README.md": "x", "app/go.mod": "", "app/main.go": hello})
	r.git("mv", "--force", "go.mod", "app/go.mod")
	commit := r.commit()
	got, err := r.reproduce("app")
	if err != nil {
		t.Fatal(err)
	}
	if !got.OK() || len(got.Results) != 1 || got.Commit != commit || len(got.Dirty) > 0 || got.First != "host" || got.Second != "host" {
		t.Errorf("result is %+v", got)
	}
	applied := map[string]string{}
	for _, s := range got.Variations {
		if s.Applied {
			applied[s.Name] = s.Value
		} else if s.Why == "" && s.Name != "cache" { // which is warm here
			t.Errorf("%s was no other, and nothing says why", s.Name)
		}
		if strings.Contains(s.Why, "bootzip-reproduce") { // another user must be able to pass through it
			t.Errorf("%s was no other: %s", s.Name, s.Why)
		}
	}
	for _, name := range []string{"path", "file times"} {
		if applied[name] == "" {
			t.Errorf("%s was no other", name)
		}
	}
	if base := filepath.Base(applied["path"]); base != "app" || len(applied["path"]) == len(filepath.Join(r.dir, "app")) {
		t.Errorf("the other path is %q", applied["path"])
	}

	var text, document bytes.Buffer
	if err := got.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "PASS app-amd64.zip  sha256:" + got.Results[0].Second + "\n"; !strings.HasSuffix(text.String(), want) {
		t.Errorf("text is\n%s\nand does not end with\n%s", text.String(), want)
	}
	if err := got.WriteJSON(&document); err != nil {
		t.Fatal(err)
	}
	var decoded struct {
		Equal bool
		Zips  []struct {
			File, SHA256, SecondSHA256 string
			Comparison                 struct{ Equal bool }
		}
	}
	if err := json.Unmarshal(document.Bytes(), &decoded); err != nil || !decoded.Equal || len(decoded.Zips) != 1 ||
		!decoded.Zips[0].Comparison.Equal || decoded.Zips[0].SHA256 != decoded.Zips[0].SecondSHA256 {
		t.Errorf("JSON is %s (%v)", document.String(), err)
	}
}

func TestOtherPath(t *testing.T) {
	for _, length := range []int{1, 40, 80, 100} {
		temp := t.TempDir()
		probe, err := otherPath(temp, "/x/app")
		if err != nil {
			t.Fatal(err)
		}
		// A root that is as long as what would be chosen, or as deep.
		root := "/" + strings.Repeat("x", len(filepath.Dir(probe))-1) + "/app"
		if length < 100 {
			root = strings.Repeat("/x", strings.Count(filepath.ToSlash(filepath.Dir(probe)), "/")) + strings.Repeat("y", length) + "/app"
		}
		got, err := otherPath(t.TempDir(), root)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == len(root) || strings.Count(filepath.ToSlash(got), "/") == strings.Count(root, "/") || filepath.Base(got) != "app" {
			t.Errorf("%q instead of %q", got, root)
		}
	}
}

// Files that the commit does not have are found and named.
func TestReproduceFinds(t *testing.T) {
	for what, c := range map[string]struct {
		files   map[string]string // committed
		change  func(repository)
		cause   string // the beginning of the difference's cause
		refused string // or a part of the error
	}{
		"file that was changed": {
			map[string]string{"cmd/hello/main.go": hello},
			func(r repository) { r.write("cmd/hello/main.go", strings.Replace(hello, "hello", "hullo", 1)) },
			"dirty: the tree is dirty: cmd/hello/main.go", "",
		},
		"generated file that was not committed": {
			map[string]string{"cmd/hello/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n"},
			func(r repository) {
				r.write("cmd/hello/zz_version.go", "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc init() { version = \"v1\" }\n")
			},
			"dirty: the tree is dirty: cmd/hello/zz_version.go", "",
		},
		"ignored file that another takes the place of": {
			map[string]string{"cmd/hello/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n", ".gitignore": "dist/\nzz_*\n"},
			func(r repository) {
				r.write("cmd/hello/zz_version.go", "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc init() { version = \"v1\" }\n")
			},
			"ignored: the first build may have used these files, which .gitignore hides and which are not in the commit: cmd/hello/zz_version.go\n", "",
		},
		"ignored file that is compiled": {
			map[string]string{"cmd/hello/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() { println(version) }\n", ".gitignore": "dist/\nzz_*\n"},
			func(r repository) {
				r.write("cmd/hello/zz_version.go", "package main // AWS_LAMBDA_RUNTIME_API\n\nconst version = \"v1\"\n")
			},
			"", "only the working tree has these files: cmd/hello/zz_version.go",
		},
		"ignored file that is packed": {
			map[string]string{"cmd/hello/main.go": hello, "bootzip.yaml": "functions:\n  hello:\n    source: cmd/hello\n    assets: [a.secret]\n"},
			func(r repository) { r.write("cmd/hello/a.secret", "s") },
			"", "only the working tree has these files: cmd/hello/a.secret",
		},
		"function that is not in the commit": {
			map[string]string{"cmd/hello/main.go": hello},
			func(r repository) { r.write("cmd/other/main.go", hello) },
			"", `function "other" is not in this project`,
		},
	} {
		t.Run(what, func(t *testing.T) {
			emptyTemp(t)
			r := newRepository(t, c.files)
			c.change(r)
			got, err := r.reproduce(".")
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), "clean checkout of "+got.Commit+" cannot be built: ") || !strings.Contains(err.Error(), c.refused) || hint.Of(err) == "" {
					t.Errorf("error is %v (hint %q)", err, hint.Of(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := got.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			if got.OK() || !strings.Contains(text.String(), "FAIL hello-amd64.zip\n") || !strings.Contains(text.String(), ". "+c.cause) || strings.HasPrefix(c.cause, "dirty") && !strings.Contains(text.String(), "1. "+c.cause) {
				t.Errorf("%s\nand no FAIL with %q", text.String(), c.cause)
			}
		})
	}
}

// A dirty tree makes no difference if the changed files are not built.
func TestReproduceDirty(t *testing.T) {
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	r.write("notes.txt", "x")
	got, err := r.reproduce(".")
	if err != nil || !got.OK() || got.DirtyLine() != "the tree is dirty: notes.txt" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReproduceRefuses(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	c, zips := r.pack(".")
	c.Engine = "auto"
	if _, err := Reproduce(context.Background(), Config{First: c, Zips: zips}); err == nil || !strings.Contains(err.Error(), "missing engine") {
		t.Errorf("without the first engine: %v", err)
	}
	c.Engine = "host"
	r.write("dist/hello-amd64.zip", "changed")
	if _, err := Reproduce(context.Background(), Config{First: c, Zips: zips, Engine: "host", warm: true}); err == nil || !strings.Contains(err.Error(), "was changed since it was packed") {
		t.Errorf("zip that was changed: %v", err)
	}
	module := newRepository(t, nil)
	r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module.dir, "lib")
	r.commit()
	if _, err := r.reproduce("."); err == nil || !strings.Contains(err.Error(), `"lib" is a git submodule`) || hint.Of(err) == "" {
		t.Errorf("submodule: %v", err)
	}
}

// An interrupt in the middle of the second build leaves no files.
func TestReproduceInterrupt(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	c, zips := r.pack(".")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Reproduce(ctx, Config{First: c, Zips: zips, Engine: "host", Progress: func(e build.Event) {
		if e.Stage == "build" {
			cancel()
		}
	}})
	if err != context.Canceled {
		t.Errorf("error is %v", err)
	}
}
