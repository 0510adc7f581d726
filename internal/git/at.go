package git

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// Options control how the files of a commit are written.
type Options struct {
	Environ []string // the caller's; little of it is passed on

	// Differing writes the files in reverse order and with old times, a
	// different one for each, the first file's the latest.
	Differing bool

	Limits Limits
}

// Written describes the files that At wrote. Names are slash-separated and
// relative to the checkout.
type Written struct {
	Pointers   []string // Git LFS pointers in place of their objects
	Submodules []string // directories that were left out
	Links      []string // links that lead out of the checkout
}

// Refuse returns an error if a directory of the checkout, "." for all of it, is
// incomplete: it has a submodule, or a link that leads out of the checkout. Errors
// have hints.
func (w Written) Refuse(dir string) error {
	for _, name := range w.Submodules {
		if below(name, dir) || below(dir, name) {
			return hint.New("make its files part of the repository, or a module that go.mod requires",
				"%q is a git submodule, and a checkout of the commit alone does not have it", name)
		}
	}
	for _, name := range w.Links {
		if below(name, dir) {
			return hint.New("put the file itself into the repository", "%q is a link that leads out of the repository", name)
		}
	}
	return nil
}

// At writes the files of a commit into the directory dir, which is made if necessary,
// and must be empty. source is a directory of a repository, or an address (https://,
// http://, ssh://, git://, file://, or user@host:path). commit is the commit's full
// name in hexadecimal.
//
// From a remote source only that commit is fetched, or everything if the server
// does not offer single commits. Errors have hints, and show no credentials.
// After an error there may be files in dir.
func At(ctx context.Context, source, commit, dir string, o Options) (w Written, err error) {
	if !commitName.MatchString(commit) {
		return w, hint.New("give all 40 digits", "%q is not the full name of a commit", commit)
	}
	g, err := newGit(o.Environ)
	if err != nil {
		return w, err
	}
	defer g.close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return w, err
	}
	own, err := g.own(ctx, commit, dir)
	if err != nil {
		return w, err
	}
	from, large := source, ""
	if isURL(source) {
		if err := checkURL(source); err != nil {
			return w, err
		}
	} else if from, large, err = g.locate(ctx, source); err != nil {
		return w, err
	}
	over := refuse(commit, "git fetched more than the limit of %d bytes", o.Limits.Fetched)
	err = within(ctx, own.home.Path, o.Limits.Fetched, over, func(ctx context.Context) error {
		return o.Limits.fetching(own).fetch(ctx, from, commit, dir)
	})
	if err != nil {
		return w, o.Limits.explain(commit, err)
	}

	l := &listing{commit: commit, limits: o.Limits}
	err = own.runTo(ctx, dir, nil, l, "ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit)
	if err = cmp.Or(l.err, err); err != nil {
		return w, err
	}
	w.Submodules = l.submodules
	if _, err := own.run(ctx, dir, nil, "read-tree", commit); err != nil {
		return w, err
	}
	var names []string
	for _, f := range l.files {
		names = append(names, f.name)
	}
	if o.Differing {
		slices.Reverse(names)
	}
	// Attributes of the commit can make a file larger than its object (ident,
	// working-tree-encoding).
	over = refuse(commit, "its files are over the limit of %d bytes", o.Limits.Bytes)
	err = within(ctx, dir, o.Limits.Bytes, over, func(ctx context.Context) error {
		_, err := own.run(ctx, dir, strings.NewReader(strings.Join(names, "\x00")+"\x00"), "checkout-index", "--force", "-z", "--stdin")
		return err
	})
	if err != nil {
		return w, err
	}
	return w, w.finish(ctx, dir, large, l, o)
}

// Has reports whether the repository that contains the directory root has the
// commit.
func Has(ctx context.Context, root, commit string, environ []string) bool {
	g, err := newGit(environ)
	if err != nil {
		return false
	}
	defer g.close()
	if !commitName.MatchString(commit) {
		return false
	}
	_, err = g.run(ctx, root, nil, "cat-file", "-e", commit+"^{commit}")
	return err == nil
}

// locate finds the repository that a directory is in, and where Git LFS keeps
// its objects.
func (g *git) locate(ctx context.Context, source string) (repository, large string, err error) {
	source, err = filepath.Abs(source)
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(source); err != nil {
		return "", "", hint.Wrap(fmt.Errorf("source: %w", err), "give a clone's directory, or an address")
	}
	places, err := g.places(ctx, source, []string{"--absolute-git-dir"}, []string{"--git-common-dir"})
	if err != nil {
		return "", "", meaning(ctx, err, hint.Wrap(fmt.Errorf("source %q: %w", source, err), "give a clone's directory, or an address"))
	}
	return filepath.FromSlash(places[0]), filepath.Join(absolute(source, places[1]), "lfs", "objects"), nil
}

// fetch gets the commit, alone if the server offers single commits.
func (g *git) fetch(ctx context.Context, from, commit, dir string) error {
	_, err := g.run(ctx, dir, nil, "fetch", "--quiet", "--no-tags", "--depth=1", from, commit)
	if err == nil || ctx.Err() != nil || hint.Of(err) != "" {
		return err
	}
	alone := err
	if _, err = g.run(ctx, dir, nil, "fetch", "--quiet", "--no-tags", from, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); err != nil {
		return meaning(ctx, err, hint.Wrap(fmt.Errorf("source %q: %w", WithoutCredentials(from), err),
			"is the address right, and can it be read without a password? Or give a clone's directory: --source=DIR"))
	}
	if _, err := g.run(ctx, dir, nil, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return meaning(ctx, err, hint.Wrap(fmt.Errorf("commit %s is not in %q: %w", commit, WithoutCredentials(from), alone),
			"is it pushed, and is it the right repository? Give another with --source=URL or --source=DIR"))
	}
	return nil
}

// below reports whether name is the directory dir or is below it.
func below(name, dir string) bool {
	dir = path.Clean(dir)
	return dir == "." || path.Clean(name) == dir || strings.HasPrefix(name, dir+"/")
}

// longAgo is the latest time that Options.Differing gives to a file. It is older than
// any compiler's package.
var longAgo = time.Date(1994, 3, 11, 5, 6, 7, 0, time.UTC)

// finish sets the files' modes and times, and examines links and Git LFS
// pointers.
func (w *Written) finish(ctx context.Context, dir, large string, l *listing, o Options) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	dirs := map[string]bool{".": true}
	for i, f := range l.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		for at := path.Dir(f.name); !dirs[at]; at = path.Dir(at) {
			dirs[at] = true
		}
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if f.mode == modeLink {
			// A dangling link is harmless, and may be intended.
			target, err := filepath.EvalSymlinks(name)
			if rel, relErr := filepath.Rel(root, target); err == nil && (relErr != nil || !filepath.IsLocal(rel)) {
				w.Links = append(w.Links, f.name)
			}
			continue
		}
		mode := os.FileMode(0o644)
		if f.mode == "100755" {
			mode = 0o755
		}
		info, err := os.Lstat(name)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			// Two names of the commit are the same on this file system.
			return fmt.Errorf("%q was not written as a file", f.name)
		}
		if err := os.Chmod(name, mode); err != nil {
			return err
		}
		still, err := fillPointer(name, info, large, func(size int64) error { return l.grow(f.name, size) })
		if hint.Of(err) != "" {
			return err
		}
		if err != nil {
			return fmt.Errorf("%q: %w", f.name, err)
		}
		if still {
			w.Pointers = append(w.Pointers, f.name)
		}
		if o.Differing {
			t := longAgo.Add(-time.Duration(i) * time.Hour)
			if err := os.Chtimes(name, t, t); err != nil {
				return err
			}
		}
	}
	for name := range dirs {
		if err := os.Chmod(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
			return err
		}
	}
	return nil
}
