//go:build linux

package emulator

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

// newServer makes a server with functions that are called as their handlers.
func newServer(t *testing.T, c ServerConfig, handlers ...string) string {
	t.Helper()
	s := NewServer(c)
	for _, h := range handlers {
		f, _ := newFunction(t, Config{Name: h, Handler: h, Concurrency: 1, Timeout: 20 * time.Second})
		s.Set(h, f)
	}
	return serve(t, s)
}

// serve serves until the end of the test.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// do sends a request; headers come as "Name: value".
func do(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ": ")
		if !ok {
			continue
		}
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestInvokeAPI(t *testing.T) {
	base := newServer(t, ServerConfig{}, "echo", "error", "headers")
	functions := base + "/2015-03-31/functions/"
	for name, c := range map[string]struct {
		url, body, header string
		status            int
		kind              string // header X-Amzn-Errortype
		answer            string
	}{
		"plain":           {"echo/invocations", `{"a":1}`, "", 200, "", `{"a":1}`},
		"empty":           {"echo/invocations", ``, "", 200, "", `{}`},
		"ARN":             {"arn:aws:lambda:us-east-1:1:function:echo:live/invocations", `1`, "", 200, "", `1`},
		"partial ARN":     {"123456789012:function:echo/invocations", `1`, "", 200, "", `1`},
		"dry run":         {"echo/invocations", `1`, "X-Amz-Invocation-Type: DryRun", 204, "", ""},
		"unknown":         {"nope/invocations", `1`, "", 404, "ResourceNotFoundException", `"Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope"`},
		"no JSON":         {"echo/invocations", `{`, "", 400, "InvalidRequestContentException", "Could not parse request body into json"},
		"too large":       {"echo/invocations", `"` + strings.Repeat("x", 6<<20) + `"`, "", 413, "RequestTooLargeException", "6291458 byte payload is too large for the Invoke operation (limit 6291456 bytes)"},
		"too large async": {"echo/invocations", `"` + strings.Repeat("x", 1<<20) + `"`, "X-Amz-Invocation-Type: Event", 413, "RequestTooLargeException", "limit 1048576 bytes"},
		"odd type":        {"echo/invocations", `1`, "X-Amz-Invocation-Type: Sometimes", 400, "InvalidParameterValueException", "Sometimes"},
		"bad context":     {"echo/invocations", `1`, "X-Amz-Client-Context: ?", 400, "InvalidRequestContentException", "Client context"},
		"context":         {"headers/invocations?Qualifier=7", `1`, "X-Amz-Client-Context: " + base64.StdEncoding.EncodeToString([]byte(`{"x":1}`)), 200, "", `Lambda-Runtime-Client-Context:[{\"x\":1}]`},
		"qualifier":       {"headers/invocations?Qualifier=7", `1`, "", 200, "", "function:headers:7]"},
		"function error":  {"error/invocations", `1`, "", 200, "", `{"errorMessage":"no luck","errorType":"Luck"}`},
	} {
		resp, body := do(t, "POST", functions+c.url, c.body, c.header)
		if resp.StatusCode != c.status || resp.Header.Get("X-Amzn-Errortype") != c.kind || !strings.Contains(body, c.answer) {
			t.Errorf("%s: %s, %v, %.300s", name, resp.Status, resp.Header, body)
		}
		if resp.StatusCode == 200 && (resp.Header.Get("X-Amz-Executed-Version") != "$LATEST" || (resp.Header.Get("X-Amz-Function-Error") == "Unhandled") != (name == "function error")) {
			t.Errorf("%s: %v", name, resp.Header)
		}
	}
	resp, _ := do(t, "POST", functions+"echo/invocations", "1", "X-Amz-Log-Type: Tail")
	log, err := base64.StdEncoding.DecodeString(resp.Header.Get("X-Amz-Log-Result"))
	if err != nil || !strings.HasPrefix(string(log), "START RequestId: "+resp.Header.Get("X-Amzn-Requestid")) {
		t.Errorf("log is %q, %v", log, err)
	}
	for url, want := range map[string]string{
		"": `"FunctionName":"headers"`, "echo": `"Configuration":{`, "echo/configuration": `"FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:echo"`,
	} {
		if resp, body := do(t, "GET", functions+url, ""); resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %s, %s", url, resp.Status, body)
		}
	}
	if resp, _ := do(t, "GET", functions+"nope", ""); resp.StatusCode != 404 {
		t.Errorf("unknown function: %s", resp.Status)
	}
}

func TestThrottling(t *testing.T) {
	base := newServer(t, ServerConfig{}, "slow")
	statuses := make(chan int)
	for range 3 {
		go func() {
			resp, err := http.Post(base+"/2015-03-31/functions/slow/invocations", "", strings.NewReader("1"))
			if err != nil {
				statuses <- 0
				return
			}
			resp.Body.Close()
			statuses <- resp.StatusCode
		}()
	}
	count := map[int]int{}
	for range 3 {
		count[<-statuses]++
	}
	if count[200] < 1 || count[429] < 1 || count[200]+count[429] != 3 {
		t.Errorf("statuses are %v", count)
	}
}

func TestAsynchronousEventsAreRetried(t *testing.T) {
	dropped := make(chan string, 9)
	base := newServer(t, ServerConfig{
		Retries: []time.Duration{time.Millisecond, time.Millisecond},
		Dropped: func(function, _, reason string) { dropped <- function + " " + reason },
	}, "error", "echo", "slow")
	for _, name := range []string{"echo", "error"} {
		if resp, body := do(t, "POST", base+"/2015-03-31/functions/"+name+"/invocations", "1", "X-Amz-Invocation-Type: Event"); resp.StatusCode != 202 || body != "" {
			t.Errorf("%s: %s, %q", name, resp.Status, body)
		}
	}
	if got := <-dropped; got != "error Function.Luck" {
		t.Errorf("dropped was %q", got)
	}
	// More of them than there are instances wait for their turn.
	for range 3 {
		do(t, "POST", base+"/2015-03-31/functions/slow/invocations", "1", "X-Amz-Invocation-Type: Event")
	}
	for {
		resp, body := do(t, "POST", base+"/2015-03-31/functions/slow/invocations", `"count"`)
		if resp.StatusCode == 200 && body >= "3" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(dropped) > 0 {
		t.Errorf("dropped was %q", <-dropped)
	}
}

func TestInvokeWithResponseStream(t *testing.T) {
	base := newServer(t, ServerConfig{}, "stream", "stream-fail", "echo", "error")
	const event = `"0123456789012345678901234567890123456789"`
	for name, want := range map[string]struct{ payload, end string }{
		"stream": {event, "{}"}, "echo": {event, "{}"},
		"stream-fail": {event, `{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"torn\",\"errorType\":\"Torn\"}"}`},
		"error":       {"", `{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no luck\",\"errorType\":\"Luck\"}"}`},
	} {
		resp, body := do(t, "POST", base+"/2021-11-15/functions/"+name+"/response-streaming-invocations", event)
		payload, end := "", ""
		for b := []byte(body); len(b) > 0; {
			total, headers := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
			if crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) || crc32.ChecksumIEEE(b[:total-4]) != binary.BigEndian.Uint32(b[total-4:]) {
				t.Fatalf("%s: wrong checksum in %q", name, body)
			}
			content := string(b[12+headers : total-4])
			if strings.Contains(string(b[12:12+headers]), "PayloadChunk") {
				payload += content
			} else {
				end = content
			}
			b = b[total:]
		}
		if resp.StatusCode != 200 || payload != want.payload || end != want.end || resp.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" {
			t.Errorf("%s: %s, %q, end %q", name, resp.Status, payload, end)
		}
	}
	for path, want := range map[string]int{"nope DryRun": 404, "nope x": 404, "echo DryRun": 204, "echo Event": 400, "echo x": 400} {
		name, kind, _ := strings.Cut(path, " ")
		header := "X-Amz-Invocation-Type: " + kind
		if kind == "x" && name == "nope" {
			header = ""
		}
		if resp, body := do(t, "POST", base+"/2021-11-15/functions/"+name+"/response-streaming-invocations", event, header); resp.StatusCode != want || want == 204 && body != "" {
			t.Errorf("%s: %s, %q", path, resp.Status, body)
		}
	}
}

// The call decides whether an answer is streamed: one that a runtime sends
// without saying that it streams may have more than 6 MB then.
func TestInvokeWithResponseStreamTakesAnyAnswer(t *testing.T) {
	base := newServer(t, ServerConfig{}, "oversize")
	resp, body := do(t, "POST", base+"/2021-11-15/functions/oversize/response-streaming-invocations", "1")
	if resp.StatusCode != 200 || strings.Count(body, "x") < 7<<20 || !strings.Contains(body, "InvokeComplete") || strings.Contains(body, "ErrorCode") {
		t.Errorf("%s, %d bytes", resp.Status, len(body))
	}
	if resp, _ := do(t, "POST", base+"/url/oversize/", "1"); resp.StatusCode != 502 {
		t.Errorf("function URL: %s", resp.Status)
	}
}

// What functions answer is read as API Gateway, function URLs and load balancers do; what is no HTTP
// response is refused, and told.
func TestAnswers(t *testing.T) {
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

func TestForeignRequestsAreRefused(t *testing.T) {
	base := newServer(t, ServerConfig{Hosts: []string{"box"}}, "echo")
	const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"
	for headers, want := range map[string]int{
		browser:                      200,
		browser + "\nHost: box:9000": 403,
		browser + "\nHost: box:9000\nReferer: http://box:9000/page":     200,
		browser + "\nHost: box:9000\nReferer: http://attacker.example/": 403,
		browser + "\nHost: box:9000\nReferer: http://box.example/":      403,
		browser + "\nHost: box:9000\nSec-Fetch-Site: none":              200,
		browser + "\nHost: box:9000\nSec-Fetch-Site: cross-site":        403,
		browser + "\nHost: box:9000\nOrigin: http://box:9000":           200,
		"Host: attacker.example":                                        403,
		"Host: attacker.example:80":                                     403,
		"Host: 192.0.2.1":                                               403,
		"Host: box:9000":                                                200,
		"Host: localhost":                                               200,
		"Host: BOX":                                                     200,
		"Host: LocalHost:1":                                             200,
		"Host: [::1]":                                                   200,
		"Host: [::1]:99":                                                200,
		"Origin: https://a.example":                                     403,
		"Origin: http://localhost:5173":                                 403,
		"Origin: null":                                                  403,
		"Origin: " + base:                                               200,
		"Sec-Fetch-Site: cross-site":                                    403,
		"Sec-Fetch-Site: same-origin":                                   200,
		"Sec-Fetch-Site: none":                                          200,
	} {
		for _, path := range []string{"/url/echo/", "/2015-03-31/functions/echo/configuration"} {
			if resp, _ := do(t, "GET", base+path, "", strings.Split(headers, "\n")...); resp.StatusCode != want {
				t.Errorf("%q: %s, want %d", headers, resp.Status, want)
			}
		}
	}
}

// The body of an answer without a status is that of a JSON string, or the JSON.
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

// What a function sees of a request is what AWS sends.
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
		// The second request on the connection has the names of its own.
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
	if h := headers(event); h["tEsT-HEADeR"] != "v" || h["Host"] != "localhost" || h["User-Agent"] != "x" || h["X-Forwarded-For"] != "127.0.0.1" || h["x-FIRST"] != nil || h["tEST"] != nil || h["content-type"] != "text/plain" {
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

func TestLimitsOfTriggers(t *testing.T) {
	s := NewServer(ServerConfig{})
	s.triggerPatience = map[event.Trigger]time.Duration{event.RESTAPI: 50 * time.Millisecond, event.HTTPAPI: 50 * time.Millisecond}
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
	for path, want := range map[string]int{"/url/hang/": 429, "/v2/hang/$default/": 503, "/v1/hang/prod/": 500, "/alb/hang/": 503} {
		if resp, _ := do(t, "GET", base+path, ""); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	<-busy
}

// A REST API streams what begins with a prelude, and has anything else whole.
func TestRESTAPIStreams(t *testing.T) {
	base := newServer(t, ServerConfig{}, "http-stream", "stream", "prelude")
	resp, body := do(t, "GET", base+"/v1/http-stream/prod/", "")
	if resp.StatusCode != 418 || resp.Header.Get("X-Kind") != "tea" || body != "drop by drop" || resp.ContentLength != -1 || resp.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("%s, %v, %q", resp.Status, resp.Header, body)
	}
	if resp, _ := do(t, "GET", base+"/v1/stream/prod/", ""); resp.StatusCode != 502 {
		t.Errorf("a stream without a prelude that is no response: %s", resp.Status)
	}
	if resp, _ := do(t, "POST", base+"/v1/prelude/prod/", `{"StatusCode":404}`, "Content-Type: text/plain"); resp.StatusCode != 200 {
		t.Errorf("a prelude without a status: %s", resp.Status)
	}
}

func TestAllowedOrigins(t *testing.T) {
	const page, other = "http://localhost:5173", "http://localhost:5174"
	base := newServer(t, ServerConfig{Origins: []string{page}}, "http", "answer")
	for _, path := range []string{"/url/http/", "/v1/http/prod/", "/alb/http/", "/2015-03-31/functions/"} {
		resp, _ := do(t, "GET", base+path, "", "Origin: "+page, "Sec-Fetch-Site: cross-site")
		if resp.StatusCode/100 != 2 || strings.Join(resp.Header.Values("Access-Control-Allow-Origin"), " ") != page {
			t.Errorf("%s: %s, %v", path, resp.Status, resp.Header)
		}
		resp, _ = do(t, "OPTIONS", base+path, "", "Origin: "+page, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a")
		if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Methods") != "PUT" || resp.Header.Get("Access-Control-Allow-Headers") != "x-a" {
			t.Errorf("%s: preflight: %s, %v", path, resp.Status, resp.Header)
		}
		for _, headers := range [][]string{{"Origin: " + other}, {"Sec-Fetch-Site: cross-site"}, {"Origin: " + other, "Access-Control-Request-Method: PUT"}} {
			method := "GET"
			if len(headers) == 2 {
				method = "OPTIONS"
			}
			if resp, _ := do(t, method, base+path, "", headers...); resp.StatusCode != 403 || resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %v: %s, %v", path, headers, resp.Status, resp.Header)
			}
		}
	}
	// A request for OPTIONS that is no preflight is the function's; its header counts.
	if resp, _ := do(t, "OPTIONS", base+"/url/http/", "", "Origin: "+page); resp.StatusCode != 201 {
		t.Errorf("OPTIONS: %s", resp.Status)
	}
	for _, path := range []string{"/url/answer/", "/alb/answer/"} {
		resp, _ := do(t, "POST", base+path, `{"statusCode":200,"headers":{"access-control-allow-origin":"*"}}`, "Content-Type: text/plain", "Origin: "+page)
		if got := strings.Join(resp.Header.Values("Access-Control-Allow-Origin"), " "); got != "*" {
			t.Errorf("%s: the function's own header became %q", path, got)
		}
	}
	base = newServer(t, ServerConfig{Origins: []string{"*"}}, "http")
	if resp, _ := do(t, "GET", base+"/url/http/", "", "Origin: "+other); resp.StatusCode != 201 || resp.Header.Get("Access-Control-Allow-Origin") != other {
		t.Errorf("any origin: %s, %v", resp.Status, resp.Header)
	}
	if resp, _ := do(t, "GET", base+"/url/http/", "", "Host: evil.example"); resp.StatusCode != 403 {
		t.Errorf("any origin, foreign host: %s", resp.Status)
	}
}

func TestFunctionsAPI(t *testing.T) {
	base := newServer(t, ServerConfig{}, "echo", "http", "error", "headers")
	functions := base + "/2015-03-31/functions/"
	get := func(url string) (page struct {
		Functions     []struct{ FunctionName string }
		NextMarker    string
		Configuration struct {
			CodeSha256, RevisionId string
			CodeSize               int
		}
	}) {
		t.Helper()
		resp, body := do(t, "GET", url, "")
		if resp.StatusCode != 200 || json.Unmarshal([]byte(body), &page) != nil {
			t.Fatalf("%s: %s, %s", url, resp.Status, body)
		}
		return page
	}
	var names []string
	marker := ""
	for range 3 {
		page := get(functions + "?MaxItems=2&Marker=" + marker)
		for _, f := range page.Functions {
			names = append(names, f.FunctionName)
		}
		if marker = page.NextMarker; marker == "" {
			break
		}
	}
	if strings.Join(names, " ") != "echo error headers http" {
		t.Errorf("pages have %v", names)
	}
	if page := get(functions); len(page.Functions) != 4 || page.NextMarker != "" {
		t.Errorf("%+v", page)
	}
	if c := get(functions + "echo").Configuration; len(c.CodeSha256) != 44 || c.CodeSize < 1000 || len(c.RevisionId) != 36 {
		t.Errorf("configuration is %+v", c)
	}
	for request, want := range map[string]string{
		"GET 2015-03-31/functions/?MaxItems=0":       "400 InvalidParameterValueException",
		"GET 2015-03-31/functions/?MaxItems=x":       "400 InvalidParameterValueException",
		"GET 2015-03-31/functions/?Marker=%25":       "400 InvalidParameterValueException",
		"GET 2015-03-31/functions/echo/policy":       "404 UnknownOperationException",
		"POST 2015-03-31/functions":                  "404 UnknownOperationException",
		"DELETE 2015-03-31/functions/echo":           "404 UnknownOperationException",
		"PUT 2015-03-31/functions/echo/code":         "404 UnknownOperationException",
		"GET 2019-09-25/functions/echo/event-invoke": "404 UnknownOperationException",
		"GET nowhere": "404 ",
		"POST ":       "404 ",
	} {
		method, path, _ := strings.Cut(request, " ")
		resp, body := do(t, method, base+"/"+path, "")
		var document struct{ Message string }
		if err := json.Unmarshal([]byte(body), &document); err != nil || document.Message == "" {
			t.Errorf("%s: %s", request, body)
		}
		if got := strconv.Itoa(resp.StatusCode) + " " + resp.Header.Get("X-Amzn-Errortype"); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
	resp, body := do(t, "GET", base+"/", "")
	for _, want := range []string{"echo", base + "/url/http/", base + "/v2/http/$default/", base + "/alb-multi/http/"} {
		if resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%q is not in the index: %s\n%s", want, resp.Status, body)
		}
	}
}

func TestClientContext(t *testing.T) {
	base := newServer(t, ServerConfig{}, "echo")
	url := base + "/2015-03-31/functions/echo/invocations"
	long := "X-Amz-Client-Context: " + base64.StdEncoding.EncodeToString([]byte(`"`+strings.Repeat("x", 2700)+`"`))
	if resp, body := do(t, "POST", url, "1", long); resp.StatusCode != 400 || resp.Header.Get("X-Amzn-Errortype") != "InvalidRequestContentException" {
		t.Errorf("%s, %s", resp.Status, body)
	}
	for _, context := range []string{long, "X-Amz-Client-Context: ?"} {
		if resp, body := do(t, "POST", url, "1", context, "X-Amz-Invocation-Type: Event"); resp.StatusCode != 202 {
			t.Errorf("an asynchronous event, which has no client context: %s, %s", resp.Status, body)
		}
	}
}
