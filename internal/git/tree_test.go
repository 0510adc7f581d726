package git

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

func TestState(t *testing.T) {
	emptyTemp(t)
	r := newRepository(t)
	r.write(".gitignore", "*.log\nsecret/\ndist/\n")
	r.write("sub/main.go", "package main\n")
	r.write("sub/data.txt", "1\n")
	r.write("gone", "")
	commit := r.commit()
	r.git("tag", "v1.2.3")
	r.git("tag", "--annotate", "--message=x", "also")
	r.git("remote", "add", "origin", "https://user:token@example.com/owner/name.git")

	state := func(dir string) Tree {
		t.Helper()
		tree, err := State(context.Background(), dir, os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	root, err := filepath.EvalSymlinks(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	tree := state(filepath.Join(r.dir, "sub"))
	if tree.Root != root || tree.Folder != "sub" || tree.Commit != commit || tree.Origin != "https://example.com/owner/name" ||
		!slices.Equal(tree.Tags, []string{"also", "v1.2.3"}) || tree.Dirty != nil || tree.Ignored != nil {
		t.Errorf("clean tree is %+v", tree)
	}
	if tree = state(r.dir); tree.Folder != "." {
		t.Errorf("folder of the root is %q", tree.Folder)
	}

	r.write("sub/data.txt", "2\n")
	r.write("sub/new.go", "package main\n")
	r.write("sub/a.log", "")
	r.write("secret/key", "")
	r.write("dist/.bootzip/state.json", "{}")
	r.write("dist/x.zip", "")
	r.write("sub/dist/not-ours", "")
	if err := os.Remove(filepath.Join(r.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	tree = state(r.dir)
	if got := strings.Join(tree.Dirty, " "); got != "gone sub/data.txt sub/new.go" {
		t.Errorf("dirty are %s", got)
	}
	if got := strings.Join(tree.Ignored, " "); got != "secret/ sub/a.log sub/dist/" {
		t.Errorf("ignored are %s", got)
	}
}

// A file of the commit counts wherever it is.
func TestStateSeesFilesInDist(t *testing.T) {
	r := newRepository(t)
	for _, name := range []string{"dist/.bootzip/state.json", "dist/data.txt"} {
		r.write(name, "1")
		r.git("add", "--force", name)
	}
	r.commit()
	r.write("dist/data.txt", "2")
	r.write("dist/ours.zip", "")
	tree, err := State(context.Background(), r.dir, os.Environ())
	if got := strings.Join(tree.Dirty, " "); err != nil || got != "dist/data.txt" {
		t.Errorf("dirty are %q (%v)", got, err)
	}
}

// Changes that git itself is configured to ignore are found.
func TestStateSeesHiddenChanges(t *testing.T) {
	r := newRepository(t)
	r.write("assumed", "1")
	r.write("skipped", "1")
	r.commit()
	r.git("update-index", "--assume-unchanged", "assumed")
	r.git("update-index", "--skip-worktree", "skipped")
	r.write("assumed", "2")
	r.write("skipped", "2")
	tree, err := State(context.Background(), r.dir, os.Environ())
	if got := strings.Join(tree.Dirty, " "); err != nil || got != "assumed skipped" {
		t.Errorf("dirty are %s (%v)", got, err)
	}
}

func TestStateWithoutCommit(t *testing.T) {
	emptyTemp(t)
	for what, c := range map[string]struct {
		dir        string
		want, mend string
	}{
		"no repository": {t.TempDir(), "not a git repository", "git init"},
		"no commit":     {newRepository(t).dir, "has no commit yet", "git commit"},
	} {
		_, err := State(context.Background(), c.dir, append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(c.dir)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.mend) {
			t.Errorf("%s: %v (hint %q)", what, err, hint.Of(err))
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := State(context.Background(), ".", os.Environ()); err == nil || hint.Of(err) != "install git" {
		t.Errorf("without git: %v", err)
	}
}

func TestPublicURL(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/owner/name.git":      "https://github.com/owner/name",
		"https://user:pass@example.com:8443/a/b": "https://example.com:8443/a/b",
		"git@github.com:owner/name.git":          "https://github.com/owner/name",
		"ssh://git@example.com:2222/owner/name/": "https://example.com/owner/name",
		"http://example.com/a":                   "",
		"file:///a/b":                            "",
		"/a/b":                                   "",
		"../a":                                   "",
		`C:\a`:                                   "",
		"C:/a":                                   "",
		"":                                       "",
	} {
		if got := publicURL(remote); got != want {
			t.Errorf("%q is %q, want %q", remote, got, want)
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.com/a@b":                           "https://example.com/a@b",
		"https://user:word@example.com/a":                   "https://example.com/a",
		"https://user:w@rd'\"@example.com/a":                "https://example.com/a",
		"cannot access 'ssh://git@example.com/a': refused,": "cannot access 'ssh://example.com/a': refused,",
	} {
		if got := WithoutCredentials(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, source := range []string{"https://example.com/a", "https://[2001:db8::1]/a", "ssh://git@example.com/a", "git@example.com:a"} {
		if err := checkURL(source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	// git's "transport::address" runs any program called git-remote-transport.
	for _, source := range []string{"ext::sh -c true", "ext::https://example.com/a", "https::ext://a", "ext::sh://a", "ssh://-o/a", "-u:a"} {
		if err := checkURL(source); err == nil {
			t.Errorf("%s is taken", source)
		}
	}
}

// A tag with a directory before the version is for the Go module in that directory.
func TestTagsOfModules(t *testing.T) {
	r := newRepository(t)
	for _, dir := range []string{"", "runtime/", "app/"} {
		r.write(dir+"go.mod", "module example.com/"+dir+"x\n")
	}
	r.write("app/cmd/main.go", "package main\n")
	r.write("docs/page", "")
	r.commit()
	for _, tag := range []string{"v1.0.0", "runtime/v0.2.0", "app/v3.0.0", "app/nightly", "docs/v2"} {
		r.git("tag", tag)
	}
	for _, c := range []struct{ folder, tags, others, version string }{
		{".", "app/nightly docs/v2 v1.0.0", "app/v3.0.0 runtime/v0.2.0", "app/nightly"},
		{"docs", "app/nightly docs/v2 v1.0.0", "app/v3.0.0 runtime/v0.2.0", "app/nightly"},
		{"runtime", "runtime/v0.2.0", "app/nightly app/v3.0.0 docs/v2 v1.0.0", "v0.2.0"},
		{"app/cmd", "app/v3.0.0", "app/nightly docs/v2 runtime/v0.2.0 v1.0.0", "v3.0.0"},
	} {
		tree, err := State(context.Background(), filepath.Join(r.dir, filepath.FromSlash(c.folder)), os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		if tags, others := strings.Join(tree.Tags, " "), strings.Join(tree.Others, " "); tags != c.tags || others != c.others {
			t.Errorf("%s: tags are %s, and %s of others", c.folder, tags, others)
		} else if got := tree.Version(tree.Tags[0]); got != c.version {
			t.Errorf("%s: %s is version %s, want %s", c.folder, tree.Tags[0], got, c.version)
		}
	}
	// A module that has no tag of its own takes the repository's.
	r.git("tag", "--delete", "app/v3.0.0")
	tree, err := State(context.Background(), filepath.Join(r.dir, "app"), os.Environ())
	if got := strings.Join(tree.Tags, " "); err != nil || got != "app/nightly docs/v2 v1.0.0" || tree.Version("v1.0.0") != "v1.0.0" {
		t.Errorf("tags are %s, %v", got, err)
	}
}

// Files of a submodule that differ are dirty, and one at another commit is.
func TestDirtySubmodule(t *testing.T) {
	module := newRepository(t)
	module.write("x.txt", "1")
	module.commit()
	r := newRepository(t)
	r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module.dir, "lib/module")
	r.commit()
	dirty := func(want string) {
		t.Helper()
		if tree, err := State(context.Background(), r.dir, os.Environ()); err != nil || strings.Join(tree.Dirty, " ") != want {
			t.Errorf("dirty are %q, not %q (%v)", tree.Dirty, want, err)
		}
	}
	dirty("")
	inside := repository{t, filepath.Join(r.dir, "lib", "module")}
	inside.write("x.txt", "2")
	inside.write("new.txt", "")
	dirty("lib/module/new.txt lib/module/x.txt")
	inside.commit()
	dirty("lib/module")
	r.write("a.txt", "")
	dirty("a.txt lib/module")
	if err := os.RemoveAll(inside.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inside.dir, 0o755); err != nil { // as in a clone without its submodules
		t.Fatal(err)
	}
	dirty("a.txt")
}

// A path may have any character in it.
func TestLineEndInPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such names")
	}
	r := newRepository(t)
	r.dir = filepath.Join(r.dir, "a\n\"b\\c")
	r.write("sub/main.go", "package main\n")
	r.git("init", "--quiet")
	commit := r.commit()
	r.write("sub/new.go", "")
	tree, err := State(t.Context(), filepath.Join(r.dir, "sub"), os.Environ())
	if err != nil || tree.Commit != commit || tree.Folder != "sub" || !slices.Equal(tree.Dirty, []string{"sub/new.go"}) {
		t.Errorf("%+v, %v", tree, err)
	}
	if _, err := At(t.Context(), r.dir, commit, t.TempDir(), Options{Environ: os.Environ()}); err != nil {
		t.Error(err)
	}
}
