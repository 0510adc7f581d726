package program

import (
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

func TestChoose(t *testing.T) {
	for _, test := range []struct{ wanted, want string }{
		{"", strings.Join(platforms, " ")},
		{"windows/arm64 linux/amd64", "linux/amd64 windows/arm64"}, // in the order of the names
	} {
		got, err := choose(strings.Fields(test.wanted))
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%q: %q, %v", test.wanted, got, err)
		}
	}
	if _, err := choose([]string{"linux/x86_64"}); err == nil || !strings.Contains(hint.Of(err), "linux/amd64") {
		t.Errorf("got %v", err)
	}
	if len(platforms) != 6 {
		t.Errorf("%d platforms", len(platforms))
	}
}
