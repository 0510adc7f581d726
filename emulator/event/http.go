package event

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Trigger is what turns HTTP requests into events.
type Trigger int

// The triggers.
const (
	FunctionURL Trigger = iota // payload format 2.0
	HTTPAPI                    // API Gateway, payload format 2.0
	RESTAPI                    // API Gateway, payload format 1.0
	ALB                        // Application Load Balancer
	ALBMulti                   // the same, with multi-value headers
)

// A Request is an HTTP request to a function. docs/http-events.md lists what each
// trigger turns it into.
type Request struct {
	Method   string
	Path     string // as it was sent: escaped
	Query    string // as it was sent
	Protocol string // e.g. HTTP/1.1
	Host     string // default: the domain
	Header   http.Header
	SourceIP string
	Body     []byte

	// Spelling is how the client wrote the names of header fields, by their
	// canonical form. A REST API keeps it.
	Spelling map[string]string

	ID        string // of the function URL or the API, as in its domain; default: a random one
	RequestID string // in the request context, in the form of [RequestID]; default: a random one
	Extended  string // extended request id of a REST API; default: a random one
	Route     string // of an HTTP API: "GET /orders/{id}"; default: "$default"
	Stage     string // of API Gateway; default: "$default" for HTTP APIs, "prod" for REST APIs
	Account   string
	Region    string
	Time      time.Time

	Parameters map[string]string // of an HTTP API's route: the parts of the path

	// BinaryTypes are the binary media types of a REST API, such as image/png or
	// */*: a body of another type is text, even if it is not valid UTF-8. If nil, a
	// body that is valid UTF-8 is text.
	BinaryTypes []string
}

// request returns a request that a browser could have sent.
func (o Options) request() Request {
	r := Request{
		Method: o.Method, Path: o.Path, Query: o.Query, Protocol: "HTTP/1.1",
		Header: http.Header{
			"Accept":            {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			"Accept-Encoding":   {"gzip, deflate, br"},
			"Accept-Language":   {"en-GB,en;q=0.5"},
			"User-Agent":        {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			"X-Forwarded-For":   {"203.0.113.7"},
			"X-Forwarded-Port":  {"443"},
			"X-Forwarded-Proto": {"https"},
		},
		SourceIP: "203.0.113.7", Body: []byte(o.Body), Account: o.Account, Region: o.Region, Time: o.Time,
	}
	if r.Method == "" {
		r.Method = http.MethodGet
		if o.Body != "" {
			r.Method = http.MethodPost
		}
	}
	if o.Body != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Length", strconv.Itoa(len(o.Body)))
	}
	return r
}

func httpMaker(t Trigger) func(Options) (any, error) {
	return func(o Options) (any, error) {
		r := o.request()
		if t == FunctionURL {
			r.Header.Set("X-Amzn-Tls-Version", "TLSv1.3")
			r.Header.Set("X-Amzn-Tls-Cipher-Suite", "TLS_AES_128_GCM_SHA256")
		}
		return r.event(t)
	}
}

// Encode makes the event of a request, as JSON on one line.
func (r Request) Encode(t Trigger) ([]byte, error) {
	e, err := r.event(t)
	if err != nil {
		return nil, err
	}
	return marshal(e)
}

func (r Request) event(t Trigger) (any, error) {
	if !strings.HasPrefix(r.Path, "/") {
		return nil, fmt.Errorf("path %q does not begin with /", r.Path)
	}
	path, err := url.PathUnescape(r.Path)
	if err != nil {
		return nil, fmt.Errorf("path %q: %w", r.Path, err)
	}
	r.RequestID, r.Extended = cmp.Or(r.RequestID, RequestID(t)), cmp.Or(r.Extended, randomBase64(11))
	_, aws := Partition(r.Region)
	switch t {
	case FunctionURL:
		r.Stage = "$default"
		return r.version2(t, r.domain("lambda-url", "on.aws", 32), r.Path, path), nil
	case HTTPAPI:
		// An HTTP API decodes twice, and cuts the path at a "?" that was "%3F".
		path, _, _ = strings.Cut(path, "?")
		if path, err = url.PathUnescape(path); err != nil {
			return nil, fmt.Errorf("path %q: an HTTP API refuses it: decoded once, %w", r.Path, err)
		}
		if r.Stage = cmp.Or(r.Stage, "$default"); r.Stage != "$default" {
			path = "/" + r.Stage + path
		}
		return r.version2(t, r.domain("execute-api", aws, 10), path, path), nil
	case RESTAPI:
		r.Stage = cmp.Or(r.Stage, "prod")
		r.Query = strings.ReplaceAll(r.Query, ";", "&") // "results in the data being split" ("Important notes")
		return r.version1(r.domain("execute-api", aws, 10)), nil
	}
	r.Host = cmp.Or(r.Host, "example-"+randomDigits(10)+"."+r.Region+".elb."+aws)
	return r.loadBalancer(t == ALBMulti), nil
}

// RequestID returns a random id of a request, in the form of a trigger.
func RequestID(t Trigger) string {
	if t == HTTPAPI {
		return randomBase64(11)
	}
	return uuid()
}

// domain returns the domain of a function URL or an API, which is also the default
// for the host.
func (r *Request) domain(service, suffix string, digits int) string {
	r.ID = cmp.Or(r.ID, strings.ToLower(randomUpper(digits)))
	domain := r.ID + "." + service + "." + r.Region + "." + suffix
	r.Host = cmp.Or(r.Host, domain)
	return domain
}

// header returns all header fields, with the host and a trace header, which each
// trigger adds to a request without one.
func (r Request) header() http.Header {
	h := http.Header{}
	maps.Copy(h, r.Header)
	h.Set("Host", r.Host)
	if h.Get("X-Amzn-Trace-Id") == "" {
		h.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=1-%08x-%s", r.Time.Unix(), randomHex(24)))
	}
	return h
}

// spelled returns header fields with their names as the client wrote them. Those
// that AWS sets or reads itself have AWS's spelling.
func (r Request) spelled(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		if own, ok := r.Spelling[name]; ok && name != "Host" && name != "User-Agent" && name != "X-Amzn-Trace-Id" && !strings.HasPrefix(name, "X-Forwarded-") {
			name = own
		}
		out[name] = values
	}
	return out
}

// body returns the body, as text if text is set and it is valid UTF-8, otherwise in
// base64.
func (r Request) body(text bool) (body string, encoded bool) {
	if len(r.Body) == 0 || text && utf8.Valid(r.Body) {
		return string(r.Body), false
	}
	return base64.StdEncoding.EncodeToString(r.Body), true
}

// BinaryType reports whether a media type is one of the binary media types of a
// REST API, where type/* and */* stand for all of them.
func BinaryType(types []string, mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	main, _, _ := strings.Cut(kind, "/")
	return slices.ContainsFunc(types, func(t string) bool {
		t = strings.ToLower(t)
		return t == "*/*" || t == kind || t == main+"/*"
	})
}

// isText reports whether a body is passed on as text, by its type. For load balancers it
// follows the Elastic Load Balancing user guide ("Lambda functions as targets"), for HTTP
// APIs a recording (ministackorg/ministack#766). For function URLs, only the types that the
// two have in common are known; a body without a type, or with one based on JSON or XML, is
// treated as text there too.
func (t Trigger) isText(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return t == FunctionURL && h.Get("Content-Type") == ""
	}
	if t == FunctionURL && (strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")) {
		return true
	}
	return strings.HasPrefix(kind, "text/") || slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, kind)
}
