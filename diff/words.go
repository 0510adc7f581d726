package diff

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bootzip/bootzip/internal/printer"
)

// printable cuts a value of an untrusted file to limit bytes, and replaces what
// would control a terminal.
func printable(s string, limit int) string {
	if len(s) > limit {
		cut := limit - len("…")
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return printer.Line(s)
}

// count writes a number with commas.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func byteCount(n int64) string { return count(n) + " bytes" }

// grown returns the size b with its difference to a.
func grown(a, b int64) string {
	sign := ""
	if b > a {
		sign = "+"
	}
	return fmt.Sprintf("%s (%s%s)", byteCount(b), sign, count(b-a))
}

// some joins the first few of a list, and counts the rest.
func some(list []string, most int) string {
	more := ""
	if len(list) > most {
		more = fmt.Sprintf(" and %s more", count(int64(len(list)-most)))
		list = list[:most]
	}
	return strings.Join(list, ", ") + more
}

// shortSum returns enough of a digest to tell two apart.
func shortSum(sum [32]byte) string { return fmt.Sprintf("sha256 %x…", sum[:8]) }

// in puts the name of a file before that of one of its fields. The only file of
// [Files] has no name.
func in(file, field string) string {
	if file == "" {
		return field
	}
	return printable(file, maxName) + ": " + field
}

// called returns the quoted name of a file, to follow "the program".
func called(file string) string {
	if file == "" {
		return ""
	}
	return fmt.Sprintf(" %q", printable(file, maxName))
}

// quote quotes a value in a sentence.
func quote(s string) string {
	if s == absent {
		return s
	}
	return fmt.Sprintf("%q", printable(s, 120))
}
