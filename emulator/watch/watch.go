// Package watch tells when something in a tree of folders has changed.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/bootzip/bootzip/internal/hint"
)

// Quiet is how long nothing must have changed before a change is told: an
// editor, or a checkout of another branch, writes many files at once.
const Quiet = 150 * time.Millisecond

// Tree calls changed after changes below root, from one goroutine, until ctx is done, and
// then returns nil. What changes while changed runs is told afterwards. ready is called once
// the whole tree is watched.
//
// Folders called by one of the names in skip, at any depth, are left out, and so are those whose name begins with a
// dot, and node_modules. Links to folders are not followed.
func Tree(ctx context.Context, root string, skip []string, ready, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("files cannot be watched: %w", err)
	}
	defer w.Close()
	t := tree{w, append([]string{"node_modules"}, skip...)}
	if err := t.add(root, true); err != nil {
		return err
	}
	ready()
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Events:
			if !ok {
				return nil
			}
			if e.Op == fsnotify.Chmod || t.skipped(filepath.Base(e.Name)) {
				continue // reading a file can look like that, too
			}
			if e.Has(fsnotify.Create) {
				if err := t.add(e.Name, false); err != nil {
					return err
				}
			}
			quiet.Reset(Quiet)
		case err, ok := <-w.Errors:
			if !ok {
				return nil
			}
			// Too much happened at once to be told one by one: look again.
			if err != fsnotify.ErrEventOverflow {
				return fmt.Errorf("files cannot be watched: %w", err)
			}
			quiet.Reset(Quiet)
		case <-quiet.C:
			changed()
		}
	}
}

type tree struct {
	w    *fsnotify.Watcher
	skip []string
}

func (t tree) skipped(name string) bool {
	if strings.HasPrefix(name, ".") && name != "." {
		return true
	}
	for _, s := range t.skip {
		if s == name {
			return true
		}
	}
	return false
}

// add watches a folder and those below it. What vanishes meanwhile is no
// error, but for the root.
func (t tree) add(name string, root bool) error {
	return filepath.WalkDir(name, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			if root && path == name {
				return err
			}
			return nil
		}
		if !e.IsDir() {
			return nil
		}
		if t.skipped(e.Name()) && !(root && path == name) {
			return fs.SkipDir
		}
		if err := t.w.Add(path); err != nil && (root && path == name || !isGone(path)) {
			return hint.Wrap(fmt.Errorf("folder %q cannot be watched: %w", path, err), "on Linux, fs.inotify.max_user_watches bounds how many folders can be")
		}
		return nil
	})
}

func isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
