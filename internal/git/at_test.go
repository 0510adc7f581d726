package git

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// Whatever is configured, the files are those of the commit, and nothing that the
// configuration names is run.
func TestAtIgnoresConfiguration(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the traps are scripts for sh")
	}
	emptyTemp(t)
	r := newRepository(t)
	r.write(".gitattributes", "*.evil filter=evil diff=evil\n*.bat text eol=crlf\n*.txt text\n")
	r.write("a.evil", "as committed\n")
	r.write("b.bat", "x\r\n")
	r.write("c.txt", "x\n")
	commit := r.commit()

	trap := filepath.Join(t.TempDir(), "ran")
	hook := filepath.Join(t.TempDir(), "hooks", "post-checkout")
	script := "#!/bin/sh\ntouch '" + trap + "'\ncat\n"
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"post-checkout", "post-index-change", "reference-transaction", "monitor"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(hook), name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf(`[core]
	autocrlf = true
	hooksPath = %[1]s
	fsmonitor = %[1]s/monitor
	sshCommand = %[1]s/monitor
[filter "evil"]
	smudge = %[1]s/monitor
	clean = %[1]s/monitor
	required = true
[uploadpack]
	packObjectsHook = %[1]s/monitor
`, filepath.Dir(hook))
	home := t.TempDir()
	for _, name := range []string{filepath.Join(home, ".gitconfig"), filepath.Join(r.dir, ".git", "config")} {
		old, _ := os.ReadFile(name) // the repository's has the version of its format
		if err := os.WriteFile(name, append(old, config...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	environ := append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "GIT_DIR=/nowhere", "GIT_SSH_COMMAND="+hook,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.autocrlf", "GIT_CONFIG_VALUE_0=true")

	dir := filepath.Join(t.TempDir(), "x")
	if _, err := At(context.Background(), r.dir, commit, dir, Options{Environ: environ}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "a.evil"), "as committed\n")
	wantFile(t, filepath.Join(dir, "b.bat"), "x\r\n")
	wantFile(t, filepath.Join(dir, "c.txt"), "x\n")
	if _, err := os.Stat(filepath.Join(dir, ".git")); !os.IsNotExist(err) {
		t.Errorf("the checkout has a .git folder (%v)", err)
	}
	r.write("a.evil", "changed\n")
	if tree, err := State(context.Background(), r.dir, environ); err != nil || strings.Join(tree.Dirty, " ") != "a.evil" {
		t.Errorf("dirty are %q (%v)", tree.Dirty, err)
	}
	if _, err := os.Stat(trap); !os.IsNotExist(err) {
		t.Errorf("something of the configuration ran (%v)", err)
	}
}

func TestAtDiffering(t *testing.T) {
	r := newRepository(t)
	r.write("a/one", "1")
	r.write("b/two.sh", "2")
	if err := os.Chmod(filepath.Join(r.dir, "b", "two.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.git("add", "--all", "--chmod=+x", "b/two.sh")
	commit := r.commit()
	dir := filepath.Join(t.TempDir(), "x")
	if _, err := At(context.Background(), r.dir, commit, dir, Options{Environ: os.Environ(), Differing: true}); err != nil {
		t.Fatal(err)
	}
	one, err := os.Stat(filepath.Join(dir, "a", "one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.Stat(filepath.Join(dir, "b", "two.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if !one.ModTime().Equal(longAgo) || !two.ModTime().Before(longAgo) {
		t.Errorf("times are %s and %s", one.ModTime(), two.ModTime())
	}
	if runtime.GOOS != "windows" && (one.Mode().Perm() != 0o644 || two.Mode().Perm() != 0o755) {
		t.Errorf("modes are %s and %s", one.Mode(), two.Mode())
	}
}

func TestRefuse(t *testing.T) {
	module := newRepository(t)
	module.commit()
	r := newRepository(t)
	r.write("app/main.go", "package main\n")
	r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module.dir, "lib/module")
	if err := os.Symlink("/etc/hosts", filepath.Join(r.dir, "docs")); err != nil {
		t.Skip(err) // Windows, without the right to make links
	}
	if err := os.Symlink("main.go", filepath.Join(r.dir, "app", "also.go")); err != nil {
		t.Fatal(err)
	}
	_, w := r.at(r.dir, r.commit())
	if err := w.Refuse("app"); err != nil {
		t.Errorf("folder without either: %v", err)
	}
	for folder, want := range map[string]string{".": `"lib/module" is a git submodule`, "lib": `"lib/module" is a git submodule`, "lib/module/x": "is a git submodule"} {
		if err := w.Refuse(folder); err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%s: %v", folder, err)
		}
	}
	w.Submodules = nil
	if err := w.Refuse("."); err == nil || !strings.Contains(err.Error(), `"docs" is a link that leads out`) {
		t.Errorf("link that leads out: %v", err)
	}
}

func TestLargeFiles(t *testing.T) {
	r := newRepository(t)
	large := strings.Repeat("large ", 1000)
	sum := sha256.Sum256([]byte(large))
	oid := hex.EncodeToString(sum[:])
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(large))
	r.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
	r.write("here.bin", pointer)
	r.write("missing.bin", strings.Replace(pointer, oid, strings.Repeat("0", 64), 1))
	commit := r.commit()
	object := filepath.Join(".git", "lfs", "objects", oid[:2], oid[2:4], oid)
	r.write(object, large)

	dir, w := r.at(r.dir, commit)
	wantFile(t, filepath.Join(dir, "here.bin"), large)
	if strings.Join(w.Pointers, " ") != "missing.bin" {
		t.Errorf("pointers are %q", w.Pointers)
	}
	// The working tree has the object itself, as git lfs leaves it.
	r.write("here.bin", large)
	if tree, err := State(context.Background(), r.dir, os.Environ()); err != nil || len(tree.Dirty) > 0 {
		t.Errorf("dirty are %q (%v)", tree.Dirty, err)
	}
	r.write("here.bin", large+"!")
	if tree, err := State(context.Background(), r.dir, os.Environ()); err != nil || strings.Join(tree.Dirty, " ") != "here.bin" {
		t.Errorf("dirty are %q (%v)", tree.Dirty, err)
	}
	r.write(object, "something else")
	if _, err := At(context.Background(), r.dir, commit, t.TempDir(), Options{Environ: os.Environ()}); err == nil || !strings.Contains(err.Error(), "its SHA-256 is") {
		t.Errorf("object that was changed: %v", err)
	}
}

// A directory cannot pass off other files under the commit's name.
func TestForgedObject(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t)
	r.write("main.go", "package main\n")
	commit := r.commit()
	blob := r.git("rev-parse", "HEAD:main.go")
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	fmt.Fprintf(z, "blob %d\x00package evil\n", len("package evil\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(r.dir, ".git", "objects", blob[:2], blob[2:])
	if err := os.Remove(object); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(object, b.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := At(context.Background(), r.dir, commit, dir, Options{Environ: os.Environ()}); err == nil {
		got, _ := os.ReadFile(filepath.Join(dir, "main.go"))
		t.Errorf("a forged object was taken: %q", got)
	}
}

func TestSources(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t)
	r.write("x", "first\n")
	first := r.commit()
	r.write("x", "second\n")
	r.commit()
	bare := filepath.Join(t.TempDir(), "name.git")
	r.git("clone", "--quiet", "--bare", r.dir, bare)
	r.git("--git-dir="+bare, "update-server-info")

	files := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(bare))))
	defer files.Close()
	sources := map[string]string{"folder": r.dir, "bare folder": bare, "address of a folder": "file://" + filepath.ToSlash(bare), "web server that knows nothing of git": files.URL + "/name.git"}
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err == nil {
		smart := httptest.NewServer(&cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(bare), "GIT_HTTP_EXPORT_ALL=1"}})
		defer smart.Close()
		sources["git's own web server"] = smart.URL + "/name.git"
		sources["with credentials"] = strings.Replace(smart.URL, "://", "://user:secret@", 1) + "/name.git"
	}
	for what, source := range sources {
		t.Run(what, func(t *testing.T) {
			dir, _ := repository{t, ""}.at(source, first)
			wantFile(t, filepath.Join(dir, "x"), "first\n")
			_, err := At(context.Background(), source, strings.Repeat("1", 40), t.TempDir(), Options{Environ: os.Environ()})
			if err == nil || !strings.Contains(err.Error(), "commit 1111") || !strings.Contains(hint.Of(err), "-source=") || strings.Contains(err.Error(), "secret") {
				t.Errorf("commit that is not there: %v (hint %q)", err, hint.Of(err))
			}
		})
	}
	if !Has(context.Background(), r.dir, first, os.Environ()) || Has(context.Background(), r.dir, strings.Repeat("1", 40), os.Environ()) || Has(context.Background(), t.TempDir(), first, os.Environ()) {
		t.Error("Has is wrong about a commit")
	}
}

func TestRefusedSources(t *testing.T) {
	emptyTemp(t)
	trap := filepath.Join(t.TempDir(), "ran")
	commit := strings.Repeat("1", 40)
	for _, source := range []string{
		"ext::sh -c touch% " + trap, "ext://touch " + trap, "--upload-pack=touch " + trap, "-x:y", "ssh://-oProxyCommand=touch%20" + trap + "/x",
		"fd::0", "no/such/folder", "ftp://example.com/x", "http://user:secret@127.0.0.1:1/x",
	} {
		_, err := At(context.Background(), source, commit, t.TempDir(), Options{Environ: os.Environ()})
		if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v (hint %q)", source, err, hint.Of(err))
		}
	}
	if _, err := os.Stat(trap); !os.IsNotExist(err) {
		t.Errorf("a source was run (%v)", err)
	}
	for _, commit := range []string{"HEAD", "main", "1234567", "--all", strings.Repeat("A", 40), ""} {
		if _, err := At(context.Background(), ".", commit, t.TempDir(), Options{Environ: os.Environ()}); err == nil || hint.Of(err) == "" {
			t.Errorf("%q was taken for the name of a commit (%v)", commit, err)
		}
	}
}

func TestSHA256(t *testing.T) {
	r := newRepository(t, "--object-format=sha256")
	r.write("x", "1\n")
	dir, _ := r.at(r.dir, r.commit())
	wantFile(t, filepath.Join(dir, "x"), "1\n")
	if tree, err := State(context.Background(), r.dir, os.Environ()); err != nil || tree.Dirty != nil || len(tree.Commit) != 64 {
		t.Errorf("%+v, %v", tree, err)
	}
}

// An interrupt ends git, and leaves nothing except in dir.
func TestInterrupt(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t)
	r.write("x", "1\n")
	commit := r.commit()
	// A server that never answers.
	arrived := make(chan struct{}, 8)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		arrived <- struct{}{}
		<-q.Context().Done()
	}))
	defer silent.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := At(ctx, silent.URL+"/x.git", commit, t.TempDir(), Options{Environ: os.Environ()}); err != context.Canceled {
		t.Errorf("interrupted fetch: %v", err)
	}
	if _, err := State(ctx, r.dir, os.Environ()); err != context.Canceled {
		t.Errorf("interrupted look at a tree: %v", err)
	}
}
