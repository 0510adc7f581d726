// Package watch reports changes in a tree of directories.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/bootzip/bootzip/internal/hint"
)

// quiet is how long nothing must change before a change is reported: an editor, or a
// checkout of another branch, writes many files at once. While only one file has
// changed, oneQuiet counts, which is enough to write one.
const (
	quiet    = 150 * time.Millisecond
	oneQuiet = 10 * time.Millisecond
)

// Tree calls changed after changes below root, from one goroutine, until ctx is done, and
// then returns nil. Changes while changed runs are reported afterwards. ready is called
// when all of the tree is watched.
//
// It ignores directories with a name in skip, at any depth, node_modules, and names that
// begin with a dot, and does not follow links to directories. It ignores logs, too, since
// they are not input of a build and each build would cause the next: files whose name
// ends with .log, and outputs, the files that changed prints to.
func Tree(ctx context.Context, root string, skip []string, ready, changed func(), outputs ...*os.File) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("files cannot be watched: %w", err)
	}
	defer w.Close()
	t := tree{w: w, skip: append([]string{"node_modules"}, skip...)}
	for _, f := range outputs {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			t.outputs = append(t.outputs, info)
		}
	}
	if err := t.add(root, true); err != nil {
		return err
	}
	ready()
	var due <-chan time.Time          // nil: nothing has changed
	changedFiles := map[string]bool{} // since the last report
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Events:
			if !ok {
				return nil
			}
			if e.Op == fsnotify.Chmod || t.skipped(filepath.Base(e.Name)) || t.isLog(e.Name) {
				continue // reading a file can cause this, too
			}
			if e.Has(fsnotify.Create) {
				if err := t.add(e.Name, false); err != nil {
					return err
				}
			}
			changedFiles[e.Name] = true
			due = time.After(quiet)
			if len(changedFiles) == 1 {
				due = time.After(oneQuiet)
			}
		case err, ok := <-w.Errors:
			if !ok {
				return nil
			}
			// Too many events at once: anything may have changed.
			if err != fsnotify.ErrEventOverflow {
				return fmt.Errorf("files cannot be watched: %w", err)
			}
			due = time.After(quiet)
		case <-due:
			clear(changedFiles)
			changed()
		}
	}
}

type tree struct {
	w       *fsnotify.Watcher
	skip    []string
	outputs []fs.FileInfo
}

// isLog reports whether a file is a log.
func (t tree) isLog(name string) bool {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return err != nil && strings.HasSuffix(name, ".log") // it is gone
	}
	return strings.HasSuffix(name, ".log") || slices.ContainsFunc(t.outputs, func(o fs.FileInfo) bool { return os.SameFile(o, info) })
}

func (t tree) skipped(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." || slices.Contains(t.skip, name)
}

// add watches a directory and those below it. Only the root must not vanish meanwhile.
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
			return hint.Wrap(fmt.Errorf("directory %q cannot be watched: %w", path, err), "on Linux, fs.inotify.max_user_watches bounds the number of directories")
		}
		return nil
	})
}

func isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
