package nethttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// TestMain is the bootstrap that fakeapi.Start runs.
func TestMain(m *testing.M) {
	if os.Getenv(fakeapi.Bootstrap) == "" {
		os.Exit(m.Run())
	}
	Handle("web", mux())
	Start()
}

func mux() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /echo/{name}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		event, ok := Event(r.Context())
		inv, _ := runtime.FromContext(r.Context())
		w.Header().Set("X-Request", inv.RequestID)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "x")
		fmt.Fprintf(w, "%s|%s|%s|%s|%s|%s|%s|%v", r.PathValue("name"), r.URL.Query().Get("q"), r.Host, r.RemoteAddr, r.Header.Get("X-Y"), body, r.URL.Path, ok && event.PathParameters["p"] == "v")
	})
	m.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html></html>") })
	m.HandleFunc("/binary", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0xfe, 0}) })
	m.HandleFunc("/odd", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		w.Header()["Content-Type"] = nil
		w.Header().Set("X-A", "a\r\nb: c")
		w.Header().Set("Trailer", "X-T")
		_, _ = io.WriteString(w, "<html></html>")
		w.Header().Set(http.TrailerPrefix+"X-Q", "1")
	})
	m.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic("a 204 took a body")
		}
	})
	m.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
		}
		_, _ = io.WriteString(w, "end")
	})
	m.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	m.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	m.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	return m
}

func event(method, path, body string) []byte {
	return []byte(`{"version":"2.0","rawPath":"` + path + `","rawQueryString":"q=1%202","headers":{"host":"h","x-y":"z"},"pathParameters":{"p":"v"},
		"requestContext":{"domainName":"u.lambda-url.eu-west-1.on.aws","http":{"method":"` + method + `","sourceIp":"192.0.2.1"}},"body":"` + body + `"}`)
}

type answer struct {
	StatusCode int
	Headers    map[string]string
	Cookies    []string
	Body       string
	IsBase64   bool `json:"isBase64Encoded"`
}

func TestLambda(t *testing.T) {
	p := fakeapi.Start(t, "_HANDLER=web")
	get := func(method, path string) (a answer) {
		t.Helper()
		raw := p.Invoke(fakeapi.Event{ID: "id-1", Body: event(method, path, "hello")})
		if raw.Kind != "response" || json.Unmarshal(raw.Body, &a) != nil {
			t.Fatalf("%s is answered with %s %s", path, raw.Kind, raw.Body)
		}
		return a
	}
	a := get("POST", "/echo/a%20b")
	if want := "a b|1 2|h|192.0.2.1:0|z|hello|/echo/a b|true"; a.Body != want || a.StatusCode != 201 {
		t.Errorf("got %d %q, want 201 %q", a.StatusCode, a.Body, want)
	}
	if a.Headers["x-request"] != "id-1" || a.Headers["x-late"] != "" || a.Headers["content-type"] != "text/plain; charset=utf-8" || fmt.Sprint(a.Cookies) != "[a=1 b=2]" {
		t.Errorf("headers %v, cookies %v", a.Headers, a.Cookies)
	}
	if a := get("GET", "/html"); a.Headers["content-type"] != "text/html; charset=utf-8" || a.StatusCode != 200 {
		t.Errorf("got %+v", a)
	}
	if a := get("GET", "/binary"); a.Body != "//4A" || !a.IsBase64 {
		t.Errorf("got %+v", a)
	}
	if a := get("GET", "/odd"); fmt.Sprint(a.Headers) != "map[x-a:a  b: c]" {
		t.Errorf("headers are %v", a.Headers)
	}
	if a := get("GET", "/none"); a.StatusCode != 204 || a.Body != "" {
		t.Errorf("got %+v", a)
	}
	if a := get("GET", "/nowhere"); a.StatusCode != 404 {
		t.Errorf("got %+v", a)
	}
	stream := p.Invoke(fakeapi.Event{ID: "s", Body: event("GET", "/stream", "")})
	want := `{"statusCode":200,"headers":{"content-type":"text/event-stream"}}` + strings.Repeat("\x00", 8) + "data: 0\n\ndata: 1\n\ndata: 2\n\nend"
	if string(stream.Body) != want || stream.Header["content-type"] != "application/vnd.awslambda.http-integration-response" || stream.Chunks != 5 {
		t.Errorf("stream is %q in %d chunks, %v", stream.Body, stream.Chunks, stream.Header)
	}
	for path, want := range map[string]string{"/abort": "Function.Aborted"} {
		if a := p.Invoke(fakeapi.Event{ID: "e", Body: event("GET", path, "")}); a.Kind != "error" || a.Header["lambda-runtime-function-error-type"] != want {
			t.Errorf("%s is answered with %s %s", path, a.Kind, a.Body)
		}
	}
	if a := p.Invoke(fakeapi.Event{ID: "e", Body: []byte(`{}`)}); a.Kind != "error" || !strings.Contains(string(a.Body), "not an HTTP event") {
		t.Errorf("no HTTP event is answered with %s %s", a.Kind, a.Body)
	}
	last := p.Invoke(fakeapi.Event{ID: "p", Body: event("GET", "/panic", "")})
	if last.Kind != "error" || !strings.Contains(string(last.Body), "nethttp_test.go") {
		t.Errorf("panic is answered with %s %s", last.Kind, last.Body)
	}
	if code, _ := p.Wait(); code != 1 {
		t.Errorf("left with %d after a panic", code)
	}
}

// A request that runs when the server is asked to end is answered.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	reached := make(chan bool)
	go func() {
		ended <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(reached)
			mux().ServeHTTP(w, r)
		}))
	}()
	go func() {
		<-reached
		cancel()
	}()
	resp, err := http.Get("http://" + l.Addr().String() + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "done" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

func TestLocal(t *testing.T) {
	mu.Lock()
	handlers = map[string]http.Handler{"one": mux(), "two": mux()}
	mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct{ port, handler, want string }{
		{"", "one", "PORT=8080"},
		{"0", "three", `handler "three" is not registered; this bootstrap has "one", "two"`},
		{"0", "", "hint: set _HANDLER"},
		{"no", "one", `port "no"`},
	} {
		if err := local(ctx, c.port, c.handler); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error is %v", c, err)
		}
	}
	if err := local(ctx, "0", "one"); err != nil {
		t.Errorf("end was asked for: %v", err)
	}
}

// Characters that an HTTP API leaves in a path after decoding cause no failure, and question
// marks and percent signs have no special meaning there.
func TestRequestPaths(t *testing.T) {
	const (
		api = `{"version":"2.0","rawPath":%q,"rawQueryString":"q=1","requestContext":{"domainName":"api.example.com","stage":"dev","http":{"method":"GET"}}}`
		alb = `{"httpMethod":"GET","path":%q,"queryStringParameters":{"q":"1"},"requestContext":{"elb":{}}}`
	)
	for _, c := range []struct{ event, path, target string }{
		{fmt.Sprintf(api, "/files/50%.txt"), "/files/50%.txt", "/files/50%25.txt?q=1"},
		{fmt.Sprintf(api, "/%20x"), "/%20x", "/%2520x?q=1"},
		{fmt.Sprintf(api, "/a?b=c"), "/a?b=c", "/a%3Fb=c?q=1"},
		{fmt.Sprintf(api, "/dev/a b"), "/a b", "/a%20b?q=1"},
		{fmt.Sprintf(api, "//a//b"), "//a//b", "//a//b?q=1"},
		{fmt.Sprintf(alb, "/a%2Fb"), "/a/b", "/a%2Fb?q=1"},
		{fmt.Sprintf(alb, "/50%"), "/50%", "/50%25?q=1"},
	} {
		event, err := httpevent.Parse([]byte(c.event))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Request(t.Context(), event)
		if err != nil || r.URL.Path != c.path || r.RequestURI != c.target || r.URL.Query().Get("q") != "1" {
			t.Errorf("%s: %v, %+v", c.event, err, r)
			continue
		}
		if again, err := url.ParseRequestURI(r.RequestURI); err != nil || again.Path != c.path || again.RawPath != r.URL.RawPath {
			t.Errorf("%s: %q is read back as %+v, %v; the URL is %+v", c.event, r.RequestURI, again, err, r.URL)
		}
	}
}
