package http1

// maxChunkLine is the longest line with a chunk's size and extensions.
const maxChunkLine = 4 << 10

// chunks reads a chunked body (RFC 9112, section 7.1) and moves its data
// together, so that it lies in the buffer in one piece from r.pos on.
func (r *Reader) chunks() (end int, err error) {
	start := r.pos
	end = start
	for {
		if len(r.buf)-r.n < maxChunkLine && r.pos-end >= r.n-r.pos {
			r.moveDown(end) // only where it frees more than it moves
		}
		from, to, err := r.line(r.pos + maxChunkLine)
		if err != nil {
			return 0, err
		}
		size, ok := chunkSize(r.buf[from:to])
		if !ok {
			return 0, malformed("bad chunk size")
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

// moveDown moves what is not understood yet to the end of the data, over the
// lines that were.
func (r *Reader) moveDown(end int) {
	r.n = end + copy(r.buf[end:], r.buf[r.pos:r.n])
	r.pos = end
}

// trailers passes over the fields after the last chunk: the Runtime API sends
// none that matter, but a proxy may.
func (r *Reader) trailers() error {
	limit := r.pos + MaxHead
	for {
		start, end, err := r.line(limit)
		if err != nil {
			return err
		}
		if start == end {
			return nil
		}
		if _, ok := parseField(r.buf, start, end); !ok {
			return malformed("bad trailer field")
		}
	}
}

// chunkSize reads a chunk's size and passes over its extensions. Over seven
// digits are no size that this reader would accept.
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

func extension(b []byte) bool {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] != ';' {
		return false
	}
	for _, c := range b {
		if !valueByte(c) {
			return false
		}
	}
	return true
}
