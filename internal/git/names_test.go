package git

import (
	"slices"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	names := []string{"b.bin", "ü.bin", "a\nPASS hello-amd64.zip", "\x1b]0;title\a", "\x9bm"}
	const want = `b.bin, ü.bin, "a\nPASS hello-amd64.zip", "\x1b]0;title\a", "\x9bm"`
	if got := List(names); got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
	if got := List(slices.Repeat([]string{"x"}, maxNames+2)); got != strings.Repeat("x, ", maxNames-1)+"x and 2 more" {
		t.Errorf("of many it is %s", got)
	}
}
