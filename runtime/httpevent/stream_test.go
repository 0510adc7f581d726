package httpevent_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// TestMain is the bootstrap that fakeapi.Start runs.
func TestMain(m *testing.M) {
	if os.Getenv(fakeapi.Bootstrap) == "" {
		os.Exit(m.Run())
	}
	httpevent.HandleStream("stream", func(_ context.Context, r *httpevent.Request, s *httpevent.Stream) error {
		s.StatusCode = 201
		s.Header.Set("Content-Type", "text/plain")
		s.Cookies = []string{"a=1"}
		switch r.Path {
		case "/early":
			return errors.New("before")
		case "/empty":
			return nil
		case "/late":
			_, _ = s.Write([]byte("half"))
			return errors.New("midway")
		}
		s.Body = []byte("one ")
		_, err := s.Write([]byte("two"))
		return err
	})
	runtime.Start()
}

func TestHandleStream(t *testing.T) {
	const prelude = `{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=1"]}` + "\x00\x00\x00\x00\x00\x00\x00\x00"
	p := fakeapi.Start(t, "_HANDLER=stream", "TEST=")
	for path, want := range map[string]string{"/": prelude + "one two", "/empty": prelude, "/late": prelude + "half"} {
		a := p.Invoke(fakeapi.Event{ID: "a", Body: []byte(`{"httpMethod":"GET","path":"` + path + `"}`)})
		if a.Kind != "response" || string(a.Body) != want || a.Header["content-type"] != "application/vnd.awslambda.http-integration-response" ||
			a.Header["lambda-runtime-function-response-mode"] != "streaming" {
			t.Errorf("%s: got %s %q, %v", path, a.Kind, a.Body, a.Header)
		}
		if failed := a.Trailer["lambda-runtime-function-error-type"] != ""; failed != (path == "/late") {
			t.Errorf("%s: trailer is %v", path, a.Trailer)
		}
	}
	if a := p.Invoke(fakeapi.Event{ID: "a", Body: []byte(`{"httpMethod":"GET","path":"/early"}`)}); a.Kind != "error" || !strings.Contains(string(a.Body), `"before"`) {
		t.Errorf("early error is %s %s", a.Kind, a.Body)
	}
	if a := p.Invoke(fakeapi.Event{ID: "a", Body: []byte(`{}`)}); a.Kind != "error" || !strings.Contains(string(a.Body), "not an HTTP event") {
		t.Errorf("no HTTP event is answered with %s %s", a.Kind, a.Body)
	}
}
