package client

import (
	"strconv"
	"unsafe"

	"github.com/bootzip/bootzip/runtime/internal/http1"
)

// An Event is one invocation as the API hands it out. The texts are its own;
// Body lies in the client's buffer and is valid until the next call of Next.
type Event struct {
	RequestID       string
	InvocationID    string // of this attempt; empty if the API has none
	FunctionARN     string
	TraceID         string
	ClientContext   string // JSON, from the mobile SDK
	CognitoIdentity string // JSON, from the mobile SDK
	TenantID        string
	DeadlineMS      int64 // milliseconds since 1970; 0: no deadline
	Body            []byte
}

const invocationPath = "/2018-06-01/runtime/invocation/"

// Next waits for the next invocation, without limit.
func (c *Client) Next(e *Event) error {
	if !c.wait(true) {
		return ErrStopped
	}
	_, err := c.exchange(c.get, nil, &c.event)
	c.wait(false)
	c.attempt = ""
	if err != nil {
		return err
	}
	if c.resp.Status != 200 {
		return c.status("next invocation")
	}
	e.fill(&c.resp)
	if e.RequestID == "" {
		return &StatusError{Op: "next invocation", Status: 200, Body: "without a request id"}
	}
	c.attempt = e.InvocationID
	return nil
}

const prefix = "lambda-runtime-"

// fieldNames are the header fields of an event, without the prefix. Those whose values are
// taken unchanged come first.
var fieldNames = [8]string{"aws-request-id", "invoked-function-arn", "trace-id", "client-context", "cognito-identity",
	"aws-tenant-id", "invocation-id", "deadline-ms"}

// fill reads the invocation from a response. All texts share one string, so that they cost
// one allocation per event.
func (e *Event) fill(resp *http1.Response) {
	*e = Event{Body: resp.Body}
	var values [len(fieldNames)][]byte
	size := 0
	for i := range resp.Fields() {
		name, value := resp.Field(i)
		if len(name) <= len(prefix) || !http1.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		name = name[len(prefix):]
		k := len(fieldNames) - 1
		for k >= 0 && !http1.EqualFold(name, fieldNames[k]) {
			k--
		}
		if k >= 0 && values[k] == nil {
			values[k] = value
			size += len(value)
		}
	}
	all := make([]byte, 0, size)
	for _, v := range values[:len(values)-1] {
		all = append(all, v...)
	}
	s := unsafe.String(unsafe.SliceData(all), len(all)) // it is not written to again
	for i, to := range [...]*string{&e.RequestID, &e.FunctionARN, &e.TraceID,
		&e.ClientContext, &e.CognitoIdentity, &e.TenantID, &e.InvocationID} {
		n := len(values[i])
		*to, s = s[:n], s[n:]
	}
	if ms, err := strconv.ParseInt(string(values[len(values)-1]), 10, 64); err == nil {
		e.DeadlineMS = ms
	}
}

// Respond answers an invocation. A *StatusError is the API's refusal.
func (c *Client) Respond(id, contentType string, body []byte) error {
	return c.send("response", c.reply(id, "/response", contentType), body)
}

// A Failure is an error in the form that the API takes.
type Failure struct {
	Header string // value of Lambda-Runtime-Function-Error-Type
	Body   []byte // JSON: errorMessage, errorType, stackTrace
	XRay   []byte // JSON: the cause for X-Ray; may be empty
}

// maxXRayHead is the longest cause for X-Ray that is sent, in bytes. X-Ray takes
// up to 1 MiB, but a header field of that size is more than many servers read.
const maxXRayHead = 32 << 10

// Fail answers an invocation with an error.
func (c *Client) Fail(id string, f Failure) error {
	return c.send("error", c.failure(c.reply(id, "/error", jsonType), f), f.Body)
}

// FailInit reports that the function cannot take any event.
func (c *Client) FailInit(f Failure) error {
	b := c.request("POST", "/2018-06-01/runtime/init/error", "", "")
	return c.send("initialisation error", c.failure(field(b, "Content-Type", jsonType), f), f.Body)
}

const jsonType = "application/json"

// reply begins the answer to an invocation. The id of the attempt goes back with it, so
// that the API can distinguish a late answer from that to a retry with the same request
// id. A wrong id is refused with 400, and a missing one is accepted (AWS Lambda developer
// guide, "Using the Lambda runtime API for custom runtimes", Invocation response).
func (c *Client) reply(id, path, contentType string) []byte {
	b := field(c.request("POST", invocationPath, escape(id), path), "Content-Type", contentType)
	if c.attempt != "" {
		b = field(b, "Lambda-Runtime-Invocation-Id", c.attempt)
	}
	return b
}

func (c *Client) failure(b []byte, f Failure) []byte {
	b = field(b, headerErrorType, f.Header)
	if len(f.XRay) > 0 && len(f.XRay) <= maxXRayHead {
		b = field(b, "Lambda-Runtime-Function-XRay-Error-Cause", string(f.XRay))
	}
	return b
}

const headerErrorType = "Lambda-Runtime-Function-Error-Type"

// send ends the head, sends it with the body, and judges the answer.
func (c *Client) send(op string, b, body []byte) error {
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	if len(body) <= copied {
		b, body = append(b, body...), nil
	}
	c.out = b
	repeated, err := c.exchange(b, body, &c.answer)
	if err != nil {
		return err
	}
	return c.judge(op, repeated)
}

func (c *Client) judge(op string, repeated bool) error {
	switch status := c.resp.Status; {
	case status >= 200 && status < 300:
		return nil
	case repeated && (status == 400 || status == 403):
		return nil // an earlier attempt had arrived
	}
	return c.status(op)
}

// field appends a header field. It omits bytes that could end the field early, since a
// function's author wrote part of the values.
//
//go:noinline
func field(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	for i := range len(value) {
		if c := value[i]; c >= 0x20 && c != 0x7f || c == '\t' {
			b = append(b, c)
		}
	}
	return append(b, "\r\n"...)
}

// escape makes a request id a valid path segment (RFC 3986, section 3.3). Lambda's ids are
// UUIDs, but an emulator may use any text.
//
//go:noinline
func escape(id string) string {
	plain := true
	for i := range len(id) {
		plain = plain && unreserved(id[i])
	}
	if plain {
		return id
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, 3*len(id))
	for i := range len(id) {
		if c := id[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}
