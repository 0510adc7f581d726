package diff

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	maxStringData = 8 << 20 // bytes of a section in which text is looked for
	minString     = 6       // bytes of printable ASCII that make a text
	maxStrings    = 8       // differences that are listed for one section
)

// stringSections are the sections for constant strings.
var stringSections = []string{".rodata", ".rdata", "__rodata", "__cstring"}

// programStrings lists the first constant strings that differ, such as a value
// that -ldflags -X set: with -trimpath, Go records no -ldflags. It returns one
// of them, to follow a sentence.
func (c *comparison) programStrings(file string, a, b *program) (example string, err error) {
	if c.has(causeLanguage, causeArchitecture, causeGoVersion, causeCompiler, causeCPULevel) {
		return "", nil // all of the code is expected to differ
	}
	for _, name := range stringSections {
		x, y := a.named(name), b.named(name)
		if x == nil || y == nil || x.sum == y.sum || max(x.to-x.from, y.to-y.from) > maxStringData {
			continue
		}
		var text [2][]byte
		for i, s := range []*section{x, y} {
			if text[i], err = [2]*program{a, b}[i].bytes(s.from, s.to); err != nil {
				return "", err
			}
			text[i] = stringLines(text[i])
		}
		if max(bytes.Count(text[0], []byte("\n")), bytes.Count(text[1], []byte("\n"))) > maxLines {
			continue
		}
		changes := slices.DeleteFunc(changedLines(text[0], text[1]), func(f Field) bool {
			// In PE, the build information is in a section of constants.
			return a.info != nil && b.info != nil && strings.Contains(a.info.String(), f.A) && strings.Contains(b.info.String(), f.B)
		})
		for _, f := range changes[:min(len(changes), maxStrings)] {
			if v, w, ok := times(f); ok {
				c.because(causeTime, "a time is likely in the program%s, as -ldflags -X or __DATE__ puts it there: %s in A and %s in B", called(file), quote(v), quote(w))
				c.differ(layerText, in(file, "time in "+name), v, w)
				continue
			}
			c.differ(layerText, in(file, "text in "+name), f.A, f.B)
			if example == "" {
				example = fmt.Sprintf("; text that differs: %s in A and %s in B", quote(f.A), quote(f.B))
			}
		}
	}
	return example, nil
}

// stringLines returns each run of printable ASCII in b on a line of its own.
// Go's strings follow each other without a separator, and are one run.
func stringLines(b []byte) []byte {
	var lines bytes.Buffer
	for run := range bytes.FieldsFuncSeq(b, func(r rune) bool { return r < ' ' || r > '~' }) {
		if len(run) >= minString {
			lines.Write(run)
			lines.WriteByte('\n')
		}
	}
	return lines.Bytes()
}

// timeText is a date, a date and time, a time of day, or seconds since 1970
// from 2017 to 2033.
var timeText = regexp.MustCompile(`(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])(?:[T _-]?[0-2]\d:?[0-5]\d:?[0-5]\dZ?)?` +
	`|[A-Z][a-z]{2} [ \d]?\d (?:[0-2]\d:[0-5]\d:[0-5]\d )?(?:19|20)\d\d` +
	`|[0-2]\d:[0-5]\d:[0-5]\d|1[5-9]\d{8}`)

// times returns the first times that only A and only B have, or "absent". ok
// reports that both have one, or that one is more than digits, which may be any
// number.
func times(f Field) (a, b string, ok bool) {
	find := func(s, other string) string {
		for _, t := range timeText.FindAllString(s, -1) {
			// The reference time is how Go programs say how a time is written.
			if !strings.Contains(other, t) && !strings.Contains(t, "2006") && t != "15:04:05" {
				return t
			}
		}
		return absent
	}
	a, b = find(f.A, f.B), find(f.B, f.A)
	return a, b, a != absent && b != absent || strings.ContainsAny(a+b, ":-/. ")
}
