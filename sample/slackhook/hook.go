package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

const (
	maxBody = 64 << 10        // bytes
	maxAge  = 5 * time.Minute // of a signature, as Slack's documentation says

	// Slack waits three seconds for an answer; the network takes some of that time.
	patience = 2500 * time.Millisecond
)

// A hook takes slash commands.
type hook struct {
	secret []byte
	now    func() time.Time
	run    func(context.Context, command) (string, error)
}

// A command is what a user typed.
type command struct {
	Name string // "/greet"
	Text string // what follows it
	User string // id of that user
}

// serve answers one command (Slack's documentation, "Verifying requests from Slack" and
// "Enabling interactivity with slash commands"). Slack shows its user only answers with
// status 200.
func (h *hook) serve(ctx context.Context, r *httpevent.Request) (*httpevent.Response, error) {
	switch {
	case r.Method != "POST":
		return httpevent.Text(405, "send a POST"), nil
	case len(r.Body) > maxBody:
		return httpevent.Text(413, "the body is too large"), nil
	case !h.signed(r.Header.Get("x-slack-request-timestamp"), r.Header.Get("x-slack-signature"), r.Body):
		return httpevent.Text(401, "the signature is wrong, or too old"), nil
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return httpevent.Text(400, "the body is no form"), nil
	}
	if form.Get("ssl_check") == "1" {
		return httpevent.Text(200, ""), nil
	}
	c := command{Name: form.Get("command"), Text: strings.TrimSpace(form.Get("text")), User: form.Get("user_id")}
	if c.Name == "" {
		return httpevent.Text(400, "the body has no command"), nil
	}
	return h.reply(ctx, c)
}

// reply runs a command. If it takes longer than Slack waits, reply says so.
func (h *hook) reply(ctx context.Context, c command) (*httpevent.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := h.run(ctx, c)
		done <- result{text, err}
	}()
	message := "That takes longer than Slack waits. Please try again."
	select {
	case got := <-done:
		message = got.text
		if got.err != nil {
			message = "That did not work: " + got.err.Error()
		}
	case <-ctx.Done():
	}
	return httpevent.JSON(200, map[string]string{"response_type": "ephemeral", "text": message})
}

// signed first checks the time, so that a recorded request cannot be sent again later, and
// then compares the signature in constant time.
func (h *hook) signed(stamp, signature string, body []byte) bool {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	if age := h.now().Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return false
	}
	digest, ok := strings.CutPrefix(signature, "v0=")
	got, err := hex.DecodeString(digest)
	mac := hmac.New(sha256.New, h.secret)
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return ok && err == nil && hmac.Equal(got, mac.Sum(nil))
}

// escaped escapes the characters that are special to Slack ("Formatting text for app
// surfaces").
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// answer knows the command /greet.
func answer(_ context.Context, c command) (string, error) {
	if c.Name != "/greet" {
		return "", fmt.Errorf("there is no command %s", escaped.Replace(c.Name))
	}
	if c.Text == "" {
		return "Whom? Try `/greet Ada`.", nil
	}
	return "Hello " + escaped.Replace(c.Text) + " from <@" + escaped.Replace(c.User) + ">", nil
}
