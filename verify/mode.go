package verify

import "github.com/bootzip/bootzip/internal/zipraw"

// Bits of a Unix mode (POSIX, sys/stat.h).
const (
	typeMask    = 0o170000
	typeFile    = 0o100000
	typeFolder  = 0o040000
	typeLink    = 0o120000
	bitsSpecial = 0o7000
	allRead     = 0o444
	allExecute  = 0o111
)

// unixMode returns the mode of an entry, and whether it has one: only entries
// made on a Unix system do (APPNOTE.TXT 4.4.2 and 4.4.15: system 3, and 19 for
// macOS). What others have in that place, readers take up or not.
func unixMode(e *zipraw.Entry) (uint32, bool) {
	switch e.Creator >> 8 {
	case 3, 19:
		return e.External >> 16, true
	}
	return 0, false
}

// isFolder reports whether an entry is a folder: by its name, which is all
// that most readers go by.
func isFolder(e *zipraw.Entry) bool {
	return len(e.Name) > 0 && e.Name[len(e.Name)-1] == '/'
}
