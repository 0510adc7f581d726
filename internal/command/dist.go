package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/printer"
)

// A distState has the files in dist at one time, by slash-separated name. It omits names that
// begin with a dot, which are bootzip's own. nil is an unknown state.
type distState map[string]fs.FileInfo

func readDist(dist string) distState {
	s := distState{}
	_ = filepath.WalkDir(dist, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // not there, or gone by now
		}
		if strings.HasPrefix(e.Name(), ".") && name != dist {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dist, name)
		if info, infoErr := e.Info(); err == nil && infoErr == nil && !e.IsDir() {
			s[filepath.ToSlash(rel)] = info
		}
		return nil
	})
	return s
}

// since says what changed in dist since another state.
func (s distState) since(before distState) string {
	var written, gone []string
	for name, info := range s {
		// A new file replaces the old by a rename.
		old, ok := before[name]
		if !ok || !os.SameFile(old, info) || old.Size() != info.Size() || !old.ModTime().Equal(info.ModTime()) {
			written = append(written, name)
		}
	}
	for name := range before {
		if _, ok := s[name]; !ok {
			gone = append(gone, name)
		}
	}
	var parts []string
	if len(written) > 0 {
		parts = append(parts, "new in dist: "+someOf(written))
	}
	if len(gone) > 0 {
		parts = append(parts, "removed from dist: "+someOf(gone))
	}
	if len(parts) == 0 {
		return "nothing in dist has changed"
	}
	return strings.Join(parts, "; ")
}

// someOf lists the first names in their order, and counts the others.
func someOf(names []string) string {
	const most = 10
	slices.Sort(names)
	if extra := len(names) - most; extra > 0 {
		names = append(names[:most:most], fmt.Sprintf("%d more", extra))
	}
	return strings.Join(names, ", ")
}

// failed adds to an interrupt what changed in dist since the state s.
func (s distState) failed(err error, dist string) error {
	if s == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return shownError{err, printer.Line("interrupted; " + readDist(dist).since(s))}
}
