package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

const (
	maxBody = 1 << 20 // bytes; GitHub sends up to 25 MB, and Lambda takes 6
	kept    = 1000    // ids of deliveries that are known
)

// A hook takes GitHub's deliveries.
type hook struct {
	secret []byte
	note   func(format string, args ...any)

	mu   sync.Mutex
	seen []string // ids of the last deliveries, in order
}

// serve answers one delivery (GitHub's documentation, "Webhook events and payloads",
// "Validating webhook deliveries").
func (h *hook) serve(_ context.Context, r *httpevent.Request) (*httpevent.Response, error) {
	switch {
	case r.Method != "POST":
		return httpevent.Text(405, "send a POST"), nil
	case len(r.Body) > maxBody:
		return httpevent.Text(413, "the body is too large"), nil
	case !h.signed(r.Header.Get("x-hub-signature-256"), r.Body):
		// The same answer for no signature and for a wrong one.
		return httpevent.Text(401, "the signature is wrong"), nil
	}
	event, delivery := r.Header.Get("x-github-event"), r.Header.Get("x-github-delivery")
	if event == "" || delivery == "" {
		return httpevent.Text(400, "X-GitHub-Event or X-GitHub-Delivery is missing"), nil
	}
	if h.known(delivery) {
		return httpevent.Text(202, "it was here before"), nil
	}
	if known, err := h.take(event, r.Body); err != nil {
		return httpevent.Text(400, "the body is not that of a "+event+": "+err.Error()), nil
	} else if !known {
		return httpevent.Text(202, "nothing is done for "+event), nil
	}
	h.remember(delivery)
	return httpevent.Text(200, "taken"), nil
}

// signed compares in constant time.
func (h *hook) signed(header string, body []byte) bool {
	digest, ok := strings.CutPrefix(header, "sha256=")
	got, err := hex.DecodeString(digest)
	mac := hmac.New(sha256.New, h.secret)
	mac.Write(body)
	return ok && err == nil && hmac.Equal(got, mac.Sum(nil))
}

// known reports whether this instance has already taken a delivery. GitHub signs no time, so
// a delivery that is sent again to another instance is taken again: what it starts must be
// safe to do twice.
func (h *hook) known(delivery string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.seen, delivery)
}

func (h *hook) remember(delivery string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen = append(h.seen, delivery); len(h.seen) > kept {
		h.seen = slices.Delete(h.seen, 0, 1)
	}
}

// The fields of a push and of a pull request that are read.
type (
	repository struct {
		Name string `json:"full_name"`
	}
	push struct {
		Ref        string
		Repository repository
		Commits    []struct {
			ID, Message string
			Author      struct{ Name string }
		}
	}
	pullRequest struct {
		Action      string
		Number      int
		Repository  repository
		PullRequest struct {
			Title string
			User  struct{ Login string }
		} `json:"pull_request"`
	}
)

// take handles an event, and reports whether its type is known.
func (h *hook) take(event string, body []byte) (known bool, err error) {
	switch event {
	case "ping":
		h.note("the webhook is set up")
	case "push":
		var p push
		if err := json.Unmarshal(body, &p); err != nil {
			return true, err
		}
		h.note("push to %q of %q: %d commits", strings.TrimPrefix(p.Ref, "refs/heads/"), p.Repository.Name, len(p.Commits))
		for _, c := range p.Commits {
			title, _, _ := strings.Cut(c.Message, "\n")
			h.note("  %.7s %q by %q", c.ID, title, c.Author.Name)
		}
	case "pull_request":
		var p pullRequest
		if err := json.Unmarshal(body, &p); err != nil {
			return true, err
		}
		h.note("pull request %d of %q: %q, %q by %q", p.Number, p.Repository.Name, p.Action, p.PullRequest.Title, p.PullRequest.User.Login)
	default:
		return false, nil
	}
	return true, nil
}
