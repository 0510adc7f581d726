package store

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	requestLimit = time.Minute      // for a request and its answer
	answerLimit  = 10 * time.Second // until the answer begins
	dialLimit    = 5 * time.Second
)

// A server is a backend behind HTTP.
type server struct {
	base   *url.URL
	token  string
	client *http.Client
}

func newServer(base *url.URL, token string) *server {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	limit(transport)
	return &server{base, token, &http.Client{Transport: transport, Timeout: requestLimit}}
}

func limit(t *http.Transport) {
	t.DialContext = (&net.Dialer{Timeout: dialLimit}).DialContext
	t.TLSHandshakeTimeout = dialLimit
	t.ResponseHeaderTimeout = answerLimit
	t.MaxIdleConnsPerHost = 16
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *server) do(ctx context.Context, method, name string, body io.Reader, size int64) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.base.JoinPath(name).String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "bootzip")
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	if body != nil {
		r.ContentLength = size
		r.Header.Set("Content-Type", "application/octet-stream")
		if strings.HasPrefix(name, "ac/") {
			r.Header.Set("If-None-Match", "*") // RFC 9110, 13.1.2
		}
	}
	resp, err := s.client.Do(r)
	if err != nil {
		// Drop the address: it may contain a password, and differs for each entry.
		if failed, ok := err.(*url.Error); ok {
			err = failed.Err
		}
		return nil, err
	}
	return resp, nil
}

func (s *server) get(ctx context.Context, name string, limit int64, w io.Writer) error {
	resp, err := s.do(ctx, http.MethodGet, name, nil, 0)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return copyAtMost(w, resp.Body, limit)
	case http.StatusNotFound:
		return errAbsent
	}
	return fmt.Errorf("status %s", resp.Status)
}

// change sends a request that changes a file. The status also counts as success too.
func (s *server) change(ctx context.Context, method, name string, body io.Reader, size int64, also int) error {
	resp, err := s.do(ctx, method, name, body, size)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 || resp.StatusCode == also {
		return nil
	}
	return fmt.Errorf("status %s", resp.Status)
}

func (s *server) put(ctx context.Context, name string, file io.ReadSeeker, size int64) error {
	return s.change(ctx, http.MethodPut, name, io.NopCloser(file), size, http.StatusPreconditionFailed) // the caller closes it
}

func (s *server) remove(ctx context.Context, name string) error {
	return s.change(ctx, http.MethodDelete, name, nil, 0, http.StatusNotFound)
}
