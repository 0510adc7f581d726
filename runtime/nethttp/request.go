package nethttp

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

// Request makes a request from an event, as net/http's server would. RemoteAddr has the
// client's address, if the sender reports it, and the port 0. The error is always nil: a
// malformed path or query is kept unchanged.
func Request(ctx context.Context, r *httpevent.Request) (*http.Request, error) {
	u := &url.URL{Path: r.Path, RawQuery: r.RawQuery}
	if r.RawPath != "" && r.RawPath != u.EscapedPath() {
		u.RawPath = r.RawPath // as in net/http: only if it says more than Path
	}
	req := &http.Request{
		Method:        r.Method,
		URL:           u,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        make(http.Header, len(r.Header)),
		Body:          http.NoBody,
		ContentLength: int64(len(r.Body)),
		Host:          r.Host,
		RequestURI:    u.RequestURI(),
	}
	if len(r.Body) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
	}
	if r.SourceIP != "" {
		req.RemoteAddr = net.JoinHostPort(r.SourceIP, "0")
	}
	for name, values := range r.Header {
		if name != "host" {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return req.WithContext(context.WithValue(ctx, eventKey{}, r)), nil
}
