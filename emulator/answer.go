package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// An httpAnswer is the response that a function describes (Amazon API Gateway
// developer guide, "Lambda proxy integrations"; Elastic Load Balancing user
// guide, "Lambda functions as targets").
type httpAnswer struct {
	StatusCode        int                 `json:"statusCode"`
	Headers           map[string]any      `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`

	body []byte
}

// readAnswer reads a function's answer. In format 2.0, what has no status is
// the body itself.
func readAnswer(kind event.Front, payload []byte) (*httpAnswer, error) {
	var has struct{ StatusCode *json.RawMessage }
	structured := json.Unmarshal(payload, &has) == nil && has.StatusCode != nil
	if !structured {
		if kind != event.FunctionURL && kind != event.HTTPAPI {
			return nil, errors.New("answer has no statusCode")
		}
		return &httpAnswer{StatusCode: http.StatusOK, Headers: map[string]any{"content-type": "application/json"}, body: payload}, nil
	}
	a := &httpAnswer{}
	if err := json.Unmarshal(payload, a); err != nil {
		return nil, err
	}
	if a.StatusCode < 200 || a.StatusCode > 599 {
		return nil, fmt.Errorf("status %d is none", a.StatusCode)
	}
	switch kind {
	case event.FunctionURL, event.HTTPAPI:
		a.MultiValueHeaders = nil
	case event.ALB:
		a.MultiValueHeaders, a.Cookies = nil, nil
	case event.ALBMulti:
		a.Headers, a.Cookies = nil, nil
	default:
		a.Cookies = nil
	}
	a.body = []byte(a.Body)
	if a.IsBase64Encoded {
		var err error
		if a.body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// head writes the status and the header fields.
func (a *httpAnswer) head(w http.ResponseWriter) {
	h := w.Header()
	for name, value := range a.Headers {
		if value != nil {
			h.Set(name, fmt.Sprint(value))
		}
	}
	for name, values := range a.MultiValueHeaders {
		h[http.CanonicalHeaderKey(name)] = values
	}
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	h.Del("Content-Length") // that of the body counts
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.StatusCode)
}

func (a *httpAnswer) write(w http.ResponseWriter) {
	a.head(w)
	_, _ = w.Write(a.body)
}

// message is an error in API Gateway's form.
func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
}

// maxPrelude bounds the JSON at the beginning of a stream, in bytes.
const maxPrelude = 1 << 20

var endOfPrelude = make([]byte, 8)

// An httpStream hands a streamed response to the client of a function URL.
type httpStream struct {
	w       http.ResponseWriter
	sent    bool   // status and header fields
	prelude []byte // what came of it so far
}

// Begin implements Sink.
func (s *httpStream) Begin(contentType string) {
	if contentType != runtimeapi.HTTPIntegration {
		(&httpAnswer{StatusCode: http.StatusOK, Headers: map[string]any{"Content-Type": contentType}}).head(s.w)
		s.sent = true
	}
}

// Write implements Sink.
func (s *httpStream) Write(p []byte) (int, error) {
	n := len(p)
	if !s.sent {
		s.prelude = append(s.prelude, p...)
		head, rest, found := bytes.Cut(s.prelude, endOfPrelude)
		if !found {
			if len(s.prelude) > maxPrelude {
				return 0, errors.New("prelude of the response has no end")
			}
			return n, nil
		}
		a := httpAnswer{StatusCode: http.StatusOK}
		if err := json.Unmarshal(head, &a); err != nil {
			return 0, fmt.Errorf("prelude of the response: %w", err)
		}
		if a.StatusCode < 200 || a.StatusCode > 599 {
			return 0, fmt.Errorf("prelude of the response: status %d is none", a.StatusCode)
		}
		a.head(s.w)
		s.sent, p, s.prelude = true, rest, nil
	}
	if _, err := s.w.Write(p); err != nil {
		return 0, err
	}
	return n, http.NewResponseController(s.w).Flush()
}
