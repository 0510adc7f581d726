package project

import (
	"fmt"

	"github.com/bootzip/bootzip/internal/hint"
)

// String returns "file:line:column", which editors understand.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// errorAt returns an error about one place of bootzip.yaml, with the hint fix.
func errorAt(pos Position, fix, format string, args ...any) error {
	return hint.New(fix, "%s: %s", pos, fmt.Sprintf(format, args...))
}
