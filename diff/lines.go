package diff

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// The most that is compared by lines: more takes seconds, and helps no one.
const (
	maxText  = 1 << 20 // bytes of an asset
	maxLines = 100_000
)

// shown is how many bytes of two long lines are shown around a difference.
const shown = 16

// lines compares two files that are not programs: by lines, where both are
// text, that is, UTF-8 without NUL.
func (c *comparison) lines(file string, a, b content) error {
	var text [2][]byte
	for i, f := range []content{a, b} {
		if f.size > maxText {
			return nil
		}
		var err error
		if text[i], err = f.bytes(0, f.size); err != nil {
			return err
		}
		if !utf8.Valid(text[i]) || bytes.IndexByte(text[i], 0) >= 0 || bytes.Count(text[i], []byte("\n")) > maxLines {
			return nil
		}
	}
	crlf := [2]int{bytes.Count(text[0], []byte("\r\n")), bytes.Count(text[1], []byte("\r\n"))}
	for i := range text {
		text[i] = bytes.ReplaceAll(text[i], []byte("\r\n"), []byte("\n"))
	}
	changes := changedLines(text[0], text[1])
	for _, f := range changes {
		c.differ(layerText, in(file, f.Name), f.A, f.B)
	}
	if crlf[0] != crlf[1] {
		c.differ(layerText, in(file, "line endings"), fmt.Sprintf("%d CRLF", crlf[0]), fmt.Sprintf("%d CRLF", crlf[1]))
	}
	switch {
	case len(changes) > 0:
		f := changes[0]
		c.because(causeContent, "the file%s differs in %s: %s in A and %s in B", called(file), f.Name, quote(f.A), quote(f.B))
	case crlf[0] != crlf[1]:
		c.because(causeLineEndings, "the file%s has the same lines in both, of which %d end in CRLF in A and %d in B", called(file), crlf[0], crlf[1])
	}
	return nil
}

// changedLines returns the lines in which two texts differ, side by side.
func changedLines(a, b []byte) []Field {
	var list []Field
	var run [2][]string // lines of A, and of B, that follow each other
	var next [2]int     // number of the next line
	endRun := func() {
		x, y := run[0], run[1]
		for i := range max(len(x), len(y)) {
			first, second := fmt.Sprintf("line %d", next[0]-len(x)+i), fmt.Sprintf("line %d of B", next[1]-len(y)+i)
			switch {
			case i >= len(y):
				list = append(list, Field{first, x[i], absent})
			case i >= len(x):
				list = append(list, Field{second, absent, y[i]})
			default:
				v, w := narrow(x[i], y[i])
				list = append(list, Field{first, v, w})
			}
		}
		run = [2][]string{}
	}
	n := 0
	for line := range strings.Lines(string(diff.Diff("A", a, "B", b))) {
		text := strings.TrimSuffix(line[1:], "\n")
		switch n++; {
		case n <= 3:
			// The header.
		case line[0] == '@':
			endRun()
			var skip int
			fmt.Sscanf(line, "@@ -%d,%d +%d", &next[0], &skip, &next[1])
		case line[0] == '-':
			if len(run[1]) > 0 {
				endRun()
			}
			run[0] = append(run[0], text)
			next[0]++
		case line[0] == '+':
			run[1] = append(run[1], text)
			next[1]++
		case line[0] == '\\': // "No newline at end of file" belongs to the line before
			side := 0
			if len(run[1]) > 0 {
				side = 1
			}
			if r := run[side]; len(r) > 0 {
				r[len(r)-1] += " (no newline at the end)"
			}
		default:
			endRun()
			next[0]++
			next[1]++
		}
	}
	endRun()
	return list
}

// narrow cuts off most of what two texts begin and end with alike.
func narrow(a, b string) (string, string) {
	n := min(len(a), len(b))
	from, to := 0, 0
	for from < n && a[from] == b[from] {
		from++
	}
	for to < n-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	cut := func(s string) string {
		if to > shown+len("…") {
			s = s[:len(s)-to+shown] + "…"
		}
		if from > shown+len("…") {
			s = "…" + s[from-shown:]
		}
		return strings.ToValidUTF8(s, "") // where a character was cut
	}
	return cut(a), cut(b)
}
