package hint

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestHint(t *testing.T) {
	inner := New("mend it", "file %q: %w", "x", fs.ErrNotExist)
	for name, c := range map[string]struct {
		err        error
		text, hint string
	}{
		"new":            {inner, `file "x": file does not exist`, "mend it"},
		"wrapped":        {fmt.Errorf("function: %w", inner), `function: file "x": file does not exist`, "mend it"},
		"outermost":      {Wrap(fmt.Errorf("function: %w", inner), "begin anew"), `function: file "x": file does not exist`, "begin anew"},
		"one of several": {errors.Join(fs.ErrNotExist, inner), "file does not exist\n" + `file "x": file does not exist`, "mend it"},
		"none":           {fs.ErrNotExist, "file does not exist", ""},
	} {
		if got := c.err.Error(); got != c.text {
			t.Errorf("%s: text is %q, want %q", name, got, c.text)
		}
		if got := Of(c.err); got != c.hint {
			t.Errorf("%s: hint is %q, want %q", name, got, c.hint)
		}
		if !errors.Is(c.err, fs.ErrNotExist) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	if Wrap(nil, "mend it") != nil {
		t.Error("no error became one")
	}
	if Of(nil) != "" {
		t.Error("no error has a hint")
	}
}

func TestSee(t *testing.T) {
	err := fmt.Errorf("function: %w", See(New("change it", "it is wrong"), "checks#wrong"))
	if Of(err) != "change it" || PageOf(err) != Site+"checks#wrong" || err.Error() != "function: it is wrong" {
		t.Errorf("%v, hint %q, page %q", err, Of(err), PageOf(err))
	}
	if See(nil, "checks") != nil || PageOf(nil) != "" || PageOf(New("x", "y")) != "" {
		t.Error("a page of nothing")
	}
}
