package verify

import (
	"archive/tar"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/project"
)

// unpack writes the wanted files of the image into the directory dir, and compares the
// program's architecture with the image's.
func (x *imageExamination) unpack(dir string) error {
	var misplaced *misplacedError
	if err := x.unpackFiles(dir); errors.As(err, &misplaced) {
		x.find(idImageName, "/"+misplaced.name, "its directory /%s is none in the end, or leads to none", printer.Line(path.Dir(misplaced.name)))
		return nil
	} else if err != nil {
		return err
	}
	f, err := elfscan.ReadFile(filepath.Join(dir, filepath.FromSlash(x.root.Program)))
	if err != nil {
		return nil // a script, or a program for another system
	}
	x.root.Static = !f.HasInterp && len(f.Needed) == 0
	if arch := project.Arch(f.GOARCH()); arch == "" || x.arch != "" && arch != x.arch {
		x.find(idImagePlatform, "/"+x.root.Program, "the program is for %s, and the image for %s", f.MachineName(), x.config.Architecture)
	}
	return nil
}

// A misplacedError is for a file whose parent is not a directory, so that the image cannot
// be unpacked.
type misplacedError struct{ name string }

func (e *misplacedError) Error() string {
	return "file /" + e.name + " of the image is in no directory"
}

func (x *imageExamination) unpackFiles(dir string) error {
	u := unpacker{x, dir, map[string]string{}, map[string]bool{}}
	for i := range x.layers {
		r, close, err := x.openLayer(i)
		if err != nil {
			return err
		}
		err = u.layer(i, r)
		if err := errors.Join(err, close()); err != nil {
			return err
		}
	}
	if x.options.Unpack {
		return errors.Join(u.mountPoints(), u.links())
	}
	return nil
}

// An unpacker writes the files that a container of an image has. It never writes through a
// symbolic link: it makes the links last.
type unpacker struct {
	*imageExamination
	dir     string
	parents map[string]string // directories of the image, with their links resolved
	made    map[string]bool   // directories that were made, by their names in the image
}

// ownDirs are directories in which a container has its own files. Except in /etc, these
// hide the image's files.
var ownDirs = []string{"dev", "etc", "proc", "sys", "tmp"}

// ownFiles are files that a container has in place of the image's.
var ownFiles = []string{"etc/hosts", "etc/resolv.conf"}

// wanted reports whether a file of the image is unpacked.
func (u unpacker) wanted(name string) bool {
	if !u.options.Unpack {
		return name == u.root.Program || strings.HasPrefix(name, taskPrefix)
	}
	first, _, below := strings.Cut(name, "/")
	return !slices.Contains(ownFiles, name) && (!slices.Contains(ownDirs, first) || first == "etc" && below)
}

// place returns where a file of the image belongs on disk, and makes its directory. In the
// image, that directory may be a link.
func (u unpacker) place(name string) (string, error) {
	dir := path.Dir(name)
	parent, known := u.parents[dir]
	if !known && dir != "." {
		at, e, ok := u.resolve(dir)
		if !ok || e.kind != tar.TypeDir {
			return "", &misplacedError{name}
		}
		parent = at
		u.parents[dir] = at
	}
	file := filepath.Join(u.dir, filepath.FromSlash(parent), path.Base(name))
	return file, u.makeDir(path.Clean(parent))
}

// makeDir makes a directory and those above it. Every user can read them, whatever the
// umask, since in a sandbox the function runs as a different user.
func (u unpacker) makeDir(name string) error {
	dir := filepath.Join(u.dir, filepath.FromSlash(name))
	if u.made[name] {
		return nil
	}
	u.made[name] = true
	if name != "." {
		if err := u.makeDir(path.Dir(name)); err != nil {
			return err
		}
	}
	return errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o755))
}

func (u unpacker) layer(i int, r io.Reader) error {
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := plainName(h)
		e, ok := u.files[name]
		if !ok || e.layer != i || !u.wanted(name) || e.kind != tar.TypeReg && e.kind != tar.TypeDir {
			continue
		}
		file, err := u.place(name)
		if err != nil {
			return err
		}
		if e.kind == tar.TypeDir {
			at, err := filepath.Rel(u.dir, file)
			if err == nil {
				err = u.makeDir(filepath.ToSlash(at))
			}
			if err != nil {
				return err
			}
			continue
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, t)
		if err := errors.Join(err, f.Chmod(e.mode.Perm()), f.Close()); err != nil {
			return err
		}
	}
}

// mountPoints makes the directories and files over which a container mounts its own.
func (u unpacker) mountPoints() error {
	for _, name := range ownDirs {
		if err := u.makeDir(name); err != nil {
			return err
		}
	}
	for _, name := range ownFiles { // the machine's files are mounted over them, with their own modes
		if err := os.WriteFile(filepath.Join(u.dir, filepath.FromSlash(name)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (u unpacker) links() error {
	for _, kind := range []byte{tar.TypeLink, tar.TypeSymlink} { // hard links never go through symbolic ones
		for _, name := range slices.Sorted(maps.Keys(u.files)) {
			e := u.files[name]
			if e.kind != kind || !u.wanted(name) {
				continue
			}
			file, err := u.place(name)
			if err != nil {
				return err
			}
			if kind == tar.TypeSymlink {
				err = os.Symlink(e.link, file)
			} else if target, failed := u.place(e.link); failed == nil {
				err = os.Link(target, file)
			} else {
				err = failed
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
