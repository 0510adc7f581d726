package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
)

// A zipSet is the zips and images that serve serves in place of the project's functions.
type zipSet struct {
	files  []string                      // served even while they are missing
	dirs   []string                      // each zip directly in one, at any time
	images map[string]pipeline.ImageCode // by their functions' names
}

func (z zipSet) empty() bool { return len(z.files)+len(z.dirs)+len(z.images) == 0 }

// list returns the zip files that are now in the set: first z.files, then those of the
// directories, by name. A file that is in both is listed once.
func (z zipSet) list() []string {
	all := slices.Clone(z.files)
	named := map[string]bool{}
	for _, file := range z.files {
		named[absolute(file)] = true
	}
	for _, dir := range z.dirs {
		entries, _ := os.ReadDir(dir) // a directory may come back
		for _, e := range entries {
			file := filepath.Join(dir, e.Name())
			if strings.HasPrefix(e.Name(), ".") || filepath.Ext(file) != ".zip" || named[absolute(file)] {
				continue
			}
			if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
				continue
			}
			named[absolute(file)] = true
			all = append(all, file)
		}
	}
	return all
}

func absolute(file string) string {
	if abs, err := filepath.Abs(file); err == nil {
		return abs
	}
	return file
}

// check refuses files and directories that are missing, directories without a
// zip, and two zips of one name.
func (z zipSet) check() error {
	for _, file := range z.files {
		if info, err := os.Stat(file); err != nil {
			return err
		} else if !info.Mode().IsRegular() {
			return hint.New("give a zip file", "%q is not a regular file", file)
		}
	}
	for _, dir := range z.dirs {
		if info, err := os.Stat(dir); err != nil {
			return err
		} else if !info.IsDir() {
			return hint.New("give a directory, or a zip with --zip=FILE.zip", "%q is not a directory", dir)
		}
		if len(zipSet{dirs: []string{dir}}.list()) == 0 {
			return hint.New("give a directory that has zips directly in it", "directory %q has no *.zip file", dir)
		}
	}
	names := map[string]string{}
	for _, file := range z.list() {
		name := zipName(file)
		if other, twice := names[name]; twice {
			return hint.New("rename one of them", "zips %q and %q would both be the function %q", other, file, name)
		}
		if _, twice := z.images[name]; twice {
			return hint.New("rename one of them", "zip %q and an image would both be the function %q", file, name)
		}
		names[name] = file
	}
	return nil
}

// zipName returns the name of the function that a zip file is served as.
func zipName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".zip") }

// stamp returns a text that changes when the file changes.
func stamp(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), nil
}

// lookTime is the interval at which files are checked for changes.
const lookTime = 300 * time.Millisecond

// watchFiles calls changed at once, and whenever the list or the files in it have
// changed and then stayed unchanged for lookTime, until ctx is done.
func watchFiles(ctx context.Context, list func() []string, changed func()) error {
	stamps := func() (all string) {
		for _, file := range list() {
			one, _ := stamp(file) // what is missing may come back
			all += file + " " + one + "\n"
		}
		return all
	}
	known, last := stamps(), ""
	changed()
	tick := time.NewTicker(lookTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := stamps()
		if now != known && now == last {
			known = now
			changed()
		}
		last = now
	}
}
