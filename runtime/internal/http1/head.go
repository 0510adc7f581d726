package http1

// A head is what the reader itself needs from the status line and the fields.
type head struct {
	status  int
	length  int // -1 without Content-Length
	digits  int // number of digits in which length was written
	chunked bool
	close   bool // a field says so
	keep    bool // likewise
	framing bool // a trailer is announced that would say how the message is framed
}

// head reads the status line and the header fields.
func (r *Reader) head() (h head, err error) {
	r.fields = r.fields[:0]
	start, end, err := r.line(MaxHead)
	if err != nil {
		return h, err
	}
	old, status, ok := statusLine(r.buf[start:end])
	if !ok {
		return h, malformed("bad status line")
	}
	h = head{status: status, length: -1}
	for {
		start, end, err := r.line(MaxHead)
		if err != nil {
			return h, err
		}
		if start == end {
			err := h.check(old)
			h.close = h.close || old && !h.keep
			return h, err
		}
		f, ok := parseField(r.buf, start, end)
		if !ok {
			return h, malformed("bad header field")
		}
		if len(r.fields) == MaxFields {
			return h, ErrTooLarge
		}
		r.fields = append(r.fields, f)
		if err := h.note(r.buf[f.name:f.nameEnd], r.buf[f.value:f.valueEnd]); err != nil {
			return h, err
		}
	}
}

// note records a field that says how the message is framed.
func (h *head) note(name, value []byte) error {
	switch len(name) {
	case len("Trailer"):
		if EqualFold(name, "trailer") {
			for _, field := range []string{"content-length", "trailer", "transfer-encoding"} {
				h.framing = h.framing || hasToken(value, field)
			}
		}
	case len("Connection"):
		if EqualFold(name, "connection") {
			h.close = h.close || hasToken(value, "close")
			h.keep = h.keep || hasToken(value, "keep-alive")
		}
	case len("Content-Length"):
		if EqualFold(name, "content-length") {
			n, ok := decimal(value)
			// A repetition must be identical. RFC 9110, section 8.6, lets a recipient refuse
			// any repetition, and net/http treats "5" and "05" as different. If the number
			// and the number of digits are equal, so are the digits.
			if !ok || (h.length >= 0 && (h.length != n || h.digits != len(value))) {
				return malformed("bad Content-Length")
			}
			h.length, h.digits = n, len(value)
		}
	case len("Transfer-Encoding"):
		if EqualFold(name, "transfer-encoding") {
			if h.chunked || !EqualFold(value, "chunked") {
				return malformed("unknown Transfer-Encoding")
			}
			h.chunked = true
		}
	}
	return nil
}

// check refuses what two readers could frame in two ways (RFC 9112,
// section 6.3).
func (h *head) check(old bool) error {
	if h.chunked && (h.length >= 0 || old || h.status < 200 || h.status == 204) {
		return malformed("Transfer-Encoding where it may not be")
	}
	// RFC 9110, section 6.5.1.
	if h.chunked && h.framing {
		return malformed("Trailer announces a field that may not be one")
	}
	return nil
}

// statusLine reads "HTTP/1.1 200 OK" (RFC 9112, section 4). old reports HTTP/1.0, where a
// connection ends with the response unless it says otherwise.
func statusLine(b []byte) (old bool, status int, ok bool) {
	const version = "HTTP/1."
	if len(b) < len(version)+5 || string(b[:len(version)]) != version {
		return false, 0, false
	}
	b = b[len(version):]
	if (b[0] != '0' && b[0] != '1') || b[1] != ' ' || (len(b) > 5 && b[5] != ' ') {
		return false, 0, false
	}
	old = b[0] == '0'
	for _, c := range b[2:5] {
		if c < '0' || c > '9' {
			return false, 0, false
		}
		status = 10*status + int(c-'0')
	}
	for _, c := range b[5:] {
		if !valueByte(c) {
			return false, 0, false
		}
	}
	return old, status, status >= 100
}

// parseField reads "Name: value" (RFC 9112, section 5).
func parseField(buf []byte, start, end int) (f span, ok bool) {
	f.name = start
	i := start
	for i < end && tokenByte[buf[i]] {
		i++
	}
	if i == start || i == end || buf[i] != ':' {
		return f, false
	}
	f.nameEnd = i
	i++
	for i < end && (buf[i] == ' ' || buf[i] == '\t') {
		i++
	}
	for end > i && (buf[end-1] == ' ' || buf[end-1] == '\t') {
		end--
	}
	f.value, f.valueEnd = i, end
	for ; i < end; i++ {
		if !valueByte(buf[i]) {
			return f, false
		}
	}
	return f, true
}

func valueByte(c byte) bool { return c >= 0x20 && c != 0x7f || c == '\t' }

// tokenByte says which bytes a field name may have (RFC 9110, section 5.6.2).
var tokenByte = func() (t [256]bool) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = true
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = true, true
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] = true
	}
	return t
}()

// decimal reads a number that consists only of digits. This reader would not accept a length
// with more than nine.
func decimal(b []byte) (int, bool) {
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// hasToken reports whether a comma-separated list contains a token, which is in lower case.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ',' {
			end++
		}
		item := list[:end]
		for len(item) > 0 && (item[0] == ' ' || item[0] == '\t') {
			item = item[1:]
		}
		for len(item) > 0 && (item[len(item)-1] == ' ' || item[len(item)-1] == '\t') {
			item = item[:len(item)-1]
		}
		if EqualFold(item, token) {
			return true
		}
		list = list[min(end+1, len(list)):]
	}
	return false
}

// EqualFold reports whether b equals lower, a text in lower case, ignoring the case of ASCII
// letters.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
