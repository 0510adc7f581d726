// Package hint attaches to an error the one line that tells a person how to
// mend it.
//
// A library returns hint.New or hint.Wrap; what prints errors asks hint.Of.
// The hint is not part of Error(), so that wrapping an error does not bury
// the hint in the middle of a sentence.
package hint

import (
	"errors"
	"fmt"
)

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// New returns an error with the text of format and args, and a hint.
func New(hint, format string, args ...any) error {
	return &hinted{err: fmt.Errorf(format, args...), hint: hint}
}

// Wrap adds a hint to err; nil stays nil.
func Wrap(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err: err, hint: hint}
}

// Of returns the outermost hint in err's chain, and "" where there is none.
// The outermost one knows most about what the person wanted to do.
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}
