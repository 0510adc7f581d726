package emulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/emulator/event"
)

// An httpAnswer is the response that a function describes (Amazon API Gateway
// developer guide, "Lambda proxy integrations"; Elastic Load Balancing user
// guide, "Lambda functions as targets").
type httpAnswer struct {
	Headers           map[string]*scalar // a null header is omitted
	MultiValueHeaders map[string][]scalar
	Cookies           []string
	Body              string
	IsBase64Encoded   bool

	status int
	body   []byte
	each   bool   // each spelling of a header's name is a field of its own
	kind   string // content type, if no header names one; "": application/json
}

// decodeAnswer decodes the members of a JSON object. Without a status, it is 200; with text,
// it may be a string. Unlike in encoding/json, the case of their keys matters: a Go struct
// without tags, for example, has no statusCode.
func decodeAnswer(keys map[string]json.RawMessage, text bool) (a *httpAnswer, err error) {
	a = &httpAnswer{status: http.StatusOK}
	for key, to := range map[string]any{
		"headers": &a.Headers, "multiValueHeaders": &a.MultiValueHeaders, "cookies": &a.Cookies, "body": &a.Body, "isBase64Encoded": &a.IsBase64Encoded,
	} {
		if value, ok := keys[key]; ok {
			if err := json.Unmarshal(value, to); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	if status := keys["statusCode"]; !absent(status) {
		a.status, err = statusOf(status, text)
	}
	return a, err
}

// absent reports whether a member of an object is missing, or null.
func absent(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// A scalar is the value of a header: a string, or a number or boolean as written in the
// JSON.
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

// statusOf reads a status. With text, it takes a string of digits as well, as API
// Gateway and function URLs do.
func statusOf(raw json.RawMessage, text bool) (int, error) {
	digits := string(raw)
	if text {
		digits = strings.Trim(digits, `"`)
	}
	status, err := strconv.Atoi(digits)
	if err != nil || status < 200 || status > 599 {
		return 0, fmt.Errorf("invalid status code %.80s", raw)
	}
	return status, nil
}

// unquoted returns the text of a JSON string, and any other JSON unchanged.
func unquoted(payload []byte) []byte {
	var text *string
	if json.Unmarshal(payload, &text) != nil || text == nil {
		return payload
	}
	return []byte(*text)
}

// maxBalanced is the limit of a function's answer to a load balancer, in bytes
// (Elastic Load Balancing user guide, "Lambda functions as targets").
const maxBalanced = 1 << 20

// Content types of answers whose headers name none: that of an HTTP API as recorded by
// aws-lambda-dotnet's test tool, that of a load balancer as its users report
// (aws/serverless-java-container#347, aws/aws-lambda-dotnet#1923).
const (
	plainText = "text/plain; charset=utf-8"
	octets    = "application/octet-stream"
)

// readAnswer reads a function's answer. In format 2.0, an answer without a status is
// the body: a JSON string loses its quotes, as recorded from function URLs, though the
// guide shows them with quotes.
func readAnswer(kind event.Trigger, payload []byte) (*httpAnswer, error) {
	balanced := kind == event.ALB || kind == event.ALBMulti
	if balanced && len(payload) > maxBalanced {
		return nil, fmt.Errorf("answer of %d bytes is larger than a load balancer takes (%d bytes)", len(payload), maxBalanced)
	}
	var keys map[string]json.RawMessage
	err := json.Unmarshal(payload, &keys)
	if err != nil || absent(keys["statusCode"]) {
		if kind != event.FunctionURL && kind != event.HTTPAPI {
			return nil, errors.New("answer has no statusCode")
		}
		return &httpAnswer{status: http.StatusOK, body: unquoted(payload)}, nil
	}
	a, err := decodeAnswer(keys, !balanced)
	if err != nil {
		return nil, err
	}
	switch kind {
	case event.FunctionURL:
		a.MultiValueHeaders = nil
	case event.HTTPAPI:
		a.MultiValueHeaders, a.kind = nil, plainText
	case event.ALB:
		a.MultiValueHeaders, a.Cookies, a.each, a.kind = nil, nil, true, octets
	case event.ALBMulti:
		a.Headers, a.Cookies, a.kind = nil, nil, octets
	default:
		a.Cookies = nil
	}
	a.remap(kind)
	a.body = []byte(a.Body)
	if a.IsBase64Encoded {
		if a.body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// remapped are header fields that a trigger renames, as recorded from answers of REST APIs
// and function URLs. For REST APIs, the Amazon API Gateway developer guide documents it
// ("Important notes").
var remapped = map[event.Trigger][]string{
	event.RESTAPI:     {"Connection", "Content-Length", "Date", "Server", "Www-Authenticate"},
	event.FunctionURL: {"Www-Authenticate"},
}

// remap gives the answer's header fields the names that the client sees.
func (a *httpAnswer) remap(kind event.Trigger) {
	remapFields(a.Headers, remapped[kind])
	remapFields(a.MultiValueHeaders, remapped[kind])
}

func remapFields[V any](fields map[string]V, names []string) {
	for name := range fields {
		if slices.Contains(names, http.CanonicalHeaderKey(name)) {
			fields["X-Amzn-Remapped-"+name] = fields[name]
			delete(fields, name)
		}
	}
}

// setHeader sets the header fields, replacing those that the server has set. A field
// in both headers and multiValueHeaders gets the values of both, without repeating one.
func (a *httpAnswer) setHeader(h http.Header) {
	vary := slices.Clone(h.Values("Vary")) // of cross-origin requests
	for name := range a.Headers {
		if a.each {
			h.Del(name)
		}
	}
	for name, values := range a.MultiValueHeaders {
		h.Del(name)
		for _, value := range values {
			h.Add(name, string(value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		switch value := a.Headers[name]; {
		case value == nil:
		case a.each:
			h.Add(name, string(*value))
		case a.MultiValueHeaders == nil:
			h.Set(name, string(*value))
		case !slices.Contains(h.Values(name), string(*value)):
			h.Add(name, string(*value))
		}
	}
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	for _, field := range vary {
		if !slices.Contains(h.Values("Vary"), field) {
			h.Add("Vary", field)
		}
	}
	h.Del("Content-Length") // the body's length counts
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", cmp.Or(a.kind, "application/json"))
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

// message writes an error in API Gateway's form.
func message(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"message": text})
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document)
}
