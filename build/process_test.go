package build

import (
	"io"
	"strings"
	"testing"
)

func TestOutputIsCut(t *testing.T) {
	var c cut
	_, err := io.Copy(&c, struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 3*maxOutput))})
	if text := c.String(); err != nil || len(text) > maxOutput+100 || !strings.HasSuffix(text, "x\n… and 2097152 bytes more") {
		t.Errorf("%d bytes are kept, with the end %.50q (%v)", len(text), text[max(0, len(text)-50):], err)
	}
}
