package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// paths decides what is inside the project. It follows links: a link to a file of the
// project counts as the file. A link that leads out of the project is refused, since its
// target is missing on other machines.
type paths struct {
	root string // absolute, links resolved
}

// inProject returns the clean form of the slash-separated path name, which must exist in
// the project. given is the path as bootzip.yaml has it, for the error.
func (p paths) inProject(name, given string) (string, error) {
	if strings.Contains(given, `\`) {
		return "", fmt.Errorf("%q has a backslash in it; write '/'", given)
	}
	if path.IsAbs(given) || filepath.IsAbs(given) {
		return "", fmt.Errorf("%q is absolute; write it relative", given)
	}
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return "", fmt.Errorf("%q leaves the project", given)
	}
	resolved, err := filepath.EvalSymlinks(filepath.Join(p.root, filepath.FromSlash(clean)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", absentError(given)
	}
	if err != nil {
		return "", err
	}
	if resolved != p.root && !strings.HasPrefix(resolved, p.root+string(filepath.Separator)) {
		return "", fmt.Errorf("%q leaves the project: it is a link to %q", given, resolved)
	}
	return clean, nil
}

// An absentError names what does not exist.
type absentError string

func (e absentError) Error() string        { return fmt.Sprintf("%q does not exist", string(e)) }
func (e absentError) Is(target error) bool { return target == fs.ErrNotExist }

// directory is inProject for a directory.
func (p paths) directory(name string) (string, error) {
	clean, err := p.inProject(name, name)
	if err != nil {
		return "", err
	}
	if !p.isDir(clean) {
		return "", fmt.Errorf("%q is not a directory", name)
	}
	return clean, nil
}

// files returns a itself if it is a file, and every file below it, sorted by name, if it
// is a directory.
func (p paths) files(a Asset) ([]Asset, error) {
	info, err := os.Stat(filepath.Join(p.root, filepath.FromSlash(a.Source)))
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		if a.Name == "." {
			return nil, fmt.Errorf("asset %q is a file, and \".\" is the name of a directory", a.Source)
		}
		return []Asset{a}, nil
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("asset %q is neither a file nor a directory", a.Source)
	}
	if a.Executable {
		return nil, fmt.Errorf("asset %q is a directory, and executable is said of single files", a.Source)
	}
	// ReadDir sorts by name, so the order is the same on every machine. The
	// recursion ends, since a loop of links is refused by EvalSymlinks, and a link
	// to a directory is refused here.
	entries, err := os.ReadDir(filepath.Join(p.root, filepath.FromSlash(a.Source)))
	if err != nil {
		return nil, err
	}
	var all []Asset
	for _, e := range entries {
		source := path.Join(a.Source, e.Name())
		if _, err := p.inProject(source, source); err != nil {
			return nil, err
		}
		if e.Type()&fs.ModeSymlink != 0 && p.isDir(source) {
			return nil, fmt.Errorf("asset %q is a link to a directory; name the directory itself", source)
		}
		name := path.Join(a.Name, e.Name())
		if err := checkAssetName(name); err != nil {
			return nil, err
		}
		below, err := p.files(Asset{Source: source, Name: name})
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

// relativeTo returns the path of file relative to the directory, or the file's own name if
// it is outside the directory.
func relativeTo(dir, file string) string {
	if dir == "." {
		return file
	}
	if below, ok := strings.CutPrefix(file, dir+"/"); ok {
		return below
	}
	if file == dir {
		return "."
	}
	return path.Base(file)
}

// checkAssetName checks an asset's name in the zip. pack refuses the same names; here the
// error has a line number.
func checkAssetName(name string) error {
	switch {
	case strings.Contains(name, `\`):
		return fmt.Errorf("name %q has a backslash in it; write '/'", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("name %q has a control character in it", name)
	case !utf8.ValidString(name):
		return fmt.Errorf("name %q is not UTF-8", name)
	case !fs.ValidPath(path.Clean(name)):
		return fmt.Errorf("name %q is absolute or leaves the zip", name)
	}
	if top, _, _ := strings.Cut(path.Clean(name), "/"); strings.EqualFold(top, "bootstrap") {
		return fmt.Errorf("name %q is the program's own", name)
	}
	return nil
}

// assetNames has the names in a zip, in lower case, of files and of the directories that
// they are in, and the line of bootzip.yaml that each comes from.
type assetNames map[string]struct {
	name   string
	line   int
	folder bool
}

// add adds the name of a file. It returns an error if the zip could then not be unpacked
// on every system.
func (n assetNames) add(name string, line int) error {
	for at := name; at != "."; at = path.Dir(at) {
		key, folder := strings.ToLower(at), at != name
		before, taken := n[key]
		switch {
		case taken && before.folder && folder:
			return nil // and so are the directories above
		case taken && before.folder != folder:
			return fmt.Errorf("asset %q is in the way of %q, from line %d: one is a file and one a directory", name, before.name, before.line)
		case taken && before.name != name:
			return fmt.Errorf("asset %q differs in case only from %q, from line %d", name, before.name, before.line)
		case taken:
			return fmt.Errorf("asset %q is already in the zip, from line %d", name, before.line)
		}
		before.name, before.line, before.folder = name, line, folder
		n[key] = before
	}
	return nil
}

// isDir reports whether the slash-separated path is a directory.
func (p paths) isDir(name string) bool {
	info, err := os.Stat(filepath.Join(p.root, filepath.FromSlash(name)))
	return err == nil && info.IsDir()
}
