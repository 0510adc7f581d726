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
	// Path is the path, decoded, and RawPath as it came. A REST API sends it
	// without the stage; of an HTTP API's at its own domain
	// (….amazonaws.com) the stage is taken off.
	Path, RawPath string
	// Query has the parameters, decoded; RawQuery is their text, which is
	// written anew for a REST API.
	Query    Values
	RawQuery string
	Header   Values   // names in lower case; cookies are here as well
	Cookies  []string // each "name=value"
	Body     []byte   // decoded where it came in base64

	PathParameters map[string]string
	StageVariables map[string]string
	Host           string          // of the header, or else the domain
	SourceIP       string          // empty behind a load balancer: see x-forwarded-for
	Protocol       string          // such as HTTP/1.1; empty behind a load balancer
	Context        json.RawMessage // requestContext, whole

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
	Stage    string    `json:"stage"`
	Domain   string    `json:"domainName"`
}

// Parse reads an event. The error of an event of another kind has the type
// Runtime.UnmarshalError, like that of one that is not JSON.
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
			Message: "event does not fit the handler: it is no HTTP event of API Gateway, a function URL or a load balancer"}
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

// first takes over what format 1.0 says.
func (r *Request) first(e *event, c *requestContext) {
	r.Source, r.Method, r.Path, r.RawPath = RESTAPI, e.Method, e.Path, escapePath(e.Path)
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

// second takes over what format 2.0 says.
func (r *Request) second(e *event, c *requestContext) {
	r.Source, r.Method, r.RawPath, r.RawQuery = HTTPAPI, c.HTTP.Method, e.RawPath, e.RawQuery
	r.SourceIP, r.Protocol = c.HTTP.SourceIP, c.HTTP.Protocol
	if strings.Contains(c.Domain, ".lambda-url.") {
		r.Source = FunctionURL
	} else if prefix := "/" + c.Stage; c.Stage != "" && c.Stage != "$default" && strings.HasSuffix(c.Domain, ".amazonaws.com") {
		if rest, ok := strings.CutPrefix(r.RawPath, prefix); ok && (rest == "" || rest[0] == '/') {
			r.RawPath = rest
		}
	}
	if r.RawPath == "" {
		r.RawPath = "/"
	}
	r.Path = unescape(r.RawPath, false)
	r.Query = parseQuery(r.RawQuery)
	if len(r.Cookies) > 0 {
		r.Header["cookie"] = []string{strings.Join(r.Cookies, "; ")}
	} else {
		r.Cookies = splitCookies(r.Header)
	}
}

// balancer takes over what a load balancer says: it leaves path and query as
// the client sent them.
func (r *Request) balancer(e *event) {
	r.Source, r.Method, r.RawPath = LoadBalancer, e.Method, e.Path
	r.Path = unescape(r.RawPath, false)
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

// headers unites both forms of header fields; the one with all values wins.
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
