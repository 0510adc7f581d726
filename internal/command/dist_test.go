package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// After an interrupt, the error says what it left in dist.
func TestInterruptSaysWhatIsInDist(t *testing.T) {
	dist := filepath.Join(t.TempDir(), "dist")
	put := func(name, text string) {
		t.Helper()
		file := filepath.Join(dist, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.WriteFile(file+".new", []byte(text), 0o644)
		}
		if err == nil {
			err = os.Rename(file+".new", file) // as the steps do it
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	interrupted := fmt.Errorf("boot check: %w", context.Canceled)
	want := func(before distState, text string) {
		t.Helper()
		if got := before.failed(interrupted, dist); got.Error() != text || !errors.Is(got, context.Canceled) {
			t.Errorf("it is %q, want %q", got, text)
		}
	}
	nothing := readDist(dist)
	want(nothing, "interrupted; nothing in dist has changed")
	put("web-amd64.zip", "one")
	put("web/amd64/bootstrap", "one")
	put(".bootzip/state.json", "1")
	want(nothing, "interrupted; new in dist: web-amd64.zip, web/amd64/bootstrap")

	before := readDist(dist)
	put(".bootzip/state.json", "2")
	want(before, "interrupted; nothing in dist has changed")
	put("web-amd64.zip", "two")
	want(before, "interrupted; new in dist: web-amd64.zip")
	if err := os.Remove(filepath.Join(dist, "web/amd64/bootstrap")); err != nil {
		t.Fatal(err)
	}
	want(before, "interrupted; new in dist: web-amd64.zip; removed from dist: web/amd64/bootstrap")
	for i := range 12 {
		put(fmt.Sprintf("f%02d.zip", i), "x")
	}
	want(readDist(t.TempDir()), "interrupted; new in dist: f00.zip, f01.zip, f02.zip, f03.zip, f04.zip, f05.zip, f06.zip, f07.zip, f08.zip, f09.zip, 3 more")

	if got := before.failed(os.ErrExist, dist); got != os.ErrExist {
		t.Errorf("another error became %v", got)
	}
}
