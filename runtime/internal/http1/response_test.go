package http1

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// A feed is a source that returns at most step bytes at a time.
type feed struct {
	data []byte
	step int
}

func (f *feed) Read(p []byte) (int, error) {
	if len(f.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), f.step)], f.data)
	f.data = f.data[n:]
	return n, nil
}

func (f *feed) ReadFull(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m, err := f.Read(p[n:])
		if err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}

func read(t *testing.T, text string, step int) (Response, error) {
	t.Helper()
	r := &Reader{MaxBody: 1 << 20}
	var resp Response
	err := r.Read(&feed{[]byte(text), step}, &resp)
	return resp, err
}

func TestRead(t *testing.T) {
	long := strings.Repeat("0123456789", 5000)
	for _, c := range []struct {
		name, text string
		status     int
		body       string
		close      bool
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false},
		{"no reason", "HTTP/1.1 202\r\nContent-Length:0\r\n\r\n", 202, "", false},
		{"folded case", "HTTP/1.1 200 OK\r\ncOnTeNt-LENGTH:  5 \t\r\n\r\nhello", 200, "hello", false},
		{"same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 05\r\nContent-Length: 05\r\n\r\nhello", 200, "hello", false},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n006\r\n world\r\n0\r\nX: y\r\n\r\n", 200, "hello world", false},
		{"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", false},
		{"to the end", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", true},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", false},
		{"1xx", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false},
		{"close", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", 200, "", true},
		{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
		{"1.0 kept", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", 200, "", false},
		{"more than one", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\n", 200, "1", true},
		{"long", "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + long, 200, long, false},
		{"long to the end", "HTTP/1.1 200 OK\r\n\r\n" + long, 200, long, true},
		{"long chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nC350\r\n" + long + "\r\nc350\r\n" + long + "\r\n0\r\n\r\n", 200, long + long, false},
		{"tiny chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 50000) + "0\r\n\r\n", 200, strings.Repeat("x", 50000), false},
	} {
		for _, step := range []int{1, 7, 1 << 20} {
			if c.name == "more than one" && step < len(c.text) {
				continue // only what has already come is seen
			}
			resp, err := read(t, c.text, step)
			if err != nil || resp.Status != c.status || string(resp.Body) != c.body || resp.Close != c.close {
				t.Errorf("%s by %d: got %d %.40q close=%v, %v", c.name, step, resp.Status, resp.Body, resp.Close, err)
			}
		}
	}
}

func TestFields(t *testing.T) {
	resp, err := read(t, "HTTP/1.1 200 OK\r\nA: 1\r\nb:\t\"x\" y  \r\nc:\r\nContent-Length: 20000\r\n\r\n"+strings.Repeat("z", 20000), 999)
	if err != nil || resp.Fields() != 4 {
		t.Fatalf("got %d fields, %v", resp.Fields(), err)
	}
	for i, want := range []string{"A=1", "b=\"x\" y", "c="} {
		if k, v := resp.Field(i); string(k)+"="+string(v) != want {
			t.Errorf("field %d is %s=%s, want %s", i, k, v, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, text := range []string{
		"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n", "\r\n" + ok + "\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 0\n\n", ok + "Content-Length: 0\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		ok + " folded: x\r\n\r\n", ok + "A: b\r\n c\r\n\r\n", ok + "A : b\r\n\r\n", ok + "A\r\n\r\n", ok + ": b\r\n\r\n", ok + "A: b\x00\r\n\r\n", ok + "A: b\rc\r\n\r\n",
		ok + "Content-Length: -1\r\n\r\n", ok + "Content-Length: +1\r\n\r\n1", ok + "Content-Length: 1x\r\n\r\n1", ok + "Content-Length:\r\n\r\n",
		ok + "Content-Length: 1, 1\r\n\r\n1", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
		ok + "Content-Length: 1\r\nContent-Length: 01\r\n\r\n1",
		ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n1x\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20) + ok + "\r\n",
	} {
		if resp, err := read(t, text, 1<<20); err == nil {
			t.Errorf("%.80q was read as %d %q", text, resp.Status, resp.Body)
		} else if errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF {
			t.Errorf("%.80q: %v instead of what is wrong", text, err)
		}
	}
}

func TestLimits(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, text := range []string{
		ok + "A: " + strings.Repeat("x", MaxHead) + "\r\n\r\n",
		ok + strings.Repeat("A: b\r\n", MaxFields+1) + "\r\n",
		ok + "Content-Length: 1048577\r\n\r\n",
		ok + "\r\n" + strings.Repeat("x", 1<<20+1),
		ok + "Transfer-Encoding: chunked\r\n\r\n100001\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n80000\r\n" + strings.Repeat("x", 1<<19) + "\r\n80001\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", MaxHead) + "\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", MaxHead),
	} {
		if _, err := read(t, text, 1<<20); err != ErrTooLarge {
			t.Errorf("%.60q…: %v", text, err)
		}
	}
}

// A response that is cut off is never taken for a complete one, wherever it is cut.
func TestCut(t *testing.T) {
	for _, text := range []string{
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
	} {
		for n := range len(text) {
			want := io.ErrUnexpectedEOF
			if n == 0 {
				want = io.EOF
			}
			if resp, err := read(t, text[:n], 1<<20); err != want {
				t.Errorf("cut at %d: %d %q, %v", n, resp.Status, resp.Body, err)
			}
		}
	}
}

// A large buffer is released after many small responses, and not before.
func TestBufferShrinks(t *testing.T) {
	r := &Reader{MaxBody: 8 << 20}
	var resp Response
	get := func(size int) {
		text := "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n"
		if err := r.Read(&feed{append([]byte(text), make([]byte, size)...), 1 << 30}, &resp); err != nil {
			t.Fatal(err)
		}
	}
	get(6 << 20)
	first := &r.buf[0]
	for range leanMax {
		get(10)
	}
	get(6 << 20)
	if &r.buf[0] != first {
		t.Error("buffer was given back although it was needed now and then")
	}
	if len(r.buf) > 6<<20+8<<10 {
		t.Errorf("buffer of %d bytes for an event of 6 MiB", len(r.buf))
	}
	for range leanMax + 2 {
		get(10)
	}
	if len(r.buf) > large {
		t.Errorf("buffer has still %d bytes", len(r.buf))
	}
	if !bytes.Equal(resp.Body, make([]byte, 10)) {
		t.Error("body changed")
	}
}
