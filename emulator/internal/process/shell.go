package process

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// bash is the path on this machine of the shell that is sh on Amazon Linux.
const bash = "/bin/bash"

// shellMounts mounts bash over this machine's sh, as on Amazon Linux, where sh is
// bash: Debian's sh is dash, which lacks much that scripts for Lambda use. Without bash
// there are no mounts.
func shellMounts() (mounts []sandbox.Mount) {
	own, err := filepath.EvalSymlinks(bash)
	if err != nil {
		return nil
	}
	var seen []string
	for _, dir := range []string{"/bin", "/usr/bin"} {
		shell, ok := shellAt(filepath.Join(dir, "sh"))
		// Not over busybox, which is many programs in one file.
		if !ok || filepath.Base(shell) == "bash" || filepath.Base(shell) == "busybox" || slices.Contains(seen, shell) {
			continue
		}
		seen = append(seen, shell)
		mounts = append(mounts, sandbox.Mount{Source: own, Target: shell, ReadOnly: true})
	}
	return mounts
}

// shellAt follows links from name to a file. It looks only at the last element of
// each path: in the sandbox /bin is a directory of its own, even if it is a link on
// this machine.
func shellAt(name string) (file string, ok bool) {
	for range 10 {
		info, err := os.Lstat(name)
		if err != nil {
			return "", false
		}
		if info.Mode().Type() != fs.ModeSymlink {
			dir := filepath.Dir(name)
			return name, info.Mode().IsRegular() && (dir == "/bin" || dir == "/usr/bin")
		}
		to, err := os.Readlink(name)
		if err != nil {
			return "", false
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(name), to)
		}
		name = to
	}
	return "", false
}
