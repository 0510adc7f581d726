package project

import (
	"fmt"

	"github.com/bootzip/bootzip/internal/hint"
)

// String is "file:line:column", the form editors jump to.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// errorAt is an error about one place of bootzip.yaml, with the fix.
func errorAt(pos Position, mend, format string, args ...any) error {
	return hint.New(mend, "%s: %s", pos, fmt.Sprintf(format, args...))
}
