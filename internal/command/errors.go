package command

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
)

// An exitError is an error with the exit status of the program.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string   { return e.err.Error() }
func (e *exitError) Unwrap() error   { return e.err }
func (e *exitError) ExitStatus() int { return e.status }

// misuse is an error with exit status 2.
func misuse(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{2, err}
}

// findings is an error with exit status 1 whose details were printed already.
func findings(format string, args ...any) error {
	return &exitError{1, fmt.Errorf(format, args...)}
}

// A shownError is an error as people see it.
type shownError struct {
	error
	text string
}

func (e shownError) Error() string { return e.text }
func (e shownError) Unwrap() error { return e.error }

// shown makes an error show its hint, and harmless on a terminal: it may contain names from
// a file, or a server's words.
func (a *app) shown(err error) error {
	text := err.Error()
	var said shownError
	if errors.Is(err, context.Canceled) && !errors.As(err, &said) {
		text = "interrupted"
	} else if h := hint.Of(err); h != "" && !errors.Is(err, context.Canceled) {
		text += "\nhint: " + h
	}
	if page := hint.PageOf(err); page != "" && !errors.Is(err, context.Canceled) {
		text += "\nsee: " + page
	}
	text = a.typed(text)
	if text = printer.Text(text); text == err.Error() {
		return err
	}
	return shownError{err, text}
}

// What a command looks like in a hint.
var (
	ownCommand = regexp.MustCompile(`\bbootzip ([a-z]+)`)
	longFlag   = regexp.MustCompile(`(^|[ (])--([a-zA-Z]+)`)
)

// imported is what people typed before a command's name: "mage", or "mage NAME:" where their
// magefile imports these targets by that name, as only the arguments show.
func imported(args []string, name string) string {
	for _, arg := range args {
		i := strings.LastIndexByte(arg, ':') + 1
		if target := strings.ToLower(arg[i:]); i > 1 && (target == name || target == "all") {
			return "mage " + arg[:i]
		}
	}
	return "mage"
}

// typed rewrites the commands in a text in the caller's form: with Mage, flags have one dash.
func (a *app) typed(text string) string {
	if a.caller == "bootzip" {
		return text
	}
	before := a.caller + " "
	if strings.HasSuffix(a.caller, ":") {
		before = a.caller
	}
	return longFlag.ReplaceAllString(ownCommand.ReplaceAllString(text, before+"$1"), "$1-$2")
}
