// Package hint attaches to an error the one line that says how to fix it.
//
// A library returns hint.New or hint.Wrap; code that prints errors calls hint.Of.
// The hint is not part of Error(), so that wrapping an error does not bury
// the hint in the middle of a sentence.
package hint

import (
	"errors"
	"fmt"
)

// Site is the address of the documentation: docs/NAME.md is at Site+NAME.
const Site = "https://bootzip.github.io/bootzip/"

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// New returns an error with the text of format and args, and a hint.
func New(hint, format string, args ...any) error {
	return Wrap(fmt.Errorf(format, args...), hint)
}

// Wrap adds a hint to err; nil stays nil.
func Wrap(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err, hint}
}

// Of returns the outermost hint in err's chain; "" if there is none.
// The outermost one knows most about what the user wanted to do.
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}

type paged struct {
	error
	page string
}

func (p *paged) Unwrap() error { return p.error }

// See adds to err the documentation page that says more, such as "checks#boot-answers"; nil
// stays nil.
func See(err error, page string) error {
	if err == nil {
		return nil
	}
	return &paged{err, page}
}

// PageOf returns the address of the page that says more; "" if there is none.
func PageOf(err error) string {
	var p *paged
	if errors.As(err, &p) {
		return Site + p.page
	}
	return ""
}
