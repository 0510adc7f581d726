package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// Text that an error quotes from a file cannot control a terminal, and the error is still
// the same error.
func TestShown(t *testing.T) {
	plain := errors.New("plain")
	a := &app{caller: "bootzip"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{plain, "plain"},
		{hint.New("mend \x1b[2Jit", "function %q:\n\tx\x1b]0;title\a.go: %w\r\n\xc2\x9b0m", "ü", fs.ErrNotExist),
			"function \"ü\":\n\tx�]0;title�.go: file does not exist\n�0m\nhint: mend �[2Jit"},
		{fmt.Errorf("build: %w", context.Canceled), "interrupted"},
	} {
		got := a.shown(c.err)
		if got.Error() != c.want {
			t.Errorf("it is %q, want %q", got, c.want)
		}
		if errors.Is(c.err, fs.ErrNotExist) != errors.Is(got, fs.ErrNotExist) {
			t.Errorf("the cause of %q is lost", got)
		}
	}
	if a.shown(plain) != plain {
		t.Error("an error without need was wrapped")
	}
}

// Hints name commands as the reader types them.
func TestTyped(t *testing.T) {
	for _, c := range []struct{ caller, hint, want string }{
		{"bootzip", "bootzip check FILE.zip --arch=arm64", "bootzip check FILE.zip --arch=arm64"},
		{"mage", "bootzip check FILE.zip --arch=arm64", "mage check FILE.zip -arch=arm64"},
		{"mage bz:", "write one with `bootzip lock`; --engine=host", "write one with `mage bz:lock`; -engine=host"},
		{"mage", "build with docker, or --engine=host", "build with docker, or -engine=host"},
		{"mage", "write a bootzip.yaml; see https://bootzip.dev/a--b", "write a bootzip.yaml; see https://bootzip.dev/a--b"},
	} {
		if got := (&app{caller: c.caller}).typed(c.hint); got != c.want {
			t.Errorf("%s: %q, want %q", c.caller, got, c.want)
		}
	}
}

func TestImported(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"build", "-locked"}, "mage"},
		{[]string{"-v", "bz:build", "-locked"}, "mage bz:"},
		{[]string{"bz:clean", "BZ:Build"}, "mage BZ:"},
		{[]string{"bz:all"}, "mage bz:"},
		{[]string{"event", "x:y"}, "mage"},
		{nil, "mage"},
	} {
		if got := imported(c.args, "build"); got != c.want {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
}

// The progress line is never wider than the terminal.
func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"building", 8, "building"}, {"building", 7, "buildi…"}, {"üüüü", 3, "üü…"}, {"x", 0, "…"}} {
		if got := shorten(c.text, c.most); got != c.want {
			t.Errorf("%q in %d: %q", c.text, c.most, got)
		}
	}
}
