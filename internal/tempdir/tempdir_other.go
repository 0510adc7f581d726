//go:build !unix

package tempdir

import "io/fs"

// ours returns true: each user has their own directory for temporary files (Windows,
// GetTempPath2).
func ours(fs.FileInfo) bool { return true }
