package httpevent

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

// A StreamFunc answers a request piece by piece.
type StreamFunc func(context.Context, *Request, *Stream) error

// HandleStream registers a function that streams its response. The sender must support
// that: a function URL with the invoke mode RESPONSE_STREAM, or an API of API Gateway
// with the response transfer mode STREAM. Any other sender shows its client the raw
// bytes.
func HandleStream(name string, f StreamFunc) {
	if f == nil {
		runtime.HandleStream(name, nil)
		return
	}
	runtime.HandleStream(name, func(ctx context.Context, event []byte, w *runtime.Writer) error {
		r, err := Parse(event)
		if err != nil {
			return err
		}
		s := NewStream(w)
		if err := f(ctx, r, s); err != nil {
			return err
		}
		return s.begin()
	})
}

// A Stream is a response that is sent while it is made. The first Write sends Response
// first: its status, header and cookies, and its Body.
type Stream struct {
	Response
	w     *runtime.Writer
	begun bool
}

// NewStream makes a Stream from a streamed response that has not begun.
func NewStream(w *runtime.Writer) *Stream {
	return &Stream{Response: Response{Header: Values{}}, w: w}
}

// Write sends p at once.
func (s *Stream) Write(p []byte) (int, error) {
	if err := s.begin(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// Begin sends status, header and cookies without waiting for a Write.
func (s *Stream) Begin() error { return s.begin() }

// begin sends the prelude: JSON and eight NUL bytes (AWS Lambda developer guide,
// "Implementing response streaming in a custom runtime", and the HTTP integration of the
// managed runtimes).
func (s *Stream) begin() error {
	if s.begun {
		return nil
	}
	header, cookies := s.fields()
	prelude, err := typed.Marshal(struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers,omitempty"`
		Cookies    []string          `json:"cookies,omitempty"`
	}{s.status(), joined(header), cookies})
	if err != nil {
		return err
	}
	s.begun = true
	s.w.SetContentType("application/vnd.awslambda.http-integration-response")
	if _, err := s.w.Write(append(prelude, make([]byte, 8)...)); err != nil {
		return err
	}
	_, err = s.w.Write(s.Body)
	return err
}
