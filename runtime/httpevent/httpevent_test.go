package httpevent

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime"
)

// The events are shortened from the documented examples of each sender.
const (
	restEvent = `{"version":"1.0","resource":"/{proxy+}","path":"/a b/ü","httpMethod":"POST",
		"headers":{"Host":"x.execute-api.eu-west-1.amazonaws.com","Accept":"b","Cookie":"one=1; two=2"},
		"multiValueHeaders":{"Host":["x.execute-api.eu-west-1.amazonaws.com"],"Accept":["a","b"],"Cookie":["one=1; two=2"]},
		"queryStringParameters":{"q":"2","hello":"A&B c"},"multiValueQueryStringParameters":{"q":["1","2"],"hello":["A&B c"]},
		"pathParameters":{"proxy":"a b/ü"},"stageVariables":{"s":"v"},
		"requestContext":{"stage":"prod","identity":{"sourceIp":"192.0.2.1"},"protocol":"HTTP/1.1","domainName":"d"},
		"body":"aGVsbG//","isBase64Encoded":true}`
	restNulls = `{"path":"/","httpMethod":"GET","headers":null,"multiValueHeaders":null,"queryStringParameters":null,
		"multiValueQueryStringParameters":null,"pathParameters":null,"stageVariables":null,"requestContext":null,"body":null,"isBase64Encoded":false}`
	httpAPIEvent = `{"version":"2.0","routeKey":"$default","rawPath":"/test/a b%20","rawQueryString":"q=1&q=2&hello=A%26B+c&bad=%zz&&flag",
		"cookies":["one=1","two=2"],"headers":{"host":"h","accept":"a,b"},"queryStringParameters":{"q":"1,2"},
		"requestContext":{"domainName":"x.execute-api.eu-west-1.amazonaws.com","stage":"test","http":{"method":"PUT","path":"/test/a b%20","protocol":"HTTP/1.1","sourceIp":"192.0.2.1"}},
		"pathParameters":{"p":"1"},"body":"text","isBase64Encoded":false}`
	urlEvent = `{"version":"2.0","rawPath":"/test/x","rawQueryString":"","headers":{"cookie":"one=1;two=2"},
		"requestContext":{"domainName":"u.lambda-url.eu-west-1.on.aws","stage":"$default","http":{"method":"GET","sourceIp":"192.0.2.1"}}}`
	balancerEvent = `{"requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1"}},
		"httpMethod":"GET","path":"/a%20b","queryStringParameters":{"q":"2","hello":"A%26B+c"},"headers":{"host":"lb","x":"y"},"body":"","isBase64Encoded":false}`
	balancerMulti = `{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"GET","path":"/",
		"multiValueQueryStringParameters":{"q":["1","2"]},"multiValueHeaders":{"host":["lb"],"x":["1","2"]},"body":"","isBase64Encoded":false}`
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		event string
		want  Request
	}{
		"REST API": {restEvent, Request{Source: RESTAPI, Method: "POST", Path: "/a b/ü", RawPath: "/a%20b/%C3%BC",
			Query: Values{"q": {"1", "2"}, "hello": {"A&B c"}}, RawQuery: "hello=A%26B%20c&q=1&q=2",
			Header:  Values{"host": {"x.execute-api.eu-west-1.amazonaws.com"}, "accept": {"a", "b"}, "cookie": {"one=1; two=2"}},
			Cookies: []string{"one=1", "two=2"}, Body: []byte("hello\xff"), PathParameters: map[string]string{"proxy": "a b/ü"}, StageVariables: map[string]string{"s": "v"},
			Host: "x.execute-api.eu-west-1.amazonaws.com", SourceIP: "192.0.2.1", Protocol: "HTTP/1.1"}},
		"REST API with nulls": {restNulls, Request{Source: RESTAPI, Method: "GET", Path: "/", RawPath: "/", Query: Values{}, Header: Values{}, Body: []byte{}}},
		"HTTP API": {httpAPIEvent, Request{Source: HTTPAPI, Method: "PUT", Path: "/a b%20", RawPath: "/a%20b%2520",
			Query: Values{"q": {"1", "2"}, "hello": {"A&B c"}, "bad": {"%zz"}, "flag": {""}}, RawQuery: "q=1&q=2&hello=A%26B+c&bad=%zz&&flag",
			Header:  Values{"host": {"h"}, "accept": {"a,b"}, "cookie": {"one=1; two=2"}},
			Cookies: []string{"one=1", "two=2"}, Body: []byte("text"), PathParameters: map[string]string{"p": "1"}, Host: "h", SourceIP: "192.0.2.1", Protocol: "HTTP/1.1"}},
		"function URL": {urlEvent, Request{Source: FunctionURL, Method: "GET", Path: "/test/x", RawPath: "/test/x", Query: Values{}, Header: Values{"cookie": {"one=1;two=2"}},
			Cookies: []string{"one=1", "two=2"}, Body: []byte{}, Host: "u.lambda-url.eu-west-1.on.aws", SourceIP: "192.0.2.1"}},
		"load balancer": {balancerEvent, Request{Source: LoadBalancer, Method: "GET", Path: "/a b", RawPath: "/a%20b",
			Query: Values{"q": {"2"}, "hello": {"A&B c"}}, RawQuery: "hello=A%26B+c&q=2", Header: Values{"host": {"lb"}, "x": {"y"}}, Body: []byte{}, Host: "lb"}},
		"load balancer with all values": {balancerMulti, Request{Source: LoadBalancer, Method: "GET", Path: "/", RawPath: "/",
			Query: Values{"q": {"1", "2"}}, RawQuery: "q=1&q=2", Header: Values{"host": {"lb"}, "x": {"1", "2"}}, Body: []byte{}, Host: "lb", multi: true}},
	} {
		got, err := Parse([]byte(c.event))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Context == nil {
			t.Errorf("%s: no context", name)
		}
		got.Context = nil
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, *got, c.want)
		}
	}
}

// Each path is decoded unless its sender has done so, and the stage of an API is removed,
// whatever its domain is.
func TestPaths(t *testing.T) {
	const (
		own, custom, url = "x.execute-api.eu-west-1.amazonaws.com", "api.example.com", "u.lambda-url.eu-west-1.on.aws"
	)
	second := func(path, stage, domain, account string) string {
		b, err := json.Marshal(map[string]any{"version": "2.0", "rawPath": path, "requestContext": map[string]any{
			"accountId": account, "domainName": domain, "stage": stage, "http": map[string]any{"method": "GET", "path": path}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := func(version, path, stage string) string {
		b, err := json.Marshal(map[string]any{"version": version, "httpMethod": "GET", "path": path, "pathParameters": map[string]string{"proxy": path},
			"requestContext": map[string]any{"stage": stage}})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Replace(string(b), `"version":""`, `"x":0`, 1)
	}
	for _, c := range []struct{ event, path, raw string }{
		{second("/files/50%.txt", "$default", own, "1"), "/files/50%.txt", "/files/50%25.txt"},
		{second("/%20x", "$default", own, "1"), "/%20x", "/%2520x"},
		{second("/a?b", "$default", own, "1"), "/a?b", "/a%3Fb"},
		{second("/a#b/ü", "$default", custom, "1"), "/a#b/ü", "/a%23b/%C3%BC"},
		{second("/dev/hello", "dev", own, "1"), "/hello", "/hello"},
		{second("/dev/hello", "dev", custom, "1"), "/hello", "/hello"},
		{second("/dev/dev/x", "dev", custom, "1"), "/dev/x", "/dev/x"},
		{second("/dev", "dev", custom, "1"), "/", "/"},
		{second("/dev/", "dev", custom, "1"), "/", "/"},
		{second("/developers", "dev", custom, "1"), "/developers", "/developers"},
		{second("/hello", "dev", custom, "1"), "/hello", "/hello"},
		{second("/$default/x", "$default", custom, "1"), "/$default/x", "/$default/x"},
		{second("", "$default", own, "1"), "/", "/"},
		{second("/a%2Fb%20c", "$default", url, "anonymous"), "/a/b c", "/a%2Fb%20c"},
		{second("/50%25", "$default", url, "1"), "/50%", "/50%25"},
		{second("/50%25", "$default", "127.0.0.1:9000", "anonymous"), "/50%", "/50%25"},
		{second("/50%.txt", "$default", url, "anonymous"), "/50%.txt", "/50%25.txt"},
		{second("/a?b ü%20", "$default", url, "anonymous"), "/a?b ü%20", "/a%3Fb%20%C3%BC%2520"},
		{first("", "/user/test%2Balias/a%2Fb", "prod"), "/user/test+alias/a/b", "/user/test%2Balias/a%2Fb"},
		{first("", "/prod/x", "prod"), "/prod/x", "/prod/x"},
		{first("", "/50%", "prod"), "/50%", "/50%25"},
		{first("", "", "prod"), "/", "/"},
		{first("1.0", "/dev/a b%20", "dev"), "/a b%20", "/a%20b%2520"},
		{first("1.0", "/hello", "dev"), "/hello", "/hello"},
	} {
		r, err := Parse([]byte(c.event))
		if err != nil || r.Path != c.path || r.RawPath != c.raw {
			t.Errorf("%s: %v, %+v; want %q %q", c.event, err, r, c.path, c.raw)
			continue
		}
		want := c.path
		if p := r.PathParameters["proxy"]; strings.Contains(c.event, "httpMethod") && !strings.Contains(c.event, "1.0") && p != want && p != "" {
			t.Errorf("%s: proxy is %q, want %q", c.event, p, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, event := range []string{``, `{`, `[]`, `{}`, `{"Records":[]}`, `{"version":"2.0"}`, `{"httpMethod":"GET","requestContext":7}`,
		`{"httpMethod":"GET","path":"/","body":"?","isBase64Encoded":true}`} {
		_, err := Parse([]byte(event))
		var e *runtime.Error
		if !errors.As(err, &e) || e.Type != "Runtime.UnmarshalError" {
			t.Errorf("%s: error is %v", event, err)
		}
	}
}

func TestEncode(t *testing.T) {
	resp := &Response{StatusCode: 201, Header: Values{"Content-Type": {"text/plain"}, "X": {"1", "2"}, "Set-Cookie": {"a=1"}}, Cookies: []string{"b=2"}, Body: []byte("<ü>")}
	for name, c := range map[string]struct{ event, want string }{
		"REST API":                      {restEvent, `{"statusCode":201,"multiValueHeaders":{"content-type":["text/plain"],"set-cookie":["a=1","b=2"],"x":["1","2"]},"body":"<ü>","isBase64Encoded":false}`},
		"HTTP API":                      {httpAPIEvent, `{"statusCode":201,"headers":{"content-type":"text/plain","x":"1, 2"},"cookies":["a=1","b=2"],"body":"<ü>","isBase64Encoded":false}`},
		"function URL":                  {urlEvent, `{"statusCode":201,"headers":{"content-type":"text/plain","x":"1, 2"},"cookies":["a=1","b=2"],"body":"<ü>","isBase64Encoded":false}`},
		"load balancer":                 {balancerEvent, `{"statusCode":201,"statusDescription":"201 Created","headers":{"Set-cookie":"b=2","content-type":"text/plain","set-cookie":"a=1","x":"1, 2"},"body":"<ü>","isBase64Encoded":false}`},
		"load balancer with all values": {balancerMulti, `{"statusCode":201,"statusDescription":"201 Created","multiValueHeaders":{"content-type":["text/plain"],"set-cookie":["a=1","b=2"],"x":["1","2"]},"body":"<ü>","isBase64Encoded":false}`},
	} {
		r, err := Parse([]byte(c.event))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Encode(resp); err != nil || string(got) != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, got, err, c.want)
		}
	}
}

func TestBodies(t *testing.T) {
	r, err := Parse([]byte(urlEvent))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		resp *Response
		want string
	}{
		{nil, `{"statusCode":200,"body":"","isBase64Encoded":false}`},
		{&Response{Body: []byte{0xff, 0x00}}, `{"statusCode":200,"body":"/wA=","isBase64Encoded":true}`},
		{&Response{Header: Values{"Content-Encoding": {"gzip"}}, Body: []byte("zip")}, `{"statusCode":200,"headers":{"content-encoding":"gzip"},"body":"emlw","isBase64Encoded":true}`},
	} {
		if got, err := r.Encode(c.resp); err != nil || string(got) != c.want {
			t.Errorf("got %s, %v; want %s", got, err, c.want)
		}
	}
}

func TestHandler(t *testing.T) {
	h := Handler(func(_ context.Context, r *Request) (*Response, error) {
		switch r.Path {
		case "/error":
			return nil, errors.New("broken")
		case "/json":
			return JSON(200, map[string]string{"hello": r.Query.Get("hello")})
		}
		return Text(200, "Hello "+r.Query.Get("hello")), nil
	})
	event := func(path string) []byte {
		return []byte(`{"httpMethod":"GET","path":"` + path + `","queryStringParameters":{"hello":"Ada"}}`)
	}
	for path, want := range map[string]string{"/": `"Hello Ada"`, "/json": `"{\"hello\":\"Ada\"}"`} {
		out, err := h(context.Background(), event(path))
		var a map[string]json.RawMessage
		if err != nil || json.Unmarshal(out, &a) != nil || string(a["body"]) != want {
			t.Errorf("%s: %s, %v", path, out, err)
		}
	}
	if _, err := h(context.Background(), event("/error")); err == nil || err.Error() != "broken" {
		t.Errorf("error is %v", err)
	}
	if Handler(nil) != nil {
		t.Error("a nil function became a handler")
	}
}

// A query that was encoded is decoded to the same values.
func FuzzQuery(f *testing.F) {
	f.Add("a", "b&=+% ü")
	f.Fuzz(func(t *testing.T, name, value string) {
		got := parseQuery(Values{name: {value, value}}.encode())
		if name == "" && value == "" {
			return
		}
		if list := got[name]; len(list) != 2 || list[0] != value || list[1] != value {
			t.Errorf("%q=%q came back as %q", name, value, got)
		}
	})
}

func TestDescription(t *testing.T) {
	for status, want := range map[int]string{200: "200 OK", 418: "418 Client Error", 599: "599 Server Error", 99: "99 Informational", 700: "700 Server Error"} {
		if got := description(status); got != want {
			t.Errorf("%d is %q, want %q", status, got, want)
		}
	}
	if !strings.EqualFold(spelling("set-cookie", 5), "set-cookie") || spelling("set-cookie", 5) == spelling("set-cookie", 4) {
		t.Error("spellings do not differ")
	}
}
