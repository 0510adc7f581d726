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
)

// A keptListing is what the go command said of some programs, and of what it depends on.
type keptListing struct {
	text  string // empty: it is not known yet of which state of the files
	shape string // of dirs and files when it was asked
	dirs  []string
	files []string
}

// listing is what ask, which runs go list, says, or said before when it would say the same
// again: a function that is edited keeps its imports most of the time. A nil Known keeps
// nothing. dependsOn finds in what was said the directories of packages and the files that
// decide it; ok is false where they are not all that does.
//
// What is kept was asked after its shape was taken, so that an edit in between makes another.
func (k *Known) listing(key string, ask func() (string, error), dependsOn func(text string) (dirs, files []string, ok bool)) (string, error) {
	if k == nil {
		return ask()
	}
	k.mu.Lock()
	old, found := k.listings[key]
	k.mu.Unlock()
	shape, err := "", error(nil)
	if found {
		if shape, err = shapeOf(old.dirs, old.files); err == nil && old.text != "" && shape == old.shape {
			return old.text, nil
		}
	}
	text, failed := ask()
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.listings, key)
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
	if k.listings == nil {
		k.listings = map[string]keptListing{}
	}
	k.listings[key] = kept
	return text, nil
}

// shapeOf is a digest over what go list reads: the names in directories, the beginnings of Go
// files up to their imports, and whole files such as go.mod.
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
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		fmt.Fprintf(h, "%s %t %d\n%s\n", name, err == nil, len(data), data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// addHead adds the beginning of a Go file, and its lines that embed files.
func addHead(h hash.Hash, name string) error {
	data, err := os.ReadFile(name)
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

// decides are the directories and files on which a listing depends. ok is false for programs
// of which a package could not be loaded, or has embedded files or C, which other files decide.
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
			files = append(files, p.Module.GoMod) // also of a module in the cache, which may be emptied
		}
		if strings.HasPrefix(p.Dir, modules+string(filepath.Separator)) {
			continue
		}
		if len(p.EmbedPatterns) > 0 || len(p.CgoFiles) > 0 || p.Dir == "" {
			return nil, nil, false
		}
		dirs = append(dirs, p.Dir)
		for above := p.Dir; above != dir && strings.HasPrefix(above, dir+string(filepath.Separator)); above = filepath.Dir(above) {
			files = append(files, filepath.Join(above, "go.mod")) // one that comes makes another module of it
		}
		if p.Module != nil && p.Module.GoMod != "" {
			files = append(files, filepath.Join(filepath.Dir(p.Module.GoMod), "go.sum"))
		}
	}
	slices.Sort(dirs)
	slices.Sort(files)
	return slices.Compact(dirs), slices.Compact(files), true
}
