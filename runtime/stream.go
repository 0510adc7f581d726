package runtime

import (
	"context"
	"errors"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// A Writer takes a streamed response. It belongs to the handler's goroutine.
type Writer struct {
	l           *loop
	id          string
	contentType string
	stream      *client.Stream
	ended       bool
	body        []byte // of Respond
	whole       bool   // Respond was called
}

// SetContentType sets the response's content type; the default is
// application/octet-stream. After the first Write it has no effect.
func (w *Writer) SetContentType(s string) { w.contentType = s }

// Write sends p to Lambda at once. If there are many small pieces, use a bufio.Writer.
// After an error the connection is lost, and the handler should return the error.
func (w *Writer) Write(p []byte) (int, error) {
	if w.ended || w.whole {
		return 0, errors.New("response was written to after its end")
	}
	if err := w.begin(); err != nil {
		return 0, err
	}
	return w.stream.Write(p)
}

// Respond makes body the complete response, which is sent when the handler returns, like
// that of a Handler. It is for handlers that find out late that they have nothing to
// stream. After a Write it is an error.
func (w *Writer) Respond(contentType string, body []byte) error {
	if w.stream != nil {
		return errors.New("streamed response has begun; it cannot be replaced")
	}
	w.contentType, w.body, w.whole = contentType, body, true
	return nil
}

func (w *Writer) begin() error {
	if w.stream != nil {
		return nil
	}
	stream, err := w.l.client.Stream(w.id, w.contentType)
	w.stream = stream
	return err
}

// streamed runs a handler that writes its response.
func (l *loop) streamed(inv *invocation, h StreamHandler, event []byte) error {
	w := &Writer{l: l, id: inv.RequestID, contentType: "application/octet-stream"}
	_, f := l.call(inv, func(_ context.Context, event []byte) ([]byte, error) {
		return nil, h(inv, event, w)
	}, event)
	w.ended = true
	if w.stream == nil {
		if f != nil {
			return l.fail(inv, f)
		}
		if w.whole {
			return l.respond(inv, w.contentType, w.body)
		}
		if err := w.begin(); err != nil {
			return err
		}
	}
	var end *client.Failure
	if f != nil {
		report := f.report()
		end = &report
	}
	err := w.stream.Close(end)
	if err != nil && status(err) == 0 {
		// The connection broke midway. Lambda decides what becomes of the partial
		// response; the next event only needs a new connection.
		l.log.print(err, inv.RequestID)
		err = nil
	}
	if err := l.judge(inv, err); err != nil {
		return err
	}
	return l.after(f, inv)
}
