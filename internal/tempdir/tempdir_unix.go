//go:build unix

package tempdir

import (
	"io/fs"
	"os"
	"syscall"
)

// removesOpen tells that a file can be removed while it is open.
const removesOpen = true

// ours tells that a file is this user's.
func ours(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Geteuid()
}
