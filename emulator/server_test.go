//go:build linux

package emulator

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newServer makes a server with functions that have the names of their handlers.
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
		"plain":             {"echo/invocations", `{"a":1}`, "", 200, "", `{"a":1}`},
		"empty":             {"echo/invocations", ``, "", 200, "", `{}`},
		"ARN":               {"arn:aws:lambda:us-east-1:1:function:echo:live/invocations", `1`, "", 200, "", `1`},
		"partial ARN":       {"123456789012:function:echo/invocations", `1`, "", 200, "", `1`},
		"dry run":           {"echo/invocations", `1`, "X-Amz-Invocation-Type: DryRun", 204, "", ""},
		"unknown":           {"nope/invocations", `1`, "", 404, "ResourceNotFoundException", `"Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope"`},
		"no JSON":           {"echo/invocations", `{`, "", 400, "InvalidRequestContentException", "Could not parse request body into json"},
		"too large":         {"echo/invocations", `"` + strings.Repeat("x", 6<<20) + `"`, "", 413, "RequestTooLargeException", "6291458 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"},
		"too large async":   {"echo/invocations", `"` + strings.Repeat("x", 1<<20) + `"`, "X-Amz-Invocation-Type: Event", 413, "RequestTooLargeException", "byte payload is too large for the Event invocation type (limit 1048576 bytes)"},
		"odd type":          {"echo/invocations", `1`, "X-Amz-Invocation-Type: Sometimes", 400, "InvalidParameterValueException", "Sometimes"},
		"context of a list": {"echo/invocations", `1`, "X-Amz-Client-Context: WzFd", 400, "InvalidRequestContentException", `"message":"Client context`},
		"bad context":       {"echo/invocations", `1`, "X-Amz-Client-Context: ?", 400, "InvalidRequestContentException", "Client context"},
		"context":           {"headers/invocations?Qualifier=7", `1`, "X-Amz-Client-Context: " + base64.StdEncoding.EncodeToString([]byte(`{"x":1}`)), 200, "", `Lambda-Runtime-Client-Context:[{\"x\":1}]`},
		"qualifier":         {"headers/invocations?Qualifier=7", `1`, "", 200, "", "function:headers:7]"},
		"function error":    {"error/invocations", `1`, "", 200, "", `{"errorMessage":"no luck","errorType":"Luck"}`},
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
		if resp, body := do(t, "GET", functions+url, ""); resp.StatusCode != 200 || !strings.Contains(body, want) || resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: %s, %v, %s", url, resp.Status, resp.Header, body)
		}
	}
	if resp, _ := do(t, "GET", functions+"nope", ""); resp.StatusCode != 404 || resp.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("unknown function: %s, %v", resp.Status, resp.Header)
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
	parallel(t)
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
	// If there are more events than instances, they wait for their turn.
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
	parallel(t)
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

// The operation decides whether an answer is streamed. In a stream, an answer may have more
// than 6 MB, even if the runtime does not declare that it streams.
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

func TestForeignRequestsAreRefused(t *testing.T) {
	base := newServer(t, ServerConfig{Hosts: []string{"box", "other:9000", "[2001:db8::1]:80"}}, "echo")
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
		"Host: other":                                                   200,
		"Host: [2001:db8::1]":                                           200,
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
	// An OPTIONS request that is not a preflight goes to the function, whose header counts.
	if resp, _ := do(t, "OPTIONS", base+"/url/http/", "", "Origin: "+page); resp.StatusCode != 201 {
		t.Errorf("OPTIONS: %s", resp.Status)
	}
	for _, path := range []string{"/url/answer/", "/alb/answer/"} {
		resp, _ := do(t, "POST", base+path, `{"statusCode":200,"headers":{"access-control-allow-origin":"*"}}`, "Content-Type: text/plain", "Origin: "+page)
		if got := strings.Join(resp.Header.Values("Access-Control-Allow-Origin"), " "); got != "*" {
			t.Errorf("%s: the function's own header became %q", path, got)
		}
	}
	resp, _ := do(t, "POST", base+"/url/answer/", `{"statusCode":200,"headers":{"vary":"Accept"}}`, "Content-Type: text/plain", "Origin: "+page)
	if got := strings.Join(resp.Header.Values("Vary"), ", "); got != "Accept, Origin" {
		t.Errorf("Vary is %q", got)
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
