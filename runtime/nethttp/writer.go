package nethttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

// A writer is the http.ResponseWriter: it keeps the response until the handler
// returns, or streams it from the first flush on.
type writer struct {
	out    *runtime.Writer
	header http.Header // the handler's
	sent   http.Header // as it was at WriteHeader; nil before
	status int
	body   bytes.Buffer
	stream *httpevent.Stream // nil before the first flush
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. A second call, and one with a
// 1xx status, has no effect.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	}
	if w.sent != nil || status < 200 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	if w.sent == nil {
		w.sent = http.Header{}
	}
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	// The next flush, or the end, sends it: a handler that flushes decides when.
	return w.body.Write(p)
}

// WriteString implements io.StringWriter.
func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *writer) FlushError() error {
	w.WriteHeader(http.StatusOK)
	if w.stream == nil {
		w.stream = httpevent.NewStream(w.out)
		w.stream.Response = w.response()
		w.stream.Body = nil
		if err := w.stream.Begin(); err != nil {
			return err
		}
	}
	_, err := w.stream.Write(w.body.Bytes())
	w.body.Reset()
	return err
}

// response makes a response from what has been written so far.
func (w *writer) response() httpevent.Response {
	w.sniff()
	for name := range w.sent { // there are no trailers
		if name == "Trailer" || strings.HasPrefix(name, http.TrailerPrefix) {
			delete(w.sent, name)
		}
	}
	return httpevent.Response{StatusCode: w.status, Header: httpevent.Values(w.sent), Body: w.body.Bytes()}
}

// sniff sets the content type of a body that has none, as net/http does.
func (w *writer) sniff() {
	_, known := w.sent["Content-Type"]
	if !known && w.body.Len() > 0 && w.sent.Get("Content-Encoding") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
}

// end sends what is left.
func (w *writer) end(r *httpevent.Request) error {
	if w.stream != nil {
		if w.body.Len() == 0 {
			return nil
		}
		return w.FlushError()
	}
	w.WriteHeader(http.StatusOK)
	resp := w.response()
	out, err := r.Encode(&resp)
	if err != nil {
		return err
	}
	return w.out.Respond("application/json", out)
}
