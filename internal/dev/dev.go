// Package dev has the Mage targets for developing bootzip itself: tests, linters,
// the vulnerability check, executables, packages and the site. Other projects do
// not import them.
package dev

import (
	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/internal/hint"
)

// packages is the go command's pattern, since Go 1.25, for all packages of all modules of
// go.work.
const packages = "work"

// value reads an optional flag.
func value[T any](flag *T, fallback T) T {
	if flag == nil {
		return fallback
	}
	return *flag
}

// misuse is an error with exit status 2.
func misuse(err error) error { return mg.Fatal(2, withHint(err)) }

// withHint returns the text of an error, followed by its hint.
func withHint(err error) string {
	text := err.Error()
	if h := hint.Of(err); h != "" {
		text += "\nhint: " + h
	}
	return text
}
