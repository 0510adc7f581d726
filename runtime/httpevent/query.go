package httpevent

import "strings"

// parseQuery reads a query (WHATWG URL Standard, application/x-www-form-urlencoded). A
// part with an invalid escape is kept unchanged: the client meant something by it.
func parseQuery(s string) Values {
	v := Values{}
	for part := range strings.SplitSeq(s, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		v.Add(unescape(name, true), unescape(value, true))
	}
	return v
}

// encode returns a query, sorted by names.
func (v Values) encode() string {
	var b strings.Builder
	for _, k := range sortedKeys(v) {
		for _, value := range v[k] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			escape(&b, k, "")
			b.WriteByte('=')
			escape(&b, value, "")
		}
	}
	return b.String()
}

// inPath are the characters of a path, besides the unreserved ones, that need
// no escape (RFC 3986, section 3.3).
const inPath = "/!$&'()*+,;=:@"

// escapePath encodes a decoded path.
func escapePath(s string) string {
	var b strings.Builder
	escape(&b, s, inPath)
	return b.String()
}

// decodePath decodes a path that comes as the client sent it. It returns false if the path
// is not encoded: an escape is invalid, or a character that needs one has none.
func decodePath(s string) (string, bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) || digit(s[i+1]) < 0 || digit(s[i+2]) < 0 {
				return "", false
			}
		case c <= ' ', c >= 0x7f, c == '?', c == '#':
			return "", false
		}
	}
	return unescape(s, false), true
}

// escape writes s with everything escaped except the unreserved characters (RFC 3986,
// section 2.3) and those in also.
func escape(b *strings.Builder, s, also string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~", c) >= 0, strings.IndexByte(also, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
}

// unescape resolves %XX and, if plus is set, "+". It returns s unchanged if an escape is
// invalid.
func unescape(s string, plus bool) string {
	if !strings.Contains(s, "%") && (!plus || !strings.Contains(s, "+")) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b = append(b, ' ')
		case s[i] == '%':
			if i+2 >= len(s) {
				return s
			}
			high, low := digit(s[i+1]), digit(s[i+2])
			if high < 0 || low < 0 {
				return s
			}
			b = append(b, byte(high<<4|low))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
