package event

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
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

// A Request is an HTTP request to a function.
type Request struct {
	Method   string
	Path     string // as it was sent: escaped
	Query    string // as it was sent
	Protocol string // e.g. HTTP/1.1
	Host     string
	Header   http.Header
	SourceIP string
	Body     []byte

	Stage   string // of API Gateway; default: "$default" for HTTP APIs, "prod" for REST APIs
	Account string
	Region  string
	Time    time.Time
}

// request is one that somebody could have sent with a browser.
func (o Options) request() Request {
	r := Request{
		Method: o.Method, Path: o.Path, Query: o.Query, Protocol: "HTTP/1.1",
		Header: http.Header{
			"Accept":            {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			"Accept-Encoding":   {"gzip, deflate, br"},
			"Accept-Language":   {"en-GB,en;q=0.5"},
			"User-Agent":        {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			"X-Amzn-Trace-Id":   {fmt.Sprintf("Root=1-%08x-%s", o.Time.Unix(), randomHex(24))},
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
	}
	return r
}

func httpMaker(t Trigger) func(Options) (any, error) {
	return func(o Options) (any, error) { return o.request().event(t) }
}

// Encode makes the event of a request, as JSON.
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
	switch t {
	case FunctionURL:
		r.Host = cmp.Or(r.Host, strings.ToLower(randomUpper(32))+".lambda-url."+r.Region+".on.aws")
		r.Stage = "$default"
		return r.version2("anonymous"), nil
	case HTTPAPI:
		r.Host = cmp.Or(r.Host, strings.ToLower(randomUpper(10))+".execute-api."+r.Region+".amazonaws.com")
		if r.Stage = cmp.Or(r.Stage, "$default"); r.Stage != "$default" {
			r.Path = "/" + url.PathEscape(r.Stage) + r.Path
		}
		return r.version2(r.Account), nil
	case RESTAPI:
		r.Host = cmp.Or(r.Host, strings.ToLower(randomUpper(10))+".execute-api."+r.Region+".amazonaws.com")
		r.Stage = cmp.Or(r.Stage, "prod")
		return r.version1(path), nil
	}
	r.Host = cmp.Or(r.Host, "example-"+randomDigits(10)+"."+r.Region+".elb.amazonaws.com")
	return r.loadBalancer(t == ALBMulti), nil
}

// header returns all header fields, the host with them.
func (r Request) header() http.Header {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Host", r.Host)
	return h
}

// joined are the values of each name, with commas between them.
func joined(values map[string][]string, name func(string) string) map[string]string {
	m := map[string]string{}
	for k, v := range values {
		m[name(k)] = strings.Join(v, ",")
	}
	return m
}

// last are the last values of each name.
func last(values map[string][]string) map[string]string {
	m := map[string]string{}
	for k, v := range values {
		if len(v) > 0 {
			m[k] = v[len(v)-1]
		}
	}
	return m
}

func same(s string) string { return s }

// query takes a query apart. A semicolon is part of a value, and what is no escape stays as it was sent.
func (r Request) query() map[string][]string {
	values := map[string][]string{}
	for name, value := range r.parameters() {
		name, value = unescaped(name), unescaped(value)
		values[name] = append(values[name], value)
	}
	return values
}

// parameters are the names and values of a query as they were sent.
func (r Request) parameters() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for part := range strings.SplitSeq(r.Query, "&") {
			name, value, _ := strings.Cut(part, "=")
			if part != "" && !yield(name, value) {
				return
			}
		}
	}
}

func unescaped(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

func (r Request) version2(account string) object {
	header := r.header()
	var cookies []string
	for _, line := range header.Values("Cookie") {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				cookies = append(cookies, c)
			}
		}
	}
	header.Del("Cookie")
	prefix, _, _ := strings.Cut(r.Host, ".")
	e := object{{"version", "2.0"}, {"routeKey", "$default"}, {"rawPath", r.Path}, {"rawQueryString", r.Query}}
	if len(cookies) > 0 {
		e = append(e, member{"cookies", cookies})
	}
	e = append(e, member{"headers", joined(header, strings.ToLower)})
	if query := r.query(); len(query) > 0 {
		e = append(e, member{"queryStringParameters", joined(query, same)})
	}
	e = append(e, member{"requestContext", object{
		{"accountId", account},
		{"apiId", prefix},
		{"domainName", r.Host},
		{"domainPrefix", prefix},
		{"http", object{
			{"method", r.Method}, {"path", r.Path}, {"protocol", r.Protocol},
			{"sourceIp", r.SourceIP}, {"userAgent", header.Get("User-Agent")},
		}},
		{"requestId", uuid()},
		{"routeKey", "$default"},
		{"stage", r.Stage},
		{"time", r.Time.UTC().Format("02/Jan/2006:15:04:05 -0700")},
		{"timeEpoch", r.Time.UnixMilli()},
	}})
	body, encoded := r.body(isText(header))
	if len(r.Body) > 0 {
		e = append(e, member{"body", body})
	}
	return append(e, member{"isBase64Encoded", encoded})
}

func (r Request) version1(path string) object {
	header := r.header()
	resource, parameters := "/", any(nil)
	if path != "/" {
		resource, parameters = "/{proxy+}", map[string]string{"proxy": strings.TrimPrefix(path, "/")}
	}
	query, queries := any(nil), any(nil)
	if q := r.query(); len(q) > 0 {
		query, queries = last(q), q
	}
	prefix, _, _ := strings.Cut(r.Host, ".")
	identity := object{}
	for _, name := range []string{"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId"} {
		identity = append(identity, member{name, nil})
	}
	identity = append(identity, member{"sourceIp", r.SourceIP}, member{"user", nil}, member{"userAgent", header.Get("User-Agent")}, member{"userArn", nil})
	// Without binary media types set up, a REST API hands bodies on as text.
	body, encoded := r.body(true)
	var text any
	if len(r.Body) > 0 {
		text = body
	}
	return object{
		{"resource", resource},
		{"path", path},
		{"httpMethod", r.Method},
		{"headers", last(header)},
		{"multiValueHeaders", header},
		{"queryStringParameters", query},
		{"multiValueQueryStringParameters", queries},
		{"pathParameters", parameters},
		{"stageVariables", nil},
		{"requestContext", object{
			{"resourceId", strings.ToLower(randomUpper(6))},
			{"resourcePath", resource},
			{"httpMethod", r.Method},
			{"extendedRequestId", randomBase64(11)},
			{"requestTime", r.Time.UTC().Format("02/Jan/2006:15:04:05 -0700")},
			{"path", "/" + r.Stage + path},
			{"accountId", r.Account},
			{"protocol", r.Protocol},
			{"stage", r.Stage},
			{"domainPrefix", prefix},
			{"requestTimeEpoch", r.Time.UnixMilli()},
			{"requestId", uuid()},
			{"identity", identity},
			{"domainName", r.Host},
			{"apiId", prefix},
		}},
		{"body", text},
		{"isBase64Encoded", encoded},
	}
}

func (r Request) loadBalancer(multi bool) object {
	header := map[string][]string{}
	for k, v := range r.header() {
		header[strings.ToLower(k)] = v
	}
	// A load balancer hands the query on as it was sent, without decoding.
	query := map[string][]string{}
	for name, value := range r.parameters() {
		query[name] = append(query[name], value)
	}
	e := object{
		{"requestContext", object{{"elb", object{{"targetGroupArn",
			"arn:aws:elasticloadbalancing:" + r.Region + ":" + r.Account + ":targetgroup/example/" + randomHex(16)}}}}},
		{"httpMethod", r.Method},
		{"path", r.Path},
	}
	if multi {
		e = append(e, member{"multiValueQueryStringParameters", query}, member{"multiValueHeaders", header})
	} else {
		e = append(e, member{"queryStringParameters", last(query)}, member{"headers", last(header)})
	}
	body, encoded := r.body(isText(r.Header))
	return append(e, member{"body", body}, member{"isBase64Encoded", encoded})
}

// body is the body as text where that is possible, or in base64.
func (r Request) body(text bool) (string, bool) {
	if len(r.Body) == 0 {
		return "", false
	}
	if text && utf8.Valid(r.Body) {
		return string(r.Body), false
	}
	return base64.StdEncoding.EncodeToString(r.Body), true
}

// isText tells whether a body is handed on as text, by its type.
func isText(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return h.Get("Content-Type") == ""
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, kind)
}
