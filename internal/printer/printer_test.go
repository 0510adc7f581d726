package printer

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string][2]string{ // Text, Line
		"plain ü 漢":         {"plain ü 漢", "plain ü 漢"},
		"a\x1b[31mb":        {"a\uFFFD[31mb", "a\uFFFD[31mb"},
		"two\r\nlines\tand": {"two\nlines\tand", "two\uFFFD\uFFFDlines\uFFFDand"},
		"a\u202eb\u2028c":   {"a\uFFFDb\uFFFDc", "a\uFFFDb\uFFFDc"},
		"a ::b\n ::c\n##[d": {"a ::b\n|  ::c\n##\\x5bd", "a ::b\uFFFD ::c\uFFFD##[d"},
		"bad \xff":          {"bad \uFFFD", "bad \uFFFD"},
	} {
		if got := [2]string{Text(in), Line(in)}; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if Quoted("a b") != "a b" || Quoted("a\nb") != `"a\nb"` || IsLine("\xff") {
		t.Error("a name that is not printable stays as it is")
	}
}

func TestLog(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"lines", "one\ntwo\n", "| one\n| two\n"},
		{"escapes", "a\x1b[2J\x07\x00\n", `| a\x1b[2J\x07\x00` + "\n"},
		{"carriage returns", "fake\rtrue\r\n", `| fake\x0dtrue` + "\n"},
		{"directions", "a\u202eb\u0085\n", `| a\u202eb\u0085` + "\n"},
		{"no UTF-8", "\xff\x9b31m\n", `| \xff\x9b31m` + "\n"},
		{"a REPORT line", "REPORT RequestId: 1\tDuration: 0 ms\n", "| REPORT RequestId: 1\tDuration: 0 ms\n"},
		{"commands", "::error::x\n  ::stop-commands::x\na ##[error]x\n###[group]\n", "| ::error::x\n|   ::stop-commands::x\n| a ##\\x5berror]x\n| ###\\x5bgroup]\n"},
	} {
		for _, whole := range []bool{true, false} {
			var b bytes.Buffer
			s := NewLog(&b).Source()
			for i := range len(c.in) {
				piece := c.in[i : i+1]
				if whole {
					piece = c.in
				}
				if n, err := s.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
				if whole {
					break
				}
			}
			if b.String() != c.want {
				t.Errorf("%s: got %q, want %q", c.name, b.String(), c.want)
			}
		}
	}
}

// The platform's lines start on a new line, and so do those of another function.
func TestLogOfSeveral(t *testing.T) {
	var b bytes.Buffer
	l := NewLog(&b)
	a, other := l.Source(), l.Source()
	write := func(w interface{ Write([]byte) (int, error) }, text string) {
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write(a.Platform(), "START\n")
	write(a, "half")
	write(other, "a line\n")
	write(a, " and half")
	write(a.Platform(), "REPORT Error Type: ##[error]\x1b\n")
	if want := "START\n| half\n| a line\n|  and half\nREPORT Error Type: ##\\x5berror]\uFFFD\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// Whatever a function prints, each of its lines begins with the bar, and none of its
// characters is a control character.
func FuzzLog(f *testing.F) {
	f.Add("a\x1b[0m\n::error::\n##[x", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		var b bytes.Buffer
		s := NewLog(&b).Source()
		cut = max(0, min(cut, len(text)))
		_, _ = s.Write([]byte(text[:cut]))
		_, _ = s.Write([]byte(text[cut:]))
		for line := range strings.Lines(b.String()) {
			if !strings.HasPrefix(line, bar) || strings.Contains(line, "##[") || !utf8.ValidString(line) || Text(line) != line {
				t.Errorf("%q is shown as %q", text, line)
			}
		}
	})
}
