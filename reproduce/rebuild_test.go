package reproduce

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/sandbox"
	"github.com/bootzip/bootzip/release/attest"
)

// release packs the project in the directory and puts the zip with its provenance into
// a directory of its own. change may change the provenance.
func (r repository) release(folder string, change func(*attest.Provenance)) (file string) {
	r.t.Helper()
	c, zips := r.pack(folder)
	m, err := build.MaterialsOf(context.Background(), c)
	if err != nil {
		r.t.Fatal(err)
	}
	dir := r.t.TempDir()
	p := attest.Provenance{Commit: r.git("rev-parse", "HEAD"), Materials: m}
	for _, z := range zips {
		data, err := os.ReadFile(filepath.Join(c.Dist, z.File))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, z.File), data, 0o644)
		}
		if err != nil {
			r.t.Fatal(err)
		}
		p.Functions = append(p.Functions, z.Function)
		p.Subjects = append(p.Subjects, attest.Subject{Name: z.File, SHA256: z.SHA256})
	}
	if change != nil {
		change(&p)
	}
	text, err := attest.EncodeProvenance(p)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, attest.ProvenanceFile), text, 0o644)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return filepath.Join(dir, zips[0].File)
}

func (r repository) rebuild(file string, change func(*RebuildConfig)) (RebuildResult, error) {
	r.t.Helper()
	c := RebuildConfig{File: file, Source: r.dir, Build: build.Config{Cache: r.cache, Environ: environ(), Engine: r.engine}, warm: true}
	if change != nil {
		change(&c)
	}
	return Rebuild(context.Background(), c)
}

func TestRebuild(t *testing.T) {
	emptyTemp(t)
	// A program in the root of a module is named after the module.
	r := newRepository(t, map[string]string{"main.go": hello})
	const name = "app"
	file := r.release(".", func(p *attest.Provenance) { p.Folder = "." })
	if filepath.Base(file) != name+"-amd64.zip" {
		t.Fatalf("the zip is called %s", file)
	}
	// Later commits and changes do not matter.
	commit := r.git("rev-parse", "HEAD")
	r.write("main.go", strings.Replace(hello, "hello", "later", 1))
	r.commit()
	r.write("main.go", "package broken\n")

	bare := filepath.Join(t.TempDir(), "other-name.git")
	r.git("clone", "--quiet", "--bare", r.dir, bare)
	for what, change := range map[string]func(*RebuildConfig){
		"from a folder":           nil,
		"from the one it runs in": func(c *RebuildConfig) { c.Source, c.Build.Root = "", r.dir },
		"from an address, of another name, with the provenance elsewhere": func(c *RebuildConfig) {
			c.Source = "file://" + filepath.ToSlash(bare)
			c.Provenance = filepath.Join(t.TempDir(), "p.json")
			data, err := os.ReadFile(filepath.Join(filepath.Dir(file), attest.ProvenanceFile))
			if err == nil {
				err = os.WriteFile(c.Provenance, data, 0o644)
			}
			if err != nil {
				t.Error(err)
			}
		},
	} {
		got, err := r.rebuild(file, change)
		if err != nil {
			t.Errorf("%s: %v (hint %q)", what, err, hint.Of(err))
			continue
		}
		if !got.Report.Equal || got.Commit != commit || got.Engine != "host" || len(got.Differences) > 0 {
			t.Errorf("%s: %+v", what, got)
		}
		var text bytes.Buffer
		if err := got.WriteText(&text); err != nil || !strings.HasSuffix(text.String(), "PASS "+name+"-amd64.zip  sha256:"+got.Report.A.SHA256+"\n") {
			t.Errorf("%s: text is\n%s(%v)", what, text.String(), err)
		}
	}
}

// The sources are in a directory of the repository, and the recorded engine and image
// are missing here: for Go that is reported, and does not matter.
func TestRebuildWithoutTheEngine(t *testing.T) {
	r := newRepository(t, map[string]string{
		"deep/app/bootzip.yaml": "functions:\n  hello:\n    source: hello\n", "deep/app/hello/main.go": hello, "testdata/bootzip.yaml": "functions:\n  hello:\n    source: .\n    language: go\n",
		"broken/bootzip.yaml": "x",
	})
	r.git("mv", "go.mod", "deep/app/go.mod")
	r.commit()
	file := r.release("deep/app", func(p *attest.Provenance) {
		p.Folder = "deep/app"
		p.Materials.Engine = "docker"
		p.Materials.BaseImage, p.Materials.BaseImageID = "no-such-image:here", "sha256:"+strings.Repeat("1", 64)
	})
	got, err := r.rebuild(file, nil)
	want := []string{"engine: recorded docker, here host", "base image: recorded sha256:" + strings.Repeat("1", 64) + ", here none"}
	if err != nil || !got.Report.Equal || !slices.Equal(got.Differences, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// The function's module is one of several that a go.work joins, and requires
// a version of another that was never published.
func TestRebuildInAWorkspace(t *testing.T) {
	toolchain := strings.Fields(runtime.Version())[0]
	r := newRepository(t, map[string]string{
		"bootzip.yaml":          "functions:\n  hello:\n    source: app/cmd/hello\n",
		"go.work":               "go 1.24\n\ntoolchain " + toolchain + "\n\nuse (\n\t.\n\t./app\n\t./lib\n)\n\nreplace example.com/lib v0.1.0 => ./lib\n",
		"app/go.mod":            "module example.com/hello\n\ngo 1.24\n\nrequire example.com/lib v0.1.0\n",
		"app/cmd/hello/main.go": "package main // AWS_LAMBDA_RUNTIME_API\n\nimport \"example.com/lib\"\n\nfunc main() { println(lib.Name) }\n",
		"lib/go.mod":            "module example.com/lib\n\ngo 1.24\n",
		"lib/lib.go":            "package lib\n\nvar Name = \"library\"\n",
	})
	file := r.release(".", func(p *attest.Provenance) { p.Folder = "." })
	data, err := os.ReadFile(filepath.Join(filepath.Dir(file), attest.ProvenanceFile))
	if err != nil {
		t.Fatal(err)
	}
	p, err := attest.ReadProvenance(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Materials.ModuleFiles {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "app/go.mod go.mod go.work lib/go.mod" {
		t.Errorf("the provenance names the module files %s", got)
	}
	got, err := r.rebuild(file, nil)
	if err != nil || !got.Report.Equal || len(got.Differences) > 0 {
		t.Errorf("%+v, %v (hint %q)", got, err, hint.Of(err))
	}
}

// A repository may have the function twice.
func TestRebuildChoosesTheProject(t *testing.T) {
	emptyTemp(t)
	const config = "functions:\n  hello:\n    source: cmd/hello\n"
	r := newRepository(t, map[string]string{
		"bootzip.yaml": config, "cmd/hello/main.go": hello,
		"two/bootzip.yaml": config, "two/cmd/hello/main.go": strings.Replace(hello, "hello", "hullo", 1),
	})
	r.write("two/go.mod", "module example.com/two\n\ngo 1.24\n\ntoolchain "+strings.Fields(runtime.Version())[0]+"\n")
	r.commit()
	file := r.release("two", nil)
	named := r.release("two", func(p *attest.Provenance) { p.Folder = "two" })
	if got, err := r.rebuild(named, nil); err != nil || !got.Report.Equal {
		t.Errorf("the provenance names the folder: equal is %t, %v", got.Report.Equal, err)
	}
	for folder, want := range map[string]string{
		"../two": "is not in the repository",
		"three":  "directory \"three\" does not exist",
		"cmd":    "neither bootzip.yaml nor go.mod is in",
	} {
		_, err := r.rebuild(file, func(c *RebuildConfig) { c.Folder = folder })
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%q: %v (hint %q)", folder, err, hint.Of(err))
		}
	}
	for folder, want := range map[string]bool{".": false, "two": true} {
		got, err := r.rebuild(file, func(c *RebuildConfig) { c.Folder = folder })
		if err != nil || got.Report.Equal != want {
			t.Errorf("%s: equal is %t, %v", folder, got.Report.Equal, err)
		}
	}
}

// The directory of the project must not be a link to files outside of the commit.
func TestRebuildOfAFolderElsewhere(t *testing.T) {
	files := map[string]string{"bootzip.yaml": "functions:\n  hello:\n    source: cmd/hello\n", "cmd/hello/main.go": hello}
	r, elsewhere := newRepository(t, files), newRepository(t, files)
	if err := os.Symlink(elsewhere.dir, filepath.Join(r.dir, "app")); err != nil {
		t.Skipf("links cannot be made: %v", err)
	}
	r.commit()
	got, err := r.rebuild(r.release(".", nil), func(c *RebuildConfig) { c.Folder = "app" })
	if err == nil || !strings.Contains(err.Error(), `"app" is a link that leads out of the repository`) || hint.Of(err) == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// The name of a file in an untrusted repository cannot write a line of the result.
func TestNamesAreHarmless(t *testing.T) {
	const evil = "a\nPASS hello-amd64.zip"
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 1\n"
	if runtime.GOOS == "windows" {
		return // no file can be called so there
	}
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello, evil: pointer})
	got, err := r.rebuild(r.release(".", nil), nil)
	var text bytes.Buffer
	if err := errors.Join(err, got.WriteText(&text)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text.String(), "\nPASS"); n != 1 || !strings.Contains(text.String(), `"a\nPASS`) {
		t.Errorf("%d lines say PASS:\n%s", n, text.String())
	}
}

// Bytes that differ are found and explained.
func TestRebuildFinds(t *testing.T) {
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	r.write("cmd/hello/main.go", strings.Replace(hello, "hello", "HELLO", 1)) // in no commit
	got, err := r.rebuild(r.release(".", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := got.WriteText(&text); err != nil || got.Report.Equal || !strings.Contains(text.String(), "FAIL hello-amd64.zip\n") || len(got.Report.Causes) == 0 {
		t.Errorf("%s(%v)", text.String(), err)
	}
}

// Arguments that do not match are refused before anything is fetched: the source does
// not exist.
func TestRebuildRefuses(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	nowhere := func(c *RebuildConfig) { c.Source = filepath.Join(r.dir, "no-such-folder") }
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n" // RFC 8410, 10.1
	for what, c := range map[string]struct {
		change  func(*attest.Provenance)
		damage  func(file string)
		rebuild func(*RebuildConfig)
		want    string
	}{
		"byte of the zip": {nil, func(file string) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 1
			write(file, data)
		}, nowhere, "and the provenance is about one with"},
		"subject":                 {func(p *attest.Provenance) { p.Subjects[0].SHA256 = strings.Repeat("0", 64) }, nil, nowhere, "and the provenance is about one with"},
		"name":                    {func(p *attest.Provenance) { p.Subjects[0].Name = "other-amd64.zip" }, nil, nowhere, `is called "other-amd64.zip" in the provenance`},
		"function":                {func(p *attest.Provenance) { p.Functions = []string{"other"} }, nil, nowhere, `function "hello" is not among the built functions`},
		"no provenance":           {nil, func(file string) { _ = os.Remove(filepath.Join(filepath.Dir(file), attest.ProvenanceFile)) }, nowhere, attest.ProvenanceFile},
		"provenance that is none": {nil, func(file string) { write(filepath.Join(filepath.Dir(file), attest.ProvenanceFile), []byte("{}")) }, nowhere, "_type"},
		"key for what is not signed": {nil, nil, func(c *RebuildConfig) {
			nowhere(c)
			c.Key = filepath.Join(t.TempDir(), "key.pub")
			write(c.Key, []byte(key))
		}, "it is not signed"},
		"key that is not there":       {nil, nil, func(c *RebuildConfig) { nowhere(c); c.Key = "no/such.pub" }, "no such file"},
		"file that is no zip of ours": {nil, nil, func(c *RebuildConfig) { c.File = filepath.Join(r.dir, "go.mod") }, `"go.mod" does not have the form FUNCTION-ARCH.zip`},
		"commit":                      {func(p *attest.Provenance) { p.Commit = strings.Repeat("1", 40) }, nil, nil, "commit " + strings.Repeat("1", 40) + " is not in"},
		"no repository":               {nil, nil, func(c *RebuildConfig) { c.Source = "" }, "names no repository"},
		"toolchain": {func(p *attest.Provenance) {
			p.Materials.Toolchains = []build.Toolchain{{Version: "go1.2.3"}}
			p.Materials.Programs[0].GoVersion = "go1.2.3"
		}, nil, nil, "contradicts its commit"},
		"name of an image that is an option": {func(p *attest.Provenance) {
			p.Materials.BaseImage, p.Materials.BaseImageID = "--privileged", "sha256:"+strings.Repeat("1", 64)
		}, nil, nil, `"--privileged" is not the name of an image`},
	} {
		t.Run(what, func(t *testing.T) {
			file := r.release(".", c.change)
			if c.damage != nil {
				c.damage(file)
			}
			got, err := r.rebuild(file, c.rebuild)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v", got, err)
			}
			if hint.Of(err) == "" && what != "key that is not there" {
				t.Errorf("no hint with %v", err)
			}
		})
	}
}

// If the commit that the provenance names does not have the function, nothing is built.
func TestRebuildOfAnotherCommit(t *testing.T) {
	r := newRepository(t, map[string]string{"cmd/other/main.go": hello})
	before := r.git("rev-parse", "HEAD")
	r.git("mv", "cmd/other", "cmd/hello")
	r.commit()
	_, err := r.rebuild(r.release(".", func(p *attest.Provenance) { p.Commit = before }), nil)
	if err == nil || !strings.Contains(err.Error(), `no project has the function "hello" for amd64`) || hint.Of(err) == "" {
		t.Errorf("error is %v", err)
	}
}

// The commands that build languages other than Go come from the sources. They are not
// run outside of a container, whatever the provenance says.
func TestRebuildRunsNothingOnTheHost(t *testing.T) {
	emptyTemp(t)
	trap := filepath.Join(t.TempDir(), "ran")
	r := newRepository(t, map[string]string{
		"bootzip.yaml":    "functions:\n  hello:\n    source: .\n    command: [sh, -c, \"touch '" + filepath.ToSlash(trap) + "'\"]\n",
		"magefile.go":     "//go:build mage\n\npackage main\n\nimport \"os\"\n\nfunc init() { os.WriteFile(\"" + filepath.ToSlash(trap) + "\", nil, 0o644) }\n",
		".gitattributes":  "* filter=evil\n",
		".git-hooks/x.sh": "",
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "hello-amd64.zip")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	sum, _, err := digest.File(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"host", "sandbox"} {
		text, err := attest.EncodeProvenance(attest.Provenance{
			Subjects: []attest.Subject{{Name: "hello-amd64.zip", SHA256: sum}}, Commit: r.git("rev-parse", "HEAD"), Functions: []string{"hello"}, Materials: build.Materials{Engine: engine},
		})
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, attest.ProvenanceFile), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.rebuild(file, func(c *RebuildConfig) { c.Build.Engine = engine })
		if err == nil || !strings.Contains(err.Error(), "cannot be rebuilt with engine "+engine) || hint.Of(err) == "" {
			t.Errorf("asked for %s: %v", engine, err)
		}
		// Without a container engine in PATH, no engine may run them.
		_, err = r.rebuild(file, func(c *RebuildConfig) {
			c.Build.Engine = "auto"
			t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
			t.Setenv("CONTAINER_HOST", "tcp://127.0.0.1:1")
			c.Build.Environ = environ()
		})
		if err == nil || hint.Of(err) == "" {
			t.Errorf("recorded %s, without docker and podman: %v", engine, err)
		}
	}
	if _, err := os.Stat(trap); !os.IsNotExist(err) {
		t.Errorf("something of the sources ran (%v)", err)
	}
}

// A statement, which may be untrusted, cannot have sources built on the host. Whatever
// it records, only an isolated engine is tried.
func TestRebuildTakesNoHostFromProvenance(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
	t.Setenv("CONTAINER_HOST", "tcp://127.0.0.1:1")
	_, refused := sandbox.Probe(context.Background())
	for _, recorded := range []string{"host", "auto", "none such"} {
		file := r.release(".", func(p *attest.Provenance) { p.Materials.Engine = recorded })
		for _, asked := range []string{"", "auto"} {
			got, err := r.rebuild(file, func(c *RebuildConfig) { c.Build.Engine, c.Build.Environ = asked, environ() })
			switch {
			case refused == nil:
				if err != nil || !got.Report.Equal || got.Engine != "sandbox" {
					t.Errorf("recorded %q, asked for %q: built with %q, %v", recorded, asked, got.Engine, err)
				}
			case err == nil || !strings.Contains(hint.Of(err), "--engine=host"):
				t.Errorf("recorded %q, asked for %q: built with %q, %v (hint %q)", recorded, asked, got.Engine, err, hint.Of(err))
			}
		}
	}
}

// What is fetched from an untrusted repository is limited.
func TestRebuildIsBounded(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello, strings.Repeat("d/", 101) + "f": "x"})
	_, err := r.rebuild(r.release(".", nil), nil)
	if err == nil || !strings.Contains(err.Error(), "over the limit of 100") || hint.Of(err) == "" {
		t.Errorf("error is %v", err)
	}
}

// An interrupt in the middle of the build leaves no files.
func TestRebuildInterrupt(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	file := r.release(".", nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Rebuild(ctx, RebuildConfig{File: file, Source: r.dir, Build: build.Config{
		Cache: r.cache, Environ: environ(), Engine: "host",
		Progress: func(e build.Event) {
			if e.Stage == "build" {
				cancel()
			}
		},
	}})
	if err == nil || ctx.Err() == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error is %v", err)
	}
}

// A signature counts if it is the key's, and is always checked.
func TestRebuildSigned(t *testing.T) {
	r := newRepository(t, map[string]string{"cmd/hello/main.go": hello})
	file := r.release(".", nil)
	name := filepath.Join(filepath.Dir(file), attest.ProvenanceFile)
	plain, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	keys := t.TempDir()
	pair := func(name string) ed25519.PrivateKey {
		t.Helper()
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		if err := os.WriteFile(filepath.Join(keys, name), block, 0o644); err != nil {
			t.Fatal(err)
		}
		return private
	}
	signer := pair("right.pub")
	pair("wrong.pub")
	// DSSE, "protocol.md": what is signed is the type and the payload, each
	// after its length.
	const kind = "application/vnd.in-toto+json"
	signature := ed25519.Sign(signer, fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(plain), plain))
	envelope, err := json.Marshal(map[string]any{
		"payloadType": kind, "payload": plain, "signatures": []map[string]any{{"sig": signature}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, envelope, 0o644); err != nil {
		t.Fatal(err)
	}
	with := func(key string) func(*RebuildConfig) {
		return func(c *RebuildConfig) { c.Key = filepath.Join(keys, key) }
	}
	if got, err := r.rebuild(file, with("right.pub")); err != nil || !got.Report.Equal || !got.Provenance.Signed {
		t.Errorf("with the key: %+v, %v", got, err)
	}
	if _, err := r.rebuild(file, with("wrong.pub")); err == nil || !strings.Contains(err.Error(), "no signature matches the key") {
		t.Errorf("with another key: %v", err)
	}
	if _, err := r.rebuild(file, nil); err == nil || !strings.Contains(err.Error(), "no key was given") {
		t.Errorf("without a key: %v", err)
	}
}
