package httpevent

import (
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

// A Request is an HTTP request as its sender describes it.
type Request struct {
	Source Source
	Method string
	// Path is the path, decoded once, and RawPath an encoding of it: what the client
	// sent, if the event has that. An HTTP API decodes the path, so RawPath is encoded
	// again. Neither includes the stage of an API.
	Path, RawPath string
	// Query has the decoded parameters; RawQuery is their text, which is encoded again
	// for a REST API.
	Query    Values
	RawQuery string
	Header   Values   // names in lower case; cookies are here as well
	Cookies  []string // each "name=value"
	Body     []byte   // decoded if it came in base64

	PathParameters map[string]string // decoded
	StageVariables map[string]string
	Host           string          // of the header, or else the domain
	SourceIP       string          // empty behind a load balancer: see x-forwarded-for
	Protocol       string          // such as HTTP/1.1; empty behind a load balancer
	Context        json.RawMessage // the complete requestContext

	multi bool // a load balancer with multi-value headers
}

// event has the fields of all senders.
type event struct {
	Version        string              `json:"version"`
	Method         string              `json:"httpMethod"`
	Path           string              `json:"path"`
	Headers        map[string]string   `json:"headers"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders"`
	Query          map[string]string   `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	RawPath        string              `json:"rawPath"`
	RawQuery       string              `json:"rawQueryString"`
	Cookies        []string            `json:"cookies"`
	PathParameters map[string]string   `json:"pathParameters"`
	StageVariables map[string]string   `json:"stageVariables"`
	Context        json.RawMessage     `json:"requestContext"`
	Body           string              `json:"body"`
	IsBase64       bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	HTTP struct {
		Method   string `json:"method"`
		Protocol string `json:"protocol"`
		SourceIP string `json:"sourceIp"`
	} `json:"http"`
	Identity struct {
		SourceIP string `json:"sourceIp"`
	} `json:"identity"`
	ELB      *struct{} `json:"elb"`
	Protocol string    `json:"protocol"`
	Account  string    `json:"accountId"`
	Stage    string    `json:"stage"`
	Domain   string    `json:"domainName"`
}

// Parse reads an event. For an event of another kind, or one that is not JSON, the error
// has the type Runtime.UnmarshalError.
func Parse(data []byte) (*Request, error) {
	var e event
	if err := typed.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	var c requestContext
	if len(e.Context) > 0 {
		if err := typed.Unmarshal(e.Context, &c); err != nil {
			return nil, err
		}
	}
	r := &Request{Cookies: e.Cookies, PathParameters: e.PathParameters, StageVariables: e.StageVariables, Context: e.Context}
	r.Header = headers(e.Headers, e.MultiHeaders)
	switch {
	case e.Version == "2.0" && c.HTTP.Method != "":
		r.second(&e, &c)
	case c.ELB != nil && e.Method != "":
		r.balancer(&e)
	case e.Method != "":
		r.first(&e, &c)
	default:
		return nil, &runtime.Error{Type: "Runtime.UnmarshalError",
			Message: "event does not fit the handler: it is not an HTTP event of API Gateway, a function URL or a load balancer"}
	}
	if r.Host = r.Header.Get("host"); r.Host == "" {
		r.Host = c.Domain
	}
	if !e.IsBase64 {
		r.Body = []byte(e.Body)
		return r, nil
	}
	body, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, &runtime.Error{Type: "Runtime.UnmarshalError", Message: "event's body is not base64: " + err.Error()}
	}
	r.Body = body
	return r, nil
}

// isFunctionURL reports whether an event of format 2.0 comes from a function URL: its
// domain cannot be a custom one, and without IAM the account is "anonymous" (AWS Lambda
// developer guide, "Invoking Lambda function URLs").
func (c *requestContext) isFunctionURL() bool {
	return strings.Contains(c.Domain, ".lambda-url.") || c.Account == "anonymous"
}

// withoutStage removes the stage from a path. An HTTP API puts it there whatever the
// domain is, except the stage $default.
func (c *requestContext) withoutStage(path string) string {
	if c.Stage == "" || c.Stage == "$default" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, "/"+c.Stage); ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}

// decodedPath sets the path of a sender that decodes it.
func (r *Request) decodedPath(path string) {
	r.Path, r.RawPath = orRoot(path), escapePath(orRoot(path))
}

// encodedPath sets the path of a sender that leaves it as the client sent it.
func (r *Request) encodedPath(path string) {
	decoded, ok := decodePath(path)
	if !ok {
		r.decodedPath(path)
		return
	}
	r.Path, r.RawPath = orRoot(decoded), orRoot(path)
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// first takes over the fields of format 1.0. Events of a REST API have no version, and
// the path as it was sent. Events of an HTTP API have version 1.0, and the decoded path
// with the stage, as in format 2.0.
func (r *Request) first(e *event, c *requestContext) {
	r.Source, r.Method = RESTAPI, e.Method
	if e.Version == "" {
		r.encodedPath(e.Path)
		for k, v := range r.PathParameters {
			r.PathParameters[k] = unescape(v, false)
		}
	} else {
		r.decodedPath(c.withoutStage(e.Path))
	}
	r.SourceIP, r.Protocol = c.Identity.SourceIP, c.Protocol
	r.Query = Values{}
	for k, v := range e.Query {
		r.Query[k] = []string{v}
	}
	for k, v := range e.MultiQuery {
		r.Query[k] = v
	}
	r.RawQuery = r.Query.encode()
	r.Cookies = splitCookies(r.Header)
}

// second takes over the fields of format 2.0.
func (r *Request) second(e *event, c *requestContext) {
	r.Source, r.Method, r.RawQuery = HTTPAPI, c.HTTP.Method, e.RawQuery
	r.SourceIP, r.Protocol = c.HTTP.SourceIP, c.HTTP.Protocol
	if c.isFunctionURL() {
		r.Source = FunctionURL
		r.encodedPath(e.RawPath)
	} else {
		r.decodedPath(c.withoutStage(e.RawPath))
	}
	r.Query = parseQuery(r.RawQuery)
	if len(r.Cookies) > 0 {
		r.Header["cookie"] = []string{strings.Join(r.Cookies, "; ")}
	} else {
		r.Cookies = splitCookies(r.Header)
	}
}

// balancer takes over the fields of a load balancer's event, in which path and query are as
// the client sent them.
func (r *Request) balancer(e *event) {
	r.Source, r.Method = LoadBalancer, e.Method
	r.encodedPath(e.Path)
	r.multi = e.MultiHeaders != nil
	query := make(map[string][]string, len(e.Query)+len(e.MultiQuery))
	for k, v := range e.Query {
		query[k] = []string{v}
	}
	for k, v := range e.MultiQuery {
		query[k] = v
	}
	var b strings.Builder
	for _, k := range sortedKeys(query) {
		for _, v := range query[k] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(k + "=" + v)
		}
	}
	r.RawQuery = b.String()
	r.Query = parseQuery(r.RawQuery)
	r.Cookies = splitCookies(r.Header)
}

// headers merges both forms of header fields; the one with all values takes precedence.
func headers(single map[string]string, multi map[string][]string) Values {
	h := make(Values, max(len(single), len(multi)))
	for k, v := range single {
		h[strings.ToLower(k)] = []string{v}
	}
	for k, v := range multi {
		h[strings.ToLower(k)] = v
	}
	return h
}

func splitCookies(h Values) (cookies []string) {
	for _, line := range h["cookie"] {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				cookies = append(cookies, c)
			}
		}
	}
	return cookies
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
