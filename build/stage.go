package build

import (
	"fmt"
	"os"
)

// The files in a build's output directory are not trusted: a link there could make
// this process read, print or move any file of the caller's, and a pipe could
// block it.

// openInside opens the regular file name, a path below the directory dir. It must
// not be a link, and no link on the way may lead out of dir.
func openInside(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return root.Open(name)
}

// madeInside reports whether the file name below the directory dir is regular and
// not empty.
func madeInside(dir, name string) bool {
	f, err := openInside(dir, name)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && info.Size() > 0
}
