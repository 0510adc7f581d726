package build

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A link out of the project leads elsewhere, or nowhere, in a container, in the
// sandbox and in a clone. Only the engine host would follow it. So all engines
// refuse it before the build. Links within the project are allowed, and dangling
// ones are left to the compiler.

// linkHint is the hint for a link out of the project.
const linkHint = "put the file itself into the project; containers, the sandbox and other machines do not have what the link points to"

// linkMessage says that the file name is, or is reached by, a link to target.
func linkMessage(name, target string) string {
	return fmt.Sprintf("file %q is a link that leads out of the project, to %q", name, target)
}

// leadsOut returns the real path of the file name, slash-separated and relative to
// the directory root, if that is outside of root; else "".
func leadsOut(root, name string) string {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return ""
	}
	target, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	if rel, err := filepath.Rel(root, target); err == nil && filepath.IsLocal(rel) {
		return ""
	}
	return target
}

// linkBelow returns a message about a link out of the project in the directory
// source, "" if there is none. Version control, bootzip's own output and, as
// for the go command, directories whose names begin with a dot do not count.
func linkBelow(root, source string) (message string, err error) {
	top, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(source)))
	if err != nil {
		return "", err
	}
	err = walkBelow(top, func(file, rel string, e fs.DirEntry) error {
		switch {
		case e.IsDir() && rel != "." && (strings.HasPrefix(e.Name(), ".") || noInput(file)):
			return fs.SkipDir
		case e.Type()&fs.ModeSymlink == 0:
			return nil
		}
		name := path.Join(source, rel)
		if target := leadsOut(root, name); target != "" {
			message = linkMessage(name, target)
			return fs.SkipAll
		}
		return nil
	})
	return message, err
}

// link returns a message about a file of the package that is, or is reached by, a
// link out of the project; "" if there is none, and for packages outside of root.
func (p *goPackage) link(root string) string {
	rel, err := filepath.Rel(root, p.Dir)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	dir := filepath.ToSlash(rel)
	if target := leadsOut(root, dir); target != "" {
		return fmt.Sprintf("package %q is reached by a link that leads out of the project, to %q", p.ImportPath, target)
	}
	names := slices.Concat(p.GoFiles, p.HFiles, p.SysoFiles)
	if len(p.SFiles)+len(p.CgoFiles) > 0 {
		// Assembly and C can include any file.
		entries, err := os.ReadDir(p.Dir)
		if err != nil {
			return ""
		}
		names = nil
		for _, e := range entries {
			if compiled(e.Name()) {
				names = append(names, e.Name())
			}
		}
	}
	for _, name := range append(names, p.EmbedFiles...) {
		info, err := os.Lstat(filepath.Join(p.Dir, filepath.FromSlash(name)))
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		if target := leadsOut(root, path.Join(dir, name)); target != "" {
			return linkMessage(path.Join(dir, name), target)
		}
	}
	return ""
}
