package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// What an error quotes of somebody's files does nothing to a terminal, and the
// error is still the one that it was.
func TestFailed(t *testing.T) {
	plain := errors.New("plain")
	for _, c := range []struct {
		err  error
		want string
	}{
		{plain, "plain"},
		{hint.New("mend \x1b[2Jit", "function %q:\n\tx\x1b]0;title\a.go: %w\r\n\xc2\x9b0m", "ü", fs.ErrNotExist),
			"function \"ü\":\n\tx�]0;title�.go: file does not exist\n�0m\nhint: mend �[2Jit"},
		{fmt.Errorf("build: %w", context.Canceled), "interrupted"},
	} {
		got := failed(c.err)
		if got.Error() != c.want {
			t.Errorf("it is %q, want %q", got, c.want)
		}
		if errors.Is(c.err, fs.ErrNotExist) != errors.Is(got, fs.ErrNotExist) {
			t.Errorf("the cause of %q is lost", got)
		}
	}
	if failed(nil) != nil {
		t.Error("no error became one")
	}
	if failed(plain) != plain {
		t.Error("an error without need was wrapped")
	}
}
