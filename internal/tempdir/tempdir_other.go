//go:build !unix

package tempdir

import "io/fs"

const removesOpen = false

// ours is true: the place for temporary folders is each user's own (Windows,
// GetTempPath2).
func ours(fs.FileInfo) bool { return true }
