package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// An httpAnswer is the response that a function describes (Amazon API Gateway
// developer guide, "Lambda proxy integrations"; Elastic Load Balancing user
// guide, "Lambda functions as targets").
type httpAnswer struct {
	StatusCode        json.RawMessage     `json:"statusCode"`
	Headers           map[string]*scalar  `json:"headers"` // nil: null, which is none
	MultiValueHeaders map[string][]scalar `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`

	status int
	body   []byte
}

// A scalar is the value of a header: a text, or a number or a boolean as it stands in the JSON.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(s))
	case '{', '[':
		return fmt.Errorf("a header has the value %.80s, which is neither text nor number", data)
	}
	*s = scalar(data)
	return nil
}

// statusOf reads a status. API Gateway and function URLs take a text with digits as well.
func statusOf(raw json.RawMessage, text bool) (int, error) {
	digits := string(raw)
	if text {
		digits = strings.Trim(digits, `"`)
	}
	status, err := strconv.Atoi(digits)
	if err != nil || status < 200 || status > 599 {
		return 0, fmt.Errorf("status %.80s is none", raw)
	}
	return status, nil
}

// readAnswer reads a function's answer. In format 2.0, what has no status is
// the body itself.
func readAnswer(kind event.Trigger, payload []byte) (*httpAnswer, error) {
	var has struct{ StatusCode *json.RawMessage }
	structured := json.Unmarshal(payload, &has) == nil && has.StatusCode != nil
	if !structured {
		if kind != event.FunctionURL && kind != event.HTTPAPI {
			return nil, errors.New("answer has no statusCode")
		}
		return &httpAnswer{status: http.StatusOK, body: payload}, nil
	}
	a := &httpAnswer{}
	err := json.Unmarshal(payload, a)
	if err != nil {
		return nil, err
	}
	if a.status, err = statusOf(a.StatusCode, kind != event.ALB && kind != event.ALBMulti); err != nil {
		return nil, err
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
		if a.body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// setHeader sets the header fields. A field that is in headers and in multiValueHeaders has the
// values of both, and one that is in both once.
func (a *httpAnswer) setHeader(h http.Header) {
	for name, values := range a.MultiValueHeaders {
		h.Del(name)
		for _, value := range values {
			h.Add(name, string(value))
		}
	}
	for name, value := range a.Headers {
		switch {
		case value == nil:
		case a.MultiValueHeaders == nil:
			h.Set(name, string(*value))
		case !slices.Contains(h.Values(name), string(*value)):
			h.Add(name, string(*value))
		}
	}
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	h.Del("Content-Length") // that of the body counts
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
}

// begin writes the head of a response that is streamed.
func (a *httpAnswer) begin(w http.ResponseWriter) {
	a.setHeader(w.Header())
	w.WriteHeader(a.status)
}

func (a *httpAnswer) write(w http.ResponseWriter) {
	a.setHeader(w.Header())
	send(w, a.status, a.body)
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
	refused error  // why it is none
}

// Begin implements Sink.
func (s *httpStream) Begin(contentType string) {
	if contentType != runtimeapi.HTTPIntegration {
		kind := scalar(contentType)
		(&httpAnswer{status: http.StatusOK, Headers: map[string]*scalar{"Content-Type": &kind}}).begin(s.w)
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
				s.refused = errors.New("prelude of the response has no end")
			}
			return n, s.refused
		}
		a := httpAnswer{status: http.StatusOK}
		err := json.Unmarshal(head, &a)
		if err == nil && a.StatusCode != nil && string(a.StatusCode) != "null" {
			a.status, err = statusOf(a.StatusCode, true)
		}
		if err != nil {
			s.refused = fmt.Errorf("prelude of the response: %w", err)
			return 0, s.refused
		}
		a.begin(s.w)
		s.sent, p, s.prelude = true, rest, nil
	}
	if _, err := s.w.Write(p); err != nil {
		return 0, err
	}
	return n, http.NewResponseController(s.w).Flush()
}
