package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// A job checks addresses and sends a report.
type job struct {
	urls     []string
	from, to string
	client   *http.Client
	once     once
	send     func(ctx context.Context, m message) error
	now      func() time.Time
}

// A message is an e-mail. Its id is the same for the same event, so that a mailbox can
// recognise one that comes twice.
type message struct{ id, from, to, subject, text string }

// An event is what a scheduled rule of EventBridge sends; EventBridge may send it more than
// once, with the same id (EventBridge user guide, "Event delivery").
type event struct {
	ID   string `json:"id"`
	Time string `json:"time"`
}

// A result is the function's answer.
type result struct {
	Sent   bool `json:"sent"` // false: it was sent for this event before
	Failed int  `json:"failed"`
}

// run sends the report of one event. After an error, Lambda sends the event again, and the
// claim has been released so that the report can be sent then.
func (j *job) run(ctx context.Context, e event) (result, error) {
	if e.ID == "" {
		return result{}, errors.New("the event has no id: it is not one of a schedule")
	}
	first, err := j.once.claim(ctx, e.ID)
	if err != nil {
		return result{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	if !first {
		log.Printf("event %s: the report was sent before", e.ID)
		return result{}, nil
	}
	text, failed := j.report(ctx)
	m := message{id: e.ID, from: j.from, to: j.to, subject: fmt.Sprintf("%d of %d addresses answer", len(j.urls)-failed, len(j.urls)), text: text}
	if err := j.send(ctx, m); err != nil {
		// The context may have ended, but the claim must not stay.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return result{}, errors.Join(fmt.Errorf("event %s: the report was not sent: %w", e.ID, err), j.once.release(release, e.ID))
	}
	return result{Sent: true, Failed: failed}, nil
}

// report checks all addresses at the same time.
func (j *job) report(ctx context.Context) (text string, failed int) {
	answers := make([]string, len(j.urls))
	bad := make([]bool, len(j.urls))
	var wg sync.WaitGroup
	for i, url := range j.urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			began := j.now()
			status, err := j.ask(ctx, url)
			took := j.now().Sub(began).Round(time.Millisecond)
			if bad[i] = err != nil || status >= 400; err != nil {
				answers[i] = fmt.Sprintf("no answer\t%s\t%v", took, err)
			} else {
				answers[i] = fmt.Sprintf("%d\t%s\t", status, took)
			}
		}()
	}
	wg.Wait()
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, url := range j.urls {
		fmt.Fprintf(t, "%s\t%s\n", url, answers[i])
		if bad[i] {
			failed++
		}
	}
	_ = t.Flush() // to memory
	return b.String(), failed
}

func (j *job) ask(ctx context.Context, url string) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := j.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	return resp.StatusCode, nil
}
