package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

func newHook() (*hook, *strings.Builder) {
	var log strings.Builder
	return &hook{secret: []byte("secret"), note: func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }}, &log
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func request(event, delivery, signature, body string) *httpevent.Request {
	r := &httpevent.Request{Method: "POST", Body: []byte(body), Header: httpevent.Values{}}
	for name, value := range map[string]string{"x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": signature} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

func status(t *testing.T, h *hook, r *httpevent.Request) int {
	t.Helper()
	resp, err := h.serve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// The example of GitHub's documentation ("Validating webhook deliveries", testing).
func TestSignature(t *testing.T) {
	h := &hook{secret: []byte("It's a Secret to Everybody")}
	const body = "Hello, World!"
	if !h.signed("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", []byte(body)) {
		t.Error("the example is refused")
	}
	for _, header := range []string{"", "sha256=", "sha256=zz", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"} {
		if h.signed(header, []byte(body)) {
			t.Errorf("%q is taken", header)
		}
	}
}

func TestDeliveries(t *testing.T) {
	const pushed = `{"ref":"refs/heads/main","repository":{"full_name":"o/n"},"commits":[{"id":"0123456789","message":"fix\n\nlong","author":{"name":"Ada"}}]}`
	const pull = `{"action":"opened","number":7,"repository":{"full_name":"o/n"},"pull_request":{"title":"evil\nline","user":{"login":"ada"}}}`
	for _, c := range []struct {
		event, body string
		status      int
		log         string
	}{
		{"ping", `{}`, 200, "set up"},
		{"push", pushed, 200, "push to \"main\" of \"o/n\": 1 commits\n  0123456 \"fix\" by \"Ada\"\n"},
		{"pull_request", pull, 200, `pull request 7 of "o/n": "opened", "evil\nline" by "ada"`},
		{"star", `{}`, 202, ""},
		{"push", `not json`, 400, ""},
		{"", `{}`, 400, ""},
	} {
		h, log := newHook()
		if got := status(t, h, request(c.event, "id", sign("secret", c.body), c.body)); got != c.status || !strings.Contains(log.String(), c.log) {
			t.Errorf("%s: %d, %q", c.event, got, log)
		}
	}
}

func TestRefused(t *testing.T) {
	h, log := newHook()
	large := strings.Repeat("x", maxBody+1)
	for what, c := range map[string]struct {
		r      *httpevent.Request
		status int
	}{
		"no signature":     {request("push", "id", "", "{}"), 401},
		"another secret":   {request("push", "id", sign("other", "{}"), "{}"), 401},
		"another body":     {request("push", "id", sign("secret", "{}"), "{} "), 401},
		"too large":        {request("push", "id", sign("secret", large), large), 413},
		"without delivery": {request("push", "", sign("secret", "{}"), "{}"), 400},
		"GET":              {&httpevent.Request{Method: "GET"}, 405},
	} {
		if got := status(t, h, c.r); got != c.status {
			t.Errorf("%s: %d", what, got)
		}
	}
	if log.String() != "" {
		t.Errorf("the log has %q", log)
	}
}

// A delivery that is sent again is taken once.
func TestAgain(t *testing.T) {
	h, log := newHook()
	r := request("ping", "id", sign("secret", "{}"), "{}")
	if one, two := status(t, h, r), status(t, h, r); one != 200 || two != 202 || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("%d, then %d: %q", one, two, log)
	}
	for n := range kept {
		h.remember(fmt.Sprint(n))
	}
	if h.known("id") || len(h.seen) != kept {
		t.Errorf("%d are kept", len(h.seen))
	}
}
