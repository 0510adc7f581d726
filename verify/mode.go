package verify

import (
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// Bits of a Unix mode (POSIX, sys/stat.h).
const (
	typeMask    = 0o170000
	typeFile    = 0o100000
	typeFolder  = 0o040000
	typeLink    = 0o120000
	bitsSpecial = 0o7000
	bitSetGroup = 0o2000
	allRead     = 0o444
	allExecute  = 0o111
)

// Systems in the upper byte of "version made by" (APPNOTE.TXT 4.4.2). 10 and
// 11 are both used for NTFS.
const (
	systemFAT   = 0
	systemNTFS  = 10
	systemNTFS2 = 11
	systemVFAT  = 14

	dosFolder = 0x10 // MS-DOS attribute
)

// fromDOS reports whether an entry has MS-DOS attributes.
func fromDOS(e *zipscan.Entry) bool {
	switch e.Creator >> 8 {
	case systemFAT, systemNTFS, systemNTFS2, systemVFAT:
		return true
	}
	return false
}

// isFolder reports whether an entry is a directory by its name, as most readers decide.
func isFolder(e *zipscan.Entry) bool { return strings.HasSuffix(e.Name, "/") }
