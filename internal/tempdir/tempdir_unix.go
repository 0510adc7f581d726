//go:build unix

package tempdir

import (
	"io/fs"
	"os"
	"syscall"
)

// removesOpen reports whether a file can be removed while it is open.
const removesOpen = true

// ours reports whether a file belongs to this user.
func ours(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid()
}
