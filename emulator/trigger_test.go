//go:build linux

package emulator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

// Answers of functions are read as API Gateway, function URLs and load balancers do. An
// answer that is not an HTTP response is refused, and reported.
func TestAnswers(t *testing.T) {
	parallel(t)
	var mu sync.Mutex
	refused := ""
	base := newServer(t, ServerConfig{Refused: func(function, id, reason string) {
		mu.Lock()
		defer mu.Unlock()
		refused = function + " " + reason
		if len(id) != 36 {
			t.Errorf("request id is %q", id)
		}
	}}, "answer", "prelude")
	for _, c := range []struct {
		trigger, answer string
		status          int
		header, want    string // the values of a header
		why             string
	}{
		{"v1", `{"statusCode":"201"}`, 201, "", "", ""},
		{"v2", `{"statusCode":"201"}`, 201, "", "", ""},
		{"url", `{"statusCode":"302","headers":{"Location":"https://a.example"}}`, 302, "Location", "https://a.example", ""},
		{"alb", `{"statusCode":"201"}`, 502, "", "", `answer invalid status code "201"`},
		{"v1", `{"statusCode":"x1"}`, 502, "", "", `answer invalid status code "x1"`},
		{"v1", `{"statusCode":99}`, 502, "", "", "answer invalid status code 99"},
		{"v1", `{}`, 502, "", "", "answer answer has no statusCode"},
		{"v1", `{"statusCode":200,"body":{}}`, 502, "", "", "answer body: json: cannot unmarshal object"},
		{"v2", `{"statusCode":200,"body":"?","isBase64Encoded":true}`, 500, "", "", "answer illegal base64"},
		{"v2", `{"statusCode":200,"headers":{"X-A":12345678}}`, 200, "X-A", "12345678", ""},
		{"v2", `{"statusCode":200,"headers":{"X-A":true,"X-B":null}}`, 200, "X-A", "true", ""},
		{"v2", `{"statusCode":200,"headers":{"X-A":""}}`, 200, "X-A", "", ""},
		{"v2", `{"statusCode":null}`, 200, "Content-Type", "application/json", ""},
		{"v2", `{"statusCode":200}`, 200, "Content-Type", "text/plain; charset=utf-8", ""},
		{"v2", `{"statusCode":200,"multiValueHeaders":{"Content-Type":["text/html"]}}`, 200, "Content-Type", "text/plain; charset=utf-8", ""},
		{"v2", `{"statusCode":200,"headers":{"content-type":"text/html"}}`, 200, "Content-Type", "text/html", ""},
		{"url", `{"statusCode":200}`, 200, "Content-Type", "application/json", ""},
		{"v1", `{"statusCode":200}`, 200, "Content-Type", "application/json", ""},
		{"alb", `{"statusCode":200,"multiValueHeaders":{"Content-Type":["text/html"]}}`, 200, "Content-Type", "application/octet-stream", ""},
		{"alb-multi", `{"statusCode":200,"headers":{"Content-Type":"text/html"}}`, 200, "Content-Type", "application/octet-stream", ""},
		{"alb-multi", `{"statusCode":200,"multiValueHeaders":{"Content-Type":["text/html"]}}`, 200, "Content-Type", "text/html", ""},
		{"v1", `{"StatusCode":201,"Body":"hi"}`, 502, "", "", "answer answer has no statusCode"},
		{"alb", `{"StatusCode":201,"Body":"hi"}`, 502, "", "", "answer answer has no statusCode"},
		{"url", `{"StatusCode":201,"Body":"hi"}`, 200, "Content-Type", "application/json", ""},
		{"v1", `{"statusCode":201,"Headers":{"X-A":"1"}}`, 201, "X-A", "", ""},
		{"alb", `{"statusCode":200,"headers":{"Set-Cookie":"a=1","set-cookie":"b=2","SET-COOKIE":"c=3","X-Amzn-Requestid":"own"}}`, 200, "Set-Cookie", "c=3,a=1,b=2", ""},
		{"alb", `{"statusCode":200,"headers":{"X-Amzn-Requestid":"own"}}`, 200, "X-Amzn-Requestid", "own", ""},
		{"v2", `{"statusCode":200,"headers":{"X-A":["1","2"]}}`, 500, "", "", `answer headers: a header has the value ["1","2"]`},
		{"v1", `{"statusCode":200,"headers":{"X-A":"1"},"multiValueHeaders":{"x-a":["1",2,"3"],"X-B":["b"]}}`, 200, "X-A", "1,2,3", ""},
		{"v1", `{"statusCode":200,"headers":{"Set-Cookie":"h=1"},"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]}}`, 200, "Set-Cookie", "a=1,b=2,h=1", ""},
	} {
		path := "/" + c.trigger + "/answer/"
		if c.trigger == "v1" || c.trigger == "v2" {
			path += "stage/"
		}
		refused = ""
		r, err := http.NewRequest("POST", base+path, strings.NewReader(c.answer))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/plain")
		resp, err := http.DefaultTransport.RoundTrip(r) // a redirect is the answer
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := strings.Join(resp.Header.Values(c.header), ","); resp.StatusCode != c.status || got != c.want {
			t.Errorf("%s %s: %s, %q", c.trigger, c.answer, resp.Status, got)
		}
		if mu.Lock(); !strings.HasPrefix(refused, c.why) || c.why == "" && refused != "" {
			t.Errorf("%s %s: refused %q, want %q", c.trigger, c.answer, refused, c.why)
		}
		mu.Unlock()
	}
	for prelude, want := range map[string]string{
		`{"statusCode":"404"}`: "404", `{}`: "200", `{"statusCode":null,"headers":{"x":null}}`: "200",
		`{"statusCode":7}`: "502 prelude prelude of the response: invalid status code 7", `no`: "502 prelude prelude of the response: invalid character",
	} {
		refused = ""
		resp, _ := do(t, "POST", base+"/url/prelude/", prelude, "Content-Type: text/plain")
		mu.Lock()
		if got := strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + refused); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", prelude, got, want)
		}
		mu.Unlock()
	}
}

func TestTriggers(t *testing.T) {
	parallel(t)
	var mu sync.Mutex
	var seen []string
	base := newServer(t, ServerConfig{Event: func(f string, e []byte) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, f)
	}}, "http", "echo", "error", "http-stream")
	for path, want := range map[string]string{
		"/url/http/a//b%20c?x=1":     `"rawPath":"/a//b%20c"`,
		"/url/http":                  `"rawPath":"/"`,
		"/v2/http/dev/a?x=1":         `"rawPath":"/dev/a"`,
		"/v2/http/$default/a":        `"rawPath":"/a"`,
		"/v2/http/%24default/b":      `"rawPath":"/b"`,
		"/v2/http/$default/a%20b":    `"rawPath":"/a b"`,
		"/v1/http/dev/a%20b?x=1&x=2": `"path":"/dev/a%20b"`,
		"/alb/http/a?x=%26":          `"queryStringParameters":{"x":"%26"}`,
		"/alb-multi/http/a?x=1&x=2":  `"multiValueQueryStringParameters":{"x":["1","2"]}`,
	} {
		resp, body := do(t, "PUT", base+path, "hello", "Content-Type: text/plain", "Cookie: a=1")
		if resp.StatusCode != 201 || !strings.Contains(body, want) || !strings.Contains(body, `"body":"hello"`) {
			t.Errorf("%s: %s, %s", path, resp.Status, body)
		}
		multi := strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/alb-multi/")
		if single := !strings.HasPrefix(path, "/alb-multi/"); (len(resp.Header.Values("X-Multi")) == 2) != multi || (resp.Header.Get("X-One") == "1") != single {
			t.Errorf("%s: %v", path, resp.Header)
		}
		if cookies := len(resp.Cookies()); cookies != 2 && (strings.HasPrefix(path, "/url/") || strings.HasPrefix(path, "/v2/")) {
			t.Errorf("%s: %d cookies", path, cookies)
		}
	}
	if len(seen) != 9 || seen[0] != "http" {
		t.Errorf("events of %v were told", seen)
	}
	if resp, body := do(t, "POST", base+"/url/http/", "\xff\x00"); resp.StatusCode != 201 || !strings.Contains(body, `"body":"/wA=","isBase64Encoded":true`) {
		t.Errorf("%s, %s", resp.Status, body)
	}
	if resp, body := do(t, "GET", base+"/url/echo/", ""); resp.StatusCode != 200 || !json.Valid([]byte(body)) || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answer without a status: %s, %s", resp.Status, body)
	}
	for path, want := range map[string]int{"/url/error/": 502, "/v2/error/s/": 500, "/v1/error/s/": 502, "/alb/error/": 502, "/v1/echo/s/": 502, "/alb/echo/": 502, "/url/nope/": 404, "/nope": 404} {
		if resp, _ := do(t, "GET", base+path, ""); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	resp, body := do(t, "GET", base+"/url/http-stream/", "")
	if resp.StatusCode != 418 || resp.Header.Get("X-Kind") != "tea" || body != "drop by drop" || resp.ContentLength != -1 {
		t.Errorf("stream: %s, %v, %q", resp.Status, resp.Header, body)
	}
}

// The body of an answer without a status is the text of a JSON string, or the JSON itself.
func TestAnswersWithoutAStatus(t *testing.T) {
	base := newServer(t, ServerConfig{}, "answer")
	for answer, want := range map[string]string{
		`"hello"`: "hello", `"a \"quoted\" <word>"`: `a "quoted" <word>`, `{"a":1}`: `{"a":1}`, `[1]`: "[1]", `1.5`: "1.5", `null`: "null",
		`{"StatusCode":201,"Body":"hi"}`: `{"StatusCode":201,"Body":"hi"}`,
	} {
		for _, path := range []string{"/url/answer/", "/v2/answer/$default/"} {
			if resp, body := do(t, "POST", base+path, answer, "Content-Type: text/plain"); resp.StatusCode != 200 || body != want {
				t.Errorf("%s %s: %s, %q", path, answer, resp.Status, body)
			}
		}
	}
}

// A function gets the event that AWS would make of a request.
func TestEventsOfRequests(t *testing.T) {
	base := newServer(t, ServerConfig{}, "http")
	request := func(path string, lines ...string) (event map[string]any, id string) {
		t.Helper()
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r := bufio.NewReader(c)
		// The second request on the connection has its own spelling of names.
		for _, extra := range [][]string{{"x-FIRST: 1"}, lines} {
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\nContent-Length: 11\r\n%s\r\n\r\ntEST: body\n", path, strings.Join(extra, "\r\n"))
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || json.Unmarshal(body, &event) != nil {
				t.Fatalf("%s, %s, %v", resp.Status, body, err)
			}
			id = resp.Header.Get("X-Amzn-Requestid")
		}
		return event, id
	}
	headers := func(event map[string]any) map[string]any { h, _ := event["headers"].(map[string]any); return h }
	event, _ := request("/v1/http/prod/a%20b/c|d", "tEsT-HEADeR: v", "user-agent: x", "x-forwarded-for: 192.0.2.1")
	if h := headers(event); h["tEsT-HEADeR"] != "v" || h["Host"] != "localhost" || h["User-Agent"] != "x" || h["X-Forwarded-For"] != "192.0.2.1, 127.0.0.1" || h["x-FIRST"] != nil || h["tEST"] != nil || h["content-type"] != "text/plain" {
		t.Errorf("headers are %v", h)
	}
	if id, _ := headers(event)["X-Amzn-Trace-Id"].(string); !strings.HasPrefix(id, "Root=1-") || strings.Contains(id, ";") {
		t.Errorf("trace is %q", id)
	}
	if event["path"] != "/a%20b/c|d" {
		t.Errorf("path is %v", event["path"])
	}
	event, id := request("/url/http/x", "tEsT-HEADeR: v", "X-Amzn-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1")
	if h := headers(event); h["test-header"] != "v" || h["x-amzn-trace-id"] != "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1" {
		t.Errorf("headers are %v", h)
	}
	about, _ := event["requestContext"].(map[string]any)
	if domain, _ := about["domainName"].(string); about["requestId"] != id || id == "" || !strings.HasSuffix(domain, ".lambda-url.us-east-1.on.aws") || len(domain) != 32+len(".lambda-url.us-east-1.on.aws") {
		t.Errorf("context is %v, request id %q", about, id)
	}
	if resp, body := do(t, "GET", base+"/v2/http/$default/50%25off", ""); resp.StatusCode != 400 || !strings.Contains(body, "refuses it") {
		t.Errorf("a percent sign before letters at an HTTP API: %s, %s", resp.Status, body)
	}
}

// The ids that a client gets are those of the event.
func TestIDsOfRequests(t *testing.T) {
	parallel(t)
	base := newServer(t, ServerConfig{}, "http")
	context := func(path string) (map[string]any, http.Header) {
		resp, body := do(t, "GET", base+path, "")
		var event struct{ RequestContext map[string]any }
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			t.Fatalf("%s: %s, %v", path, body, err)
		}
		return event.RequestContext, resp.Header
	}
	if c, h := context("/v1/http/prod/"); h.Get("X-Amzn-Requestid") != c["requestId"] || h.Get("X-Amz-Apigw-Id") != c["extendedRequestId"] || !strings.HasPrefix(h.Get("X-Amzn-Trace-Id"), "Root=1-") {
		t.Errorf("REST API: %v, %v", c, h)
	}
	if c, h := context("/v2/http/$default/"); h.Get("Apigw-Requestid") != c["requestId"] || h.Get("X-Amzn-Requestid") != "" {
		t.Errorf("HTTP API: %v, %v", c, h)
	}
	if c, h := context("/url/http/"); h.Get("X-Amzn-Requestid") != c["requestId"] {
		t.Errorf("function URL: %v, %v", c, h)
	}
}

// A load balancer adds to the trace, and refuses web sockets.
func TestLoadBalancerHeaders(t *testing.T) {
	parallel(t)
	base := newServer(t, ServerConfig{}, "http")
	const root = "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520;Sampled=1"
	_, body := do(t, "GET", base+"/alb/http/", "", "X-Amzn-Trace-Id: "+root)
	if ok, _ := regexp.MatchString(`"x-amzn-trace-id":"Self=1-[0-9a-f]{8}-[0-9a-f]{24};`+root+`"`, body); !ok {
		t.Errorf("trace in %s", body)
	}
	if resp, body := do(t, "GET", base+"/alb/http/", "", "Connection: Upgrade", "Upgrade: websocket"); resp.StatusCode != 400 || !strings.Contains(body, "<h1>400 Bad Request</h1>") {
		t.Errorf("web socket: %s, %s", resp.Status, body)
	}
}

// Header fields of the function that a client gets under other names.
func TestRemappedHeaders(t *testing.T) {
	for kind, want := range map[event.Trigger]string{
		event.RESTAPI:     "X-Amzn-Remapped-Connection X-Amzn-Remapped-Date X-Amzn-Remapped-Server X-Amzn-Remapped-Www-Authenticate",
		event.FunctionURL: "Connection Date Server X-Amzn-Remapped-Www-Authenticate",
		event.ALB:         "Connection Date Server Www-Authenticate",
	} {
		a, err := readAnswer(kind, []byte(`{"statusCode":401,"headers":{"WWW-Authenticate":"Basic","date":"d","Server":"s","connection":"close"}}`))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		a.setHeader(h)
		h.Del("Content-Type")
		if got := strings.Join(slices.Sorted(maps.Keys(h)), " "); got != want {
			t.Errorf("trigger %d: %s", kind, got)
		}
	}
}

func TestLimitsOfTriggers(t *testing.T) {
	parallel(t)
	s := NewServer(ServerConfig{})
	s.triggers[event.RESTAPI].patience, s.triggers[event.HTTPAPI].patience = 50*time.Millisecond, 50*time.Millisecond
	for _, h := range []string{"slow", "http-stream", "http"} {
		f, _ := newFunction(t, Config{Name: h, Handler: h, Timeout: 20 * time.Second, Memory: 512})
		s.Set(h, f)
	}
	base := serve(t, s)
	for path, want := range map[string]string{"/v1/slow/prod/": `504 {"message":"Endpoint request timed out"}`, "/v2/slow/$default/": `503 {"message":"Service Unavailable"}`} {
		resp, body := do(t, "GET", base+path, "")
		if got := strconv.Itoa(resp.StatusCode) + " " + strings.TrimSpace(body); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	big := strings.Repeat("x", 1<<20)
	for path, want := range map[string]int{"/alb/http/": 413, "/alb-multi/http/": 413, "/url/http/": 201} {
		if resp, _ := do(t, "POST", base+path, big+"x", "Content-Type: text/plain"); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	if resp, body := do(t, "POST", base+"/alb/http/", strings.Repeat(big, 8), "Content-Type: text/plain"); resp.StatusCode != 413 || !strings.Contains(body, "8388608 byte") {
		t.Errorf("8 MB at a load balancer: %s, %s", resp.Status, body)
	}
	if resp, _ := do(t, "POST", base+"/alb/http/", big[:300000], "Content-Type: text/plain"); resp.StatusCode != 201 {
		t.Errorf("300 kB at a load balancer: %s", resp.Status)
	}
}

func TestAnswerTooLargeForALoadBalancer(t *testing.T) {
	parallel(t)
	answer := func(size int) []byte {
		return []byte(`{"statusCode":200,"body":"` + strings.Repeat("x", size-28) + `"}`)
	}
	for kind, limit := range map[event.Trigger]int{event.ALB: 1 << 20, event.ALBMulti: 1 << 20, event.RESTAPI: 6 << 20} {
		if _, err := readAnswer(kind, answer(limit)); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
		if _, err := readAnswer(kind, answer(limit+1)); (err == nil) != (kind == event.RESTAPI) {
			t.Errorf("%v: one byte more: %v", kind, err)
		}
	}
}

func TestThrottlingByTrigger(t *testing.T) {
	parallel(t)
	s := NewServer(ServerConfig{})
	f, _ := newFunction(t, Config{Name: "hang", Handler: "hang", Concurrency: 1, Timeout: 3 * time.Second})
	s.Set("hang", f)
	base := serve(t, s)
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		if resp, err := http.Post(base+"/2015-03-31/functions/hang/invocations", "", strings.NewReader("1")); err == nil {
			resp.Body.Close()
		}
	}()
	for running := 0; running == 0; running, _ = f.pool.count() {
		time.Sleep(time.Millisecond)
	}
	for path, want := range map[string]int{"/url/hang/": 429, "/v2/hang/$default/": 503, "/v1/hang/prod/": 500, "/alb/hang/": 502, "/alb-multi/hang/": 502} {
		if resp, _ := do(t, "GET", base+path, ""); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	<-busy
}

// A REST API streams an answer that begins with a prelude, and collects any other.
func TestRESTAPIStreams(t *testing.T) {
	parallel(t)
	base := newServer(t, ServerConfig{}, "http-stream", "stream", "prelude")
	resp, body := do(t, "GET", base+"/v1/http-stream/prod/", "")
	if resp.StatusCode != 418 || resp.Header.Get("X-Kind") != "tea" || body != "drop by drop" || resp.ContentLength != -1 || resp.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("%s, %v, %q", resp.Status, resp.Header, body)
	}
	if resp, _ := do(t, "GET", base+"/v1/stream/prod/", ""); resp.StatusCode != 502 {
		t.Errorf("a stream without a prelude that is no response: %s", resp.Status)
	}
	long := `{"headers":{"X-A":"` + strings.Repeat("a", 16<<10) + `"}}`
	for path, status := range map[string]int{"/v1/prelude/prod/": 502, "/url/prelude/": 200} {
		if resp, _ := do(t, "POST", base+path, long, "Content-Type: text/plain"); resp.StatusCode != status {
			t.Errorf("%s: a prelude of more than 16 KB: %s", path, resp.Status)
		}
	}
	if resp, _ := do(t, "POST", base+"/v1/prelude/prod/", `{"StatusCode":404}`, "Content-Type: text/plain"); resp.StatusCode != 200 {
		t.Errorf("a prelude without a status: %s", resp.Status)
	}
}

// A REST API's binary media types determine what is in base64, in both directions.
func TestBinaryTypes(t *testing.T) {
	var refused []string
	base := newServer(t, ServerConfig{BinaryTypes: []string{"image/*", "application/pdf"}, Refused: func(_, _, why string) { refused = append(refused, why) }}, "answer", "http")
	call := func(path, body string, header ...string) string {
		t.Helper()
		r, err := http.NewRequest("POST", base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	const answer = `{"statusCode":200,"body":"aGVsbG8=","isBase64Encoded":true}`
	for accept, want := range map[string]string{
		"image/png":                  "hello",
		"IMAGE/webp;q=0.8, */*":      "hello",
		"application/pdf":            "hello",
		"*/*":                        "aGVsbG8=",
		"text/html, application/pdf": "aGVsbG8=",
		"":                           "aGVsbG8=",
	} {
		refused = nil
		got := call("/v1/answer/s/", answer, "Content-Type: text/plain", "Accept: "+accept)
		if said := len(refused) == 1 && strings.Contains(refused[0], "binary media type"); got != want || said == (want == "hello") {
			t.Errorf("Accept %q: %s, %q", accept, got, refused)
		}
	}
	if got := call("/v2/answer/s/", answer, "Content-Type: text/plain"); got != "hello" {
		t.Errorf("an HTTP API has no such types: %s", got)
	}
	for kind, want := range map[string]string{
		"image/png":       `"body":"/wBh","isBase64Encoded":true`,
		"application/pdf": `"body":"/wBh","isBase64Encoded":true`,
		"text/plain":      `"body":"\ufffd\u0000a","isBase64Encoded":false`,
		"":                `"body":"\ufffd\u0000a","isBase64Encoded":false`,
	} {
		var h []string
		if kind != "" {
			h = append(h, "Content-Type: "+kind)
		}
		if got := call("/v1/http/s/", "\xff\x00a", h...); !strings.Contains(strings.ReplaceAll(got, "\uFFFD", `\ufffd`), want) {
			t.Errorf("%q: %s", kind, got)
		}
	}
}

// Buffered function URLs and REST APIs collect what a function streams.
func TestBuffered(t *testing.T) {
	parallel(t)
	base := newServer(t, ServerConfig{Buffered: true}, "stream", "http-stream")
	resp, body := do(t, "GET", base+"/url/stream/", "")
	if resp.StatusCode != 200 || resp.ContentLength != int64(len(body)) || !json.Valid([]byte(body)) {
		t.Errorf("%s, %d of %q", resp.Status, resp.ContentLength, body)
	}
	if resp, body = do(t, "GET", base+"/v1/http-stream/s/", ""); resp.StatusCode != 502 {
		t.Errorf("a prelude is no response of a buffered API: %s, %q", resp.Status, body)
	}
}
