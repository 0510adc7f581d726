package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzRead checks three promises: there is no panic, memory stays within the limits, and an
// accepted response is read as net/http reads it, in however many pieces it comes.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200\r\nA: b\r\nConnection: close\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Trailer\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 ;x\r\na\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 4090) + "\r\na\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 4093) + "\r\na\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("x", 4000)+"\r\na\r\n", 5) + "0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("y", 4088) + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("y", 4090) + "\r\n\r\n",
	} {
		f.Add([]byte(s), uint16(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint16) {
		const maxBody = 64 << 10
		r := &Reader{MaxBody: maxBody}
		var resp Response
		err := r.Read(&feed{data, int(step) + 1}, &resp)
		if len(r.buf) > 4*(maxBody+MaxHead) {
			t.Fatalf("buffer grew to %d bytes for %d bytes of input", len(r.buf), len(data))
		}
		if err != nil {
			return
		}
		in := bufio.NewReader(bytes.NewReader(data))
		var other *http.Response
		for {
			if other, err = http.ReadResponse(in, nil); err != nil {
				t.Fatalf("net/http does not accept %q: %v", data, err)
			}
			if other.StatusCode >= 200 {
				break
			}
		}
		body, err := io.ReadAll(other.Body)
		if err != nil {
			t.Fatalf("net/http does not accept the body of %q: %v", data, err)
		}
		if resp.Status != other.StatusCode || !bytes.Equal(resp.Body, body) {
			t.Fatalf("%q is %d %q, by net/http %d %q", data, resp.Status, resp.Body, other.StatusCode, body)
		}
		if other.Close && !resp.Close {
			t.Fatalf("%q ends the connection by net/http alone", data)
		}
		for i := range resp.Fields() {
			name, value := resp.Field(i)
			switch key := http.CanonicalHeaderKey(string(name)); key {
			case "Content-Length", "Transfer-Encoding", "Connection", "Trailer":
				// net/http removes these from the header.
			default:
				found := false
				for _, v := range other.Header[key] {
					found = found || v == string(value)
				}
				if !found {
					t.Fatalf("%q has field %q: %q, by net/http %q", data, name, value, other.Header[key])
				}
			}
		}
	})
}
