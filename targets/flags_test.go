package targets

import (
	"slices"
	"testing"
)

func TestPairs(t *testing.T) {
	for text, want := range map[string][]string{
		"":                      nil,
		"A=1":                   {"--env=A=1"},
		"A=1,B=2":               {"--env=A=1", "--env=B=2"},
		"LIST=a,b,c,URL=x?y=z":  {"--env=LIST=a,b,c", "--env=URL=x?y=z"},
		"A=,B=,,c":              {"--env=A=", "--env=B=,,c"},
		" A=1\nB=2,\n  C=3\n\n": {"--env=A=1", "--env=B=2,", "--env=C=3"},
		"A=one\ntwo\nB=2":       {"--env=A=one\ntwo", "--env=B=2"},
	} {
		if got := pairs(&text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if pairs(nil) != nil {
		t.Error("a flag that was not given makes arguments")
	}
}
