// Package printer makes harmless what is printed for people and comes from
// somebody else: names in a zip, words of a server, the log of a function.
//
// A terminal acts on escape sequences and control characters, and characters
// that turn the direction of writing make a text look like another. GitHub
// Actions acts on lines that begin with "::", and on "##[" anywhere.
//
// The package keeps no state and reads no environment: its callers know what
// they print to.
package printer

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a text as one line: what is not printable is replaced by
// U+FFFD.
func Line(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return utf8.RuneError
	}, s)
}

// Text is Line for several lines: it keeps line ends and tabs, drops carriage
// returns, and lets no line be a command of GitHub Actions.
func Text(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\r':
			return -1
		case c == '\n' || c == '\t' || unicode.IsPrint(c):
			return c
		}
		return utf8.RuneError
	}, s)
	if !strings.Contains(s, "::") && !strings.Contains(s, "##[") {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			b.WriteString(bar)
		}
		b.WriteString(strings.ReplaceAll(line, "##[", `##\x5b`))
	}
	return b.String()
}

// IsLine reports whether Line returns a text as it is.
func IsLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

// Quoted returns a text as it is, or quoted where it is not printable.
func Quoted(s string) string {
	if IsLine(s) {
		return s
	}
	return strconv.Quote(s)
}

// appendEscaped appends a piece of a log: what is not printable is shown by its
// code, as in \x1b or \u202e. Line ends and tabs stay.
func appendEscaped(b []byte, c rune, size int, raw byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == utf8.RuneError && size == 1:
		return append(b, '\\', 'x', hex[raw>>4], hex[raw&15])
	case c == '\n' || c == '\t' || unicode.IsPrint(c):
		return utf8.AppendRune(b, c)
	case c < 0x80:
		return append(b, '\\', 'x', hex[c>>4], hex[c&15])
	}
	quoted := strconv.QuoteRuneToASCII(c)
	return append(b, quoted[1:len(quoted)-1]...)
}
