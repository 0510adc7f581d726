package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

var now = time.Unix(1531420618, 0)

func newHook() *hook {
	return &hook{secret: []byte("secret"), now: func() time.Time { return now }, run: answer}
}

func request(secret string, at time.Time, body string) *httpevent.Request {
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	r := &httpevent.Request{Method: "POST", Body: []byte(body), Header: httpevent.Values{}}
	r.Header.Set("x-slack-request-timestamp", stamp)
	r.Header.Set("x-slack-signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

func serve(t *testing.T, h *hook, r *httpevent.Request) (status int, text string) {
	t.Helper()
	resp, err := h.serve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var message struct {
		Text string `json:"text"`
		Type string `json:"response_type"`
	}
	if resp.StatusCode == 200 && len(resp.Body) > 0 {
		if err := json.Unmarshal(resp.Body, &message); err != nil || message.Type != "ephemeral" {
			t.Errorf("the answer is %s (%v)", resp.Body, err)
		}
	}
	return resp.StatusCode, message.Text
}

// The example of Slack's documentation ("Verifying requests from Slack").
func TestSignature(t *testing.T) {
	h := &hook{secret: []byte("8f742231b10e8888abcd99yyyzzz85a5"), now: func() time.Time { return time.Unix(1531420618, 0) }}
	const body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	const signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if !h.signed("1531420618", signature, []byte(body)) {
		t.Error("the example is refused")
	}
	for _, c := range [][2]string{{"1531420619", signature}, {"", signature}, {"1531420618", ""}, {"1531420618", signature[3:]}, {"1531420618", "v0=zz"}} {
		if h.signed(c[0], c[1], []byte(body)) {
			t.Errorf("%q is taken", c)
		}
	}
}

func TestCommands(t *testing.T) {
	for body, want := range map[string]string{
		"command=/greet&text=+Ada+&user_id=U1":        "Hello Ada from <@U1>",
		"command=/greet&text=%3C!everyone%3E&user_id": "Hello &lt;!everyone&gt; from <@>",
		"command=/greet": "Whom? Try `/greet Ada`.",
		"command=/other": "That did not work: there is no command /other",
		"ssl_check=1":    "",
	} {
		if status, text := serve(t, newHook(), request("secret", now, body)); status != 200 || text != want {
			t.Errorf("%s: %d %q", body, status, text)
		}
	}
}

func TestRefused(t *testing.T) {
	unsigned := request("secret", now, "command=/greet")
	delete(unsigned.Header, "x-slack-signature")
	for what, c := range map[string]struct {
		r      *httpevent.Request
		status int
	}{
		"another secret":       {request("other", now, "command=/greet"), 401},
		"no signature":         {unsigned, 401},
		"a recorded one":       {request("secret", now.Add(-maxAge-time.Second), "command=/greet"), 401},
		"one from the future":  {request("secret", now.Add(maxAge+time.Second), "command=/greet"), 401},
		"just young enough":    {request("secret", now.Add(-maxAge), "command=/greet"), 200},
		"too large":            {request("secret", now, strings.Repeat("x", maxBody+1)), 413},
		"no form":              {request("secret", now, "%zz"), 400},
		"without a command":    {request("secret", now, "text=x"), 400},
		"another way to send":  {&httpevent.Request{Method: "GET"}, 405},
		"without any header":   {&httpevent.Request{Method: "POST", Body: []byte("command=/greet")}, 401},
		"time beyond an int64": {&httpevent.Request{Method: "POST", Header: httpevent.Values{"x-slack-request-timestamp": {strings.Repeat("9", 30)}}}, 401},
	} {
		if got, _ := serve(t, newHook(), c.r); got != c.status {
			t.Errorf("%s: %d", what, got)
		}
	}
}

// Slack gets an answer within three seconds, whatever the command does.
func TestSlow(t *testing.T) {
	h := newHook()
	released := make(chan struct{})
	defer close(released)
	h.run = func(context.Context, command) (string, error) { <-released; return "late", nil }
	if status, text := serve(t, h, request("secret", now, "command=/greet")); status != 200 || !strings.Contains(text, "longer than Slack waits") {
		t.Errorf("%d %q", status, text)
	}
	h = newHook()
	h.run = func(context.Context, command) (string, error) { return "", errors.New("the table is gone") }
	if _, text := serve(t, h, request("secret", now, "command=/greet")); text != "That did not work: the table is gone" {
		t.Errorf("%q", text)
	}
}
