package build

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/regular"
)

// A keptListing is an output of go list, and what it depends on.
type keptListing struct {
	text  string // empty: it is not yet known which state of the files it belongs to
	shape string // of dirs and files before go list ran
	dirs  []string
	files []string
}

// listing returns the output of ask, which runs go list, or a kept output if ask would return
// the same: edits of a function rarely change its imports. A nil Known keeps nothing.
// dependsOn finds the directories and files that decide the output. Its ok is false if other
// files decide it too.
//
// The shape is taken before ask runs, so that an edit in between changes it.
func (k *Known) listing(key string, ask func() (string, error), dependsOn func(text string) (dirs, files []string, ok bool)) (string, error) {
	if k == nil {
		return ask()
	}
	last, found := k.listings.Load(key)
	old, _ := last.(keptListing)
	shape, err := "", error(nil)
	if found {
		if shape, err = shapeOf(old.dirs, old.files); err == nil && old.text != "" && shape == old.shape {
			return old.text, nil
		}
	}
	text, failed := ask()
	k.listings.Delete(key)
	if failed != nil {
		return text, failed
	}
	dirs, files, ok := dependsOn(text)
	if !ok {
		return text, nil
	}
	kept := keptListing{dirs: dirs, files: files}
	if found && err == nil && slices.Equal(dirs, old.dirs) && slices.Equal(files, old.files) {
		kept.text, kept.shape = text, shape
	}
	k.listings.Store(key, kept)
	return text, nil
}

// shapeOf returns a digest of what go list reads: the names in directories, the beginnings of
// Go files with their imports, and complete files such as go.mod.
func shapeOf(dirs, files []string) (string, error) {
	h := sha256.New()
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			fmt.Fprintf(h, "%s %v\n", e.Name(), e.Type())
			if !strings.HasSuffix(e.Name(), ".go") || e.IsDir() {
				continue
			}
			if err := addHead(h, filepath.Join(dir, e.Name())); err != nil {
				return "", err
			}
		}
	}
	for _, name := range files {
		data, err := regular.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		fmt.Fprintf(h, "%s %t %d\n%s\n", name, err == nil, len(data), data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// addHead adds the beginning of a Go file, and its //go:embed lines.
func addHead(h hash.Hash, name string) error {
	data, err := regular.ReadFile(name)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, data, parser.ImportsOnly|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	end := file.Name.End()
	for _, d := range file.Decls {
		end = max(end, d.End())
	}
	head := data[:fset.Position(end).Offset]
	fmt.Fprintf(h, "%d\n%s\n", len(head), head)
	for line := range bytes.Lines(data[len(head):]) {
		if bytes.HasPrefix(line, []byte("//go:embed")) {
			h.Write(line)
		}
	}
	return nil
}

// decides returns the directories and files on which a listing depends. ok is false if a
// package could not be loaded, or has embedded files or C, which depend on other files.
func (m goModule) decides(root, modules string, packages []*goPackage) (dirs, files []string, ok bool) {
	dir := filepath.Join(root, m.dir)
	for _, name := range []string{"go.work", "go.work.sum", "go.mod", "go.sum", filepath.Join("vendor", "modules.txt")} {
		files = append(files, filepath.Join(dir, name))
	}
	for _, p := range packages {
		if p.Error != nil || len(p.DepsErrors) > 0 {
			return nil, nil, false
		}
		if p.Standard {
			continue
		}
		if p.Module != nil && p.Module.GoMod != "" {
			files = append(files, p.Module.GoMod) // also of a module in the cache, which may be cleaned
		}
		if strings.HasPrefix(p.Dir, modules+string(filepath.Separator)) {
			continue
		}
		if len(p.EmbedPatterns) > 0 || len(p.CgoFiles) > 0 || p.Dir == "" {
			return nil, nil, false
		}
		dirs = append(dirs, p.Dir)
		for above := p.Dir; above != dir && strings.HasPrefix(above, dir+string(filepath.Separator)); above = filepath.Dir(above) {
			files = append(files, filepath.Join(above, "go.mod")) // a new one would make it another module
		}
		if p.Module != nil && p.Module.GoMod != "" {
			files = append(files, filepath.Join(filepath.Dir(p.Module.GoMod), "go.sum"))
		}
	}
	slices.Sort(dirs)
	slices.Sort(files)
	return slices.Compact(dirs), slices.Compact(files), true
}
