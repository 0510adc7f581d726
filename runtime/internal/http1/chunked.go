package http1

// Limits of a chunked body, in bytes. They are those of net/http.
const (
	maxChunkLine = 4 << 10  // a chunk's size and extensions, with the CRLF
	maxTrailers  = 4 << 10  // the fields after the last chunk, with the empty line
	maxExcess    = 16 << 10 // everything but data, minus 16 for each chunk and twice the data
)

// chunks reads a chunked body (RFC 9112, section 7.1) and moves its data
// together, so that it lies in the buffer in one piece from r.pos on.
func (r *Reader) chunks() (end int, err error) {
	start := r.pos
	end = start
	excess := 0
	for {
		if len(r.buf)-r.n < maxChunkLine && r.pos-end >= r.n-r.pos {
			r.moveDown(end) // only if it frees more than it moves
		}
		from, to, err := r.line(r.pos + maxChunkLine)
		if err != nil {
			return 0, err
		}
		size, ok := chunkSize(r.buf[from:to])
		if !ok {
			return 0, malformed("bad chunk size")
		}
		line := to + 2 - from
		if line > maxChunkLine {
			return 0, ErrTooLarge
		}
		// A peer may not send much overhead for little data, but one byte per chunk is
		// allowed.
		if excess = max(excess+line-16-2*size, 0); excess > maxExcess {
			return 0, malformed("chunks are mostly not data")
		}
		if size == 0 {
			break
		}
		if size > r.MaxBody-(end-start) {
			return 0, ErrTooLarge
		}
		if r.pos+size+2 > len(r.buf) {
			r.moveDown(end)
		}
		if err := r.need(r.pos + size + 2); err != nil {
			return 0, err
		}
		copy(r.buf[end:], r.buf[r.pos:r.pos+size])
		end += size
		r.pos += size + 2
		if r.buf[r.pos-2] != '\r' || r.buf[r.pos-1] != '\n' {
			return 0, malformed("chunk is longer than its size")
		}
	}
	return end, r.trailers()
}

// moveDown moves what has not been parsed yet to the end of the data, over the lines that
// have been.
func (r *Reader) moveDown(end int) {
	r.n = end + copy(r.buf[end:], r.buf[r.pos:r.n])
	r.pos = end
}

// trailers skips the fields after the last chunk: the Runtime API sends none that matter,
// but a proxy may add some.
func (r *Reader) trailers() error {
	limit := r.pos + maxTrailers
	for {
		start, end, err := r.line(limit)
		if err != nil {
			return err
		}
		if r.pos > limit {
			return ErrTooLarge
		}
		if start == end {
			return nil
		}
		if _, ok := parseField(r.buf, start, end); !ok {
			return malformed("bad trailer field")
		}
	}
}

// chunkSize reads a chunk's size and skips its extensions. This reader would not accept a
// size with more than seven digits.
func chunkSize(b []byte) (int, bool) {
	n, digits := 0, 0
	for len(b) > 0 {
		c := b[0]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return n, digits > 0 && extension(b)
		}
		if digits++; digits > 7 {
			return 0, false
		}
		n = n<<4 | int(c)
		b = b[1:]
	}
	return n, digits > 0
}

// extension reports whether b is white space, or begins with a semicolon and has no control
// characters. White space before the semicolon is not accepted (RFC 9112, section 7.1.1,
// "BWS").
func extension(b []byte) bool {
	if b[0] != ';' {
		for _, c := range b {
			if c != ' ' && c != '\t' {
				return false
			}
		}
		return true
	}
	for _, c := range b {
		if !valueByte(c) {
			return false
		}
	}
	return true
}
