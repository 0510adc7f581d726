package build

import (
	"fmt"
	"os"
)

// What a build leaves in its output directory is not trusted: a link there could
// make this process read, print or move any file of the caller's, and a pipe
// could keep it for ever.

// openInside opens the regular file name, a path below the directory dir. A link
// on the way to it may not lead out of dir, and it may be none itself.
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

// madeInside says whether the file name below the directory dir is a regular one
// with something in it.
func madeInside(dir, name string) bool {
	f, err := openInside(dir, name)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && info.Size() > 0
}
