package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A mailbox is a mail server that keeps what it gets.
type mailbox struct {
	mu      sync.Mutex
	letters []string
	refuse  error
}

// NewSession implements smtp.Backend.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }

type session struct {
	box    *mailbox
	header string
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.header = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.header += " " + to
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if s.box.refuse != nil {
		return s.box.refuse
	}
	s.box.letters = append(s.box.letters, s.header+"\n"+string(text))
	return err
}

// Reset implements smtp.Session.
func (*session) Reset() {}

// Logout implements smtp.Session.
func (*session) Logout() error { return nil }

// newJob returns a job with an address for each of the statuses, and the mailbox that gets
// its report.
func newJob(t *testing.T, statuses ...int) (*job, *mailbox) {
	t.Helper()
	box := &mailbox{}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	sender := &smtpSender{host: "127.0.0.1", plain: true}
	if sender.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(status)
	}))
	t.Cleanup(site.Close)
	j := &job{client: site.Client(), now: time.Now, once: dirOnce(t.TempDir()), send: sender.send, from: "job@example.com", to: "ada@example.com"}
	for _, status := range statuses {
		j.urls = append(j.urls, site.URL+"/"+strconv.Itoa(status))
	}
	return j, box
}

func TestReport(t *testing.T) {
	j, box := newJob(t, 200, 503)
	j.urls = append(j.urls, "http://127.0.0.1:1/")
	got, err := j.run(t.Context(), event{ID: "17793124-05d4-b198-2fde-7ededc63b103"})
	if err != nil || got != (result{Sent: true, Failed: 2}) || len(box.letters) != 1 {
		t.Fatalf("%+v, %v, %q", got, err, box.letters)
	}
	for _, want := range []string{"job@example.com ada@example.com\n", "Subject: 1 of 3 addresses answer", "Message-ID: <17793124-05d4-b198-2fde-7ededc63b103@report.invalid>", "/503", "no answer"} {
		if !strings.Contains(box.letters[0], want) {
			t.Errorf("there is no %q in\n%s", want, box.letters[0])
		}
	}
}

// An event that comes again sends nothing, unless its report could not be sent before.
func TestOnce(t *testing.T) {
	j, box := newJob(t, 200)
	box.refuse = &smtp.SMTPError{Code: 451, Message: "later"}
	if _, err := j.run(t.Context(), event{ID: "a"}); err == nil || !strings.Contains(err.Error(), "was not sent") {
		t.Errorf("a mailbox that refuses: %v", err)
	}
	box.refuse = nil
	for i, want := range []bool{true, false, false} {
		if got, err := j.run(t.Context(), event{ID: "a"}); err != nil || got.Sent != want {
			t.Errorf("time %d: %+v, %v", i, got, err)
		}
	}
	if got, err := j.run(t.Context(), event{ID: "b"}); err != nil || !got.Sent || len(box.letters) != 2 {
		t.Errorf("another event: %+v, %v, %d letters", got, err, len(box.letters))
	}
}

// If an event comes several times at once, only one report is sent.
func TestAtOnce(t *testing.T) {
	j, box := newJob(t, 200)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := j.run(t.Context(), event{ID: "a"}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if len(box.letters) != 1 {
		t.Errorf("%d letters", len(box.letters))
	}
}

// If a report fails, its claim is released, even if the time is over.
func TestReleased(t *testing.T) {
	j, _ := newJob(t, 200)
	ctx, cancel := context.WithCancel(t.Context())
	j.send = func(context.Context, message) error {
		cancel()
		return errors.New("it took too long")
	}
	if _, err := j.run(ctx, event{ID: "a"}); err == nil {
		t.Error("there is no error")
	}
	if first, err := j.once.claim(t.Context(), "a"); err != nil || !first {
		t.Errorf("%v, %v", first, err)
	}
	if _, err := j.run(t.Context(), event{}); err == nil || !strings.Contains(err.Error(), "no id") {
		t.Errorf("an event of something else: %v", err)
	}
}
