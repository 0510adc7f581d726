package suggest

import "testing"

func TestWord(t *testing.T) {
	candidates := []string{"source", "language", "handlers", "arch"}
	for s, want := range map[string]string{
		"sorce": "source", "Source": "source", "langauge": "language", "handler": "handlers",
		"arhc": "arch", "memory": "", "": "",
	} {
		if got := Word(s, candidates); got != want {
			t.Errorf("Word(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 2}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
