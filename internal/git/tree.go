package git

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// A Tree is a git working tree, compared with its current commit.
// Names of files are slash-separated and relative to Root.
type Tree struct {
	Root   string    // the repository's directory, absolute
	Folder string    // the directory that State was given, below Root; "." if it is Root
	Commit string    // 40 or 64 hexadecimal digits
	Time   time.Time // when it was committed, UTC
	Tags   []string  // the project's tags that point at the commit, by name; see ownTags
	Others []string  // the tags of modules in other directories that point at the commit, by name

	module string // the directory of the project's Go module, as Folder; "." without one

	// Dirty has the files that differ from the commit: changed, added, or
	// missing, sorted by name. Files that bootzip itself wrote into a
	// directory dist are not among them, unless the commit has them.
	Dirty []string

	// Ignored has files, and directories with '/' at the end, that .gitignore or
	// .git/info/exclude hides. They are not in the commit, but a build can use them.
	Ignored []string

	// Origin is the https address of the remote "origin", without credentials; "" if
	// there is no such remote, or it has no https address.
	Origin string
}

// ErrNoCommit is an error of [State]: the repository has no commit.
var ErrNoCommit = errors.New("no commit yet")

// State reads the working tree that contains the directory root. environ is the
// caller's environment (os.Environ); little of it is passed on. Errors have hints:
// no git, no repository, no commit.
func State(ctx context.Context, root string, environ []string) (Tree, error) {
	var t Tree
	root, err := filepath.Abs(root)
	if err != nil {
		return t, err
	}
	g, err := newGit(environ)
	if err != nil {
		return t, err
	}
	defer g.close()
	places, err := g.places(ctx, root, []string{"--show-toplevel"}, []string{"--show-prefix"}, []string{"--git-path", "objects"}, []string{"--git-path", "info/exclude"})
	if err != nil {
		return t, meaning(ctx, err, hint.Wrap(err, "put the project under version control: git init, git add, git commit"))
	}
	t.Root, t.Folder = filepath.FromSlash(places[0]), path.Clean(places[1])
	objects, exclude := absolute(root, places[2]), absolute(root, places[3])

	text, err := g.run(ctx, root, nil, "show", "--no-patch", "--no-show-signature", "--format=%H %ct", "HEAD^{commit}", "--")
	if err != nil {
		return t, meaning(ctx, err, hint.New("make one: git add, git commit", "the repository in %s has %w", t.Root, ErrNoCommit))
	}
	t.Commit, text, _ = strings.Cut(strings.TrimSpace(text), " ")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return t, fmt.Errorf("time of commit %s: %w", t.Commit, err)
	}
	t.Time = time.Unix(seconds, 0).UTC()
	if text, err = g.run(ctx, root, nil, "for-each-ref", "--points-at="+t.Commit, "--format=%(refname:strip=2)", "refs/tags"); err != nil {
		return t, err
	}
	if err := t.ownTags(ctx, g, strings.Fields(text)); err != nil {
		return t, err
	}
	// It fails if there is no such remote.
	if text, err = g.run(ctx, root, nil, "config", "--local", "--get", "remote.origin.url"); err == nil {
		t.Origin = publicURL(strings.TrimSpace(text))
	}

	// Compare in a separate repository that borrows the objects. The original's
	// configuration could run filters and a file system monitor, and its index
	// may hide changes.
	own, err := g.own(ctx, t.Commit, t.Root)
	if err != nil {
		return t, err
	}
	own.options = []string{"-c", "core.excludesFile=" + exclude}
	// A shallow clone lacks only the history. A path in quotes is read as for
	// GIT_ALTERNATE_OBJECT_DIRECTORIES (git(1)).
	objects = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(filepath.ToSlash(objects))
	err = os.WriteFile(filepath.Join(own.repository(), "objects", "info", "alternates"), []byte(`"`+objects+"\"\n"), 0o600)
	if err != nil {
		return t, err
	}
	for _, argv := range [][]string{{"update-ref", "--no-deref", "HEAD", t.Commit}, {"read-tree", t.Commit}} {
		if _, err := own.run(ctx, t.Root, nil, argv...); err != nil {
			return t, err
		}
	}
	text, err = own.run(ctx, t.Root, nil, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching", "--ignore-submodules=all")
	if err != nil {
		return t, err
	}
	changed := map[string]bool{}
	for _, line := range zeroed(text) {
		if len(line) < 4 {
			continue
		}
		status, name := line[:2], line[3:]
		switch {
		case (status == "??" || status == "!!") && t.ours(name):
		case status == "!!":
			t.Ignored = append(t.Ignored, name)
		default:
			changed[name] = status == " M"
		}
	}
	return t, t.compare(ctx, own, changed, environ)
}

// compare fills Dirty. changed has the files that git finds to differ, and whether only their
// content does: an object of Git LFS does not count where the commit has its pointer.
//
// Submodules are compared here, since git itself would use their own configuration. A
// submodule at a commit other than the one that the repository names counts, and so do files
// in it that differ from its commit. A submodule that was not checked out adds nothing.
func (t *Tree) compare(ctx context.Context, own *git, changed map[string]bool, environ []string) error {
	text, err := own.run(ctx, t.Root, nil, "ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	for _, line := range zeroed(text) {
		entry, name, _ := strings.Cut(line, "\t")
		fields := strings.Fields(entry)
		dir := filepath.Join(t.Root, filepath.FromSlash(name))
		if len(fields) < 2 {
			continue
		}
		if changed[name] && t.isPointed(name, fields[1]) {
			delete(changed, name)
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); fields[0] != modeSubmodule || err != nil {
			continue
		}
		in, err := State(ctx, dir, environ)
		if err != nil {
			return fmt.Errorf("submodule %q: %w", name, err)
		}
		if in.Commit != fields[1] {
			changed[name] = false
		}
		for _, file := range in.Dirty {
			changed[name+"/"+file] = false
		}
	}
	t.Dirty = slices.Sorted(maps.Keys(changed))
	return nil
}

func absolute(dir, name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// ours reports whether bootzip wrote the file: it is a directory dist that has the state
// of a build, or is below one.
func (t Tree) ours(name string) bool {
	name = strings.TrimSuffix(name, "/")
	for at := name; at != "."; at = path.Dir(at) {
		if path.Base(at) != "dist" {
			continue
		}
		if _, err := os.Stat(filepath.Join(t.Root, filepath.FromSlash(at), ".bootzip")); err == nil {
			return true
		}
	}
	return false
}
