package build

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/digest"
)

// inputs are the files of the project that a bootstrap is made from, in a form
// that can be compared again without running a compiler. All paths are
// slash-separated and relative to the project's root.
//
// This is enough to notice every change: the imports of a program can change only
// through a file of a package in Dirs, or through one of Files.
type inputs struct {
	Files []string `json:"files,omitempty"` // may be missing
	Dirs  []string `json:"dirs,omitempty"`  // the files directly in them that the Go compiler may read
	Trees []string `json:"trees,omitempty"` // all files below them
}

// A digester computes digests of inputs. It reads each file once: many
// functions may be made from the same ones.
type digester struct {
	root  string
	sums  map[string]string   // of files
	trees map[string][]string // files below a directory
}

func newDigester(root string) *digester {
	return &digester{root: root, sums: map[string]string{}, trees: map[string][]string{}}
}

// digest is the SHA-256 of the inputs' names and contents, and of the recipe.
func (d *digester) digest(in inputs, recipe string) (string, error) {
	names := slices.Clone(in.Files)
	for _, dir := range in.Dirs {
		entries, err := os.ReadDir(filepath.Join(d.root, filepath.FromSlash(dir)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // without its files the digest differs
		}
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			if !e.IsDir() && compiled(e.Name()) {
				names = append(names, path.Join(dir, e.Name()))
			}
		}
	}
	for _, tree := range in.Trees {
		below, ok := d.trees[tree]
		if !ok {
			var err error
			if below, err = filesBelow(d.root, tree); err != nil {
				return "", err
			}
			d.trees[tree] = below
		}
		names = append(names, below...)
	}
	slices.Sort(names)
	h := sha256.New()
	fmt.Fprintf(h, "bootzip inputs 1\n%d %s\n", len(recipe), recipe)
	for _, name := range slices.Compact(names) {
		sum, ok := d.sums[name]
		if !ok {
			var err error
			sum, err = inputSum(filepath.Join(d.root, filepath.FromSlash(name)))
			if errors.Is(err, fs.ErrNotExist) {
				sum = "missing"
			} else if err != nil {
				return "", err
			}
			d.sums[name] = sum
		}
		fmt.Fprintf(h, "%d %s %s\n", len(name), name, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// compiled reports whether a build may read the file: all in a package's directory
// except tests and documentation. A file too many costs a build; one too few gives a
// wrong bootstrap.
func compiled(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && path.Ext(name) != ".md"
}

// noInput reports whether a directory in the project is not an input: version control's, or
// our own output in its usual place, dist. Digests and copies of the sources leave it out.
// Anyone can commit a directory .bootzip, so other directories with one are inputs.
func noInput(dir string) bool {
	base := filepath.Base(dir)
	return base == ".git" || base == "dist" && exists(filepath.Join(dir, StateDir))
}

// walkBelow calls visit for a directory and all that is below it. rel is slash-separated and
// relative to the directory.
func walkBelow(dir string, visit func(name, rel string, e fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		return visit(name, filepath.ToSlash(rel), e)
	})
}

func filesBelow(root, tree string) ([]string, error) {
	var all []string
	top := filepath.Join(root, filepath.FromSlash(tree))
	err := filepath.WalkDir(top, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if e.IsDir() && name != top && noInput(name) {
			return fs.SkipDir
		}
		if !e.Type().IsRegular() && e.Type()&fs.ModeSymlink == 0 {
			return nil // a directory; and reading a pipe would never end
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		all = append(all, filepath.ToSlash(rel))
		return nil
	})
	return all, err
}

// inputSum returns the SHA-256 of a file, in hexadecimal. Links are followed. It returns
// "folder" for a directory, and "special" for a device or a pipe.
func inputSum(name string) (string, error) {
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return "folder", nil
	case err == nil && !info.Mode().IsRegular():
		return "special", nil // a link to a device, perhaps
	}
	sum, _, err := digest.File(name)
	return sum, err
}
