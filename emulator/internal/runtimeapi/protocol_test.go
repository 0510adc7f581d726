package runtimeapi

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// post sends a request with the header fields in more, each of which ends a
// line.
func (b *bench) post(path, more, body string) (string, http.Header) {
	b.t.Helper()
	b.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", path, more, len(body), body))
	return b.response()
}

func (b *bench) want(what, got, want string) {
	b.t.Helper()
	if !strings.HasPrefix(got, want) {
		b.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// until waits until a request on another connection has arrived.
func (b *bench) until(there func() bool) {
	b.t.Helper()
	for range 2000 {
		b.server.mu.Lock()
		ok := there()
		b.server.mu.Unlock()
		if ok {
			return
		}
		time.Sleep(time.Millisecond)
	}
	b.t.Fatal("it is not there")
}

func TestPing(t *testing.T) {
	b := newBench(t, 1)
	b.get("/2018-06-01/ping")
	text, _ := b.response()
	b.want("ping", text, "200 pong")
}

// A client that asks again while an event runs gets it once more. The event is answered
// once, and the next event comes once.
func TestEventIsGivenAgain(t *testing.T) {
	b := newBench(t, 1)
	b.get(nextPath)
	_, answers := b.offer("a", "1")
	b.response()
	for range 2 {
		b.get(nextPath)
		if text, h := b.response(); text != "200 1" || h.Get("Lambda-Runtime-Aws-Request-Id") != "a" {
			t.Errorf("asked again: %s, %v", text, h)
		}
	}
	// If the connection of such a request breaks, nothing is taken back.
	again := *b
	again.dial()
	again.get(nextPath)
	again.net.Close()
	text, _ := b.post(responsePath("a"), "", "2")
	b.want("answer", text, "202 ")
	if a := <-answers; string(a.Payload) != "2" {
		t.Errorf("%+v", a)
	}
	b.get(nextPath)
	b.offer("b", "3")
	text, _ = b.response()
	b.want("the next event", text, "200 3")
}

// The id is checked before the state.
func TestOrderOfRefusals(t *testing.T) {
	b := newBench(t, 1)
	invalid, state := `400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`, "403 {\"errorMessage\":\"State transition from "
	text, _ := b.post(responsePath("a"), "", "1")
	b.want("before next", text, invalid)
	b.get(nextPath)
	b.offer("a", "1")
	b.response()
	text, _ = b.post(responsePath("b"), "", "1")
	b.want("another id", text, invalid)
	text, _ = b.post(responsePath("a"), "", "1")
	b.want("answer", text, "202 ")
	text, _ = b.post(responsePath("a"), "", "1")
	b.want("second answer", text, state+"RuntimeResponseSentState to InvocationResponse")
	text, _ = b.post(responsePath("b"), "", "1")
	b.want("another id afterwards", text, invalid)
}

func TestErrorTypes(t *testing.T) {
	for _, c := range []struct{ header, body, want string }{
		{"", `{"errorMessage":"no","errorType":"myErr"}`, "myErr"},
		{"Function.Luck", `{"errorMessage":"no","errorType":"myErr"}`, "Function.Luck"},
		{"", `{"errorMessage":"no"}`, ""},
		{"", `{"errorType":7}`, ""},
		{"", `no luck`, ""},
		{"", ``, ""},
		{"Function.Luck", ``, "Function.Luck"},
	} {
		b := newBench(t, 1)
		b.get(nextPath)
		_, answers := b.offer("a", "1")
		b.response()
		more := ""
		if c.header != "" {
			more = headerErrorType + ": " + c.header + "\r\n"
		}
		text, _ := b.post(runtimePath+"invocation/a/error", more, c.body)
		b.want("error", text, "202 ")
		if a := <-answers; a.ErrorType != c.want || !a.Failed {
			t.Errorf("%q, %q: type is %q, want %q", c.header, c.body, a.ErrorType, c.want)
		}
	}
	b := newBench(t, 1)
	b.post(runtimePath+"init/error", "", `{"errorType":"HandlerNotFound"}`)
	if a := <-b.server.Fault(); a.ErrorType != "HandlerNotFound" {
		t.Errorf("the document's type is %q", a.ErrorType)
	}
	for header, want := range map[string]string{
		"Function.NoTable": "Function.NoTable", "Runtime.Bad": "Runtime.Bad", "Function.x": "Function.Unknown", "Other": "Runtime.Unknown",
	} {
		b := newBench(t, 1)
		text, _ := b.post(runtimePath+"init/error", headerErrorType+": "+header+"\r\n", "{}")
		b.want("init/error", text, "202 ")
		if a := <-b.server.Fault(); a.ErrorType != want {
			t.Errorf("%q: type is %q, want %q", header, a.ErrorType, want)
		}
	}
}

var aUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestRegistration(t *testing.T) {
	b := &bench{t: t, ready: make(chan struct{}, 100)}
	b.start(Config{Name: "f", Version: "1", Handler: "h", Account: "1234"})
	register := extensionPath + "register"
	refused := func(what, more, body, kind string) {
		t.Helper()
		text, _ := b.post(register, more, body)
		if !strings.HasPrefix(text, "403 ") || !strings.Contains(text, `"errorType":"`+kind+`"`) {
			t.Errorf("%s: %s, want 403 and %s", what, text, kind)
		}
	}
	name := func(name string) string { return "Lambda-Extension-Name: " + name + "\r\n" }
	refused("no name", "", `{}`, "Extension.InvalidExtensionName")
	refused("empty body", name("a"), "", "InvalidRequestFormat")
	refused("no JSON", name("a"), "{", "InvalidRequestFormat")
	refused("old keys", name("a"), `{"configurationKeys":["x"]}`, "InvalidRequestFormat")
	refused("shutdown", name("a"), `{"events":["SHUTDOWN"]}`, "Extension.InvalidEventType")
	refused("unknown event", name("a"), `{"events":["INVOKE","LUNCH"]}`, "Extension.InvalidEventType")
	text, h := b.post(register, name("a"), `{"events":["INVOKE"]}`)
	b.want("register", text, `200 {"functionName":"f","functionVersion":"1","handler":"h"}`)
	if id := h.Get(headerIdentifier); !aUUID.MatchString(id) {
		t.Errorf("the id is %q", id)
	}
	refused("second time", name("a"), `{}`, "Extension.InvalidExtensionState")
	text, _ = b.post(register, name("b")+"Lambda-Extension-Accept-Feature: other, accountId\r\n", `{}`)
	b.want("with account", text, `200 {"accountId":"1234",`)
	for n := range maxExtensions - 2 {
		b.post(register, name(fmt.Sprint("more", n)), `{}`)
	}
	refused("too many", name("c"), `{}`, "Extension.TooManyExtensions")
	b.get(nextPath)
	b.until(func() bool { return b.server.state == ready })
	other := *b
	other.dial()
	text, _ = other.post(register, name("late"), `{}`)
	b.want("after the initialisation", text, `403 {"errorMessage":"Extension registration closed already","errorType":"Extension.RegistrationClosed"}`)
}

// An extension asks for an event after it has registered, or has had one.
func TestExtensionStates(t *testing.T) {
	b := newBench(t, 1)
	_, h := b.post(extensionPath+"register", "Lambda-Extension-Name: a\r\n", `{"events":["INVOKE"]}`)
	id := h.Get(headerIdentifier)
	next := func(on *bench, header string) {
		on.send("GET " + extensionPath + "event/next HTTP/1.1\r\nHost: x\r\n" + header + "\r\n")
	}
	for header, kind := range map[string]string{
		"": "Extension.MissingExtensionIdentifier", headerIdentifier + ": x\r\n": "Extension.InvalidExtensionIdentifier",
		headerIdentifier + ": 00000000-0000-4000-8000-000000000000\r\n": "Extension.UnknownExtensionIdentifier",
	} {
		next(b, header)
		if text, _ := b.response(); !strings.HasPrefix(text, "403 ") || !strings.Contains(text, kind) {
			t.Errorf("%q: %s, want %s", header, text, kind)
		}
	}
	mine := headerIdentifier + ": " + id + "\r\n"
	text, _ := b.post(extensionPath+"init/error", mine, "{}")
	b.want("error without type", text, `403 {"errorMessage":"Lambda-Extension-Function-Error-Type not found","errorType":"Extension.MissingHeader"}`)
	waits, runtime := *b, *b
	waits.dial()
	next(&waits, mine)
	runtime.dial()
	runtime.get(nextPath)
	_, _ = b.offer("r", "1")
	text, h = waits.response()
	if !strings.HasPrefix(text, `200 {"deadlineMs":`) || !aUUID.MatchString(h.Get(headerEvent)) {
		t.Errorf("%s, %v", text, h)
	}
	text, _ = b.post(extensionPath+"init/error", mine+headerExtError+": Own.Reason\r\n", "{}")
	b.want("init/error after the initialisation", text, `403 {"errorMessage":"State transition from Running to InitError failed for extension `+id)
	next(&waits, mine)
	b.until(func() bool { return b.server.extensions[0].state == extensionReady })
	next(b, mine)
	text, _ = b.response()
	b.want("next while it waits", text, `403 {"errorMessage":"State transition from Ready to Ready failed for extension `+id)
	text, _ = b.post(extensionPath+"exit/error", mine+headerExtError+": Own.Reason\r\n", "{}")
	b.want("exit/error", text, "202 ")
	if a := <-b.server.Fault(); a.ErrorType != "Extension.ExitError" {
		t.Errorf("%+v", a)
	}
}

// A snapshot is taken when the runtime and all extensions are ready.
func TestSnapshotWaitsForExtensions(t *testing.T) {
	s, err := New(Config{Name: "f", SnapStart: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	extension, runtime := bench{t: t, server: s}, bench{t: t, server: s}
	extension.dial()
	runtime.dial()
	_, h := extension.post(extensionPath+"register", "Lambda-Extension-Name: a\r\n", `{}`)
	runtime.get(runtimePath + "restore/next")
	runtime.until(func() bool { return s.state == restoreReady })
	select {
	case signal := <-s.Signals():
		t.Fatalf("%+v, and the extension has not asked for an event", signal)
	case <-time.After(50 * time.Millisecond):
	}
	extension.send("GET " + extensionPath + "event/next HTTP/1.1\r\nHost: x\r\n" + headerIdentifier + ": " + h.Get(headerIdentifier) + "\r\n\r\n")
	if signal := <-s.Signals(); !signal.Snapshot {
		t.Errorf("%+v", signal)
	}
	s.Restore()
	text, _ := runtime.response()
	runtime.want("restore/next", text, "200 ")
	runtime.get(nextPath)
	if signal := <-s.Signals(); signal.Snapshot || signal.Done || signal.Reply != nil {
		t.Errorf("after the restore: %+v", signal)
	}
}

// The metadata endpoint answers any client that has the token.
func TestMetadata(t *testing.T) {
	b := (&bench{t: t, ready: make(chan struct{}, 100), answers: &sync.Map{}}).start(Config{Name: "f", Token: "secret"})
	for name, c := range map[string]struct {
		method, token string
		status        int
	}{
		"right":    {"GET", "Bearer secret", 200},
		"none":     {"GET", "", 401},
		"wrong":    {"GET", "Bearer secre", 401},
		"no bear":  {"GET", "secret", 401},
		"a change": {"PUT", "Bearer secret", 405},
	} {
		r, err := http.NewRequest(c.method, "http://"+b.server.Address()+"/2026-01-15/metadata/execution-environment", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.token != "" {
			r.Header.Set("Authorization", c.token)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status {
			t.Errorf("%s: %d %s, %v", name, resp.StatusCode, body, err)
		}
		if c.status == 200 && (string(body) != "{\"AvailabilityZoneID\":\"use1-az1\"}\n" || resp.Header.Get("Cache-Control") != "private, max-age=43200, immutable") {
			t.Errorf("%s, %v", body, resp.Header)
		}
	}
}
