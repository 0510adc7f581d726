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
