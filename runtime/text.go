package runtime

import "unicode/utf8"

// appendJSON appends a JSON string (RFC 8259, section 7). What is not UTF-8
// becomes U+FFFD, and what is not ASCII is escaped, since it also goes into
// header fields.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c < 0x20 || c == 0x7f:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				b = append(b, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r > 0xffff { // a surrogate pair
			r -= 0x10000
			high := 0xd800 + r>>10
			b = append(b, '\\', 'u', hex[high>>12], hex[high>>8&15], hex[high>>4&15], hex[high&15])
			r = 0xdc00 + r&0x3ff
		}
		b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
	return append(b, '"')
}

// appendTime appends milliseconds since 1970 as 2006-01-02T15:04:05.000Z. The method
// Format of package time would link the time zones, 20 kB of the zip. The days are
// counted in eras of 400 years that begin on 1 March, so that the leap day comes last.
func appendTime(b []byte, ms int64) []byte {
	days, rest := ms/86_400_000, ms%86_400_000
	days += 719_468 // 0000-03-01 to 1970-01-01
	era, day := days/146_097, days%146_097
	year := (day - day/1460 + day/36_524 - day/146_096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	day -= (153*month+2)/5 - 1
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	b = appendDigits(b, year+400*era, 4, '-')
	b = appendDigits(b, month, 2, '-')
	b = appendDigits(b, day, 2, 'T')
	b = appendDigits(b, rest/3_600_000, 2, ':')
	b = appendDigits(b, rest/60_000%60, 2, ':')
	b = appendDigits(b, rest/1000%60, 2, '.')
	return appendDigits(b, rest%1000, 3, 'Z')
}

// appendDigits appends a number with this many digits, and the byte that follows it.
//
//go:noinline
func appendDigits(b []byte, v int64, digits int, then byte) []byte {
	for p := digits - 1; p >= 0; p-- {
		d := v
		for range p {
			d /= 10
		}
		b = append(b, '0'+byte(d%10))
	}
	return append(b, then)
}
