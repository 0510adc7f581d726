// Package printer sanitizes untrusted text before it is printed: names in a zip,
// messages of a server, the log of a function.
//
// A terminal acts on escape sequences and control characters, and characters that
// change the writing direction make one text look like another. GitHub Actions acts on
// lines that begin with "::", and on "##[" anywhere.
//
// The package keeps no state and reads no environment variables: callers know where
// they print.
package printer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a text as one line, with U+FFFD for each character that is not printable.
func Line(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return utf8.RuneError
	}, s)
}

// Text is like Line, for several lines: it keeps line ends and tabs, drops carriage
// returns, and escapes GitHub Actions commands.
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

// IsLine reports whether Line returns a text unchanged.
func IsLine(s string) bool { return Line(s) == s }

// Quoted returns a text unchanged if it is printable, and quoted otherwise.
func Quoted(s string) string {
	if IsLine(s) {
		return s
	}
	return strconv.Quote(s)
}

// appendEscaped appends a character of a log, whose encoding is raw. A character that is
// not printable becomes an escape such as \x1b or \u202e. Line ends and tabs stay.
func appendEscaped(b []byte, c rune, raw []byte) []byte {
	invalid := c == utf8.RuneError && len(raw) == 1
	switch {
	case !invalid && (c == '\n' || c == '\t' || unicode.IsPrint(c)):
		return append(b, raw...)
	case len(raw) == 1:
		return fmt.Appendf(b, `\x%02x`, raw[0])
	}
	quoted := strconv.QuoteRuneToASCII(c)
	return append(b, quoted[1:len(quoted)-1]...)
}
