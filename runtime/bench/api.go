//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// An api is the Runtime API for one program.
type api struct {
	*fakeapi.Server
	body  []byte        // of every event
	typed bool          // the program gives a short answer
	asked chan struct{} // the program asks for an event
	more  chan struct{} // the program may have one
	ended chan struct{} // closed when there are no more
	began time.Time     // when the program got its event
	took  time.Duration
	err   error // of the answer
	n     int
}

// newAPI serves events with bodies of this size to a program.
func newAPI(size int, typed bool) (*api, error) {
	s, err := fakeapi.Listen()
	if err != nil {
		return nil, err
	}
	a := &api{Server: s, body: event(size), typed: typed, asked: make(chan struct{}), more: make(chan struct{}), ended: make(chan struct{})}
	header := [][2]string{
		{"Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:bench"},
		{"Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"},
	}
	deadline := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	// Source and Sink run on the connection's own goroutine, so that the measurement does
	// not include waking another one.
	a.Source = func() (fakeapi.Event, bool) {
		select {
		case a.asked <- struct{}{}:
		case <-a.ended:
			return fakeapi.Event{}, false
		}
		select {
		case <-a.more:
		case <-a.ended:
			return fakeapi.Event{}, false
		}
		a.n++
		e := fakeapi.Event{ID: strconv.Itoa(a.n), Body: a.body, Header: header, Deadline: deadline}
		a.began = time.Now()
		return e, true
	}
	a.Sink = func(answer fakeapi.Answer) {
		a.took = time.Since(a.began)
		a.err = a.check(answer)
	}
	a.Serve()
	return a, nil
}

func (a *api) check(answer fakeapi.Answer) error {
	switch {
	case answer.Kind != "response" || len(answer.Body) == 0:
		return fmt.Errorf("program answered with a %s of %d bytes", answer.Kind, len(answer.Body))
	case !a.typed && len(answer.Body) < 1000:
		return fmt.Errorf("echo has %d bytes", len(answer.Body))
	}
	return nil
}

// stop ends the API. A program that asks for an event gets none.
func (a *api) stop() {
	close(a.ended)
	a.Close()
}

// next waits until the program asks for an event.
func (a *api) next() error {
	select {
	case <-a.asked:
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("program asks for no event")
	}
}

// invoke sends an event to a program that waits for one, takes its response, and
// waits until it asks for the next event.
func (a *api) invoke() (time.Duration, error) {
	a.more <- struct{}{}
	if err := a.next(); err != nil {
		return 0, err
	}
	return a.took, a.err
}

// event makes a proxy event of API Gateway, with a body that fills it up to this size.
func event(size int) []byte {
	const before = `{"resource":"/{proxy+}","path":"/hello","httpMethod":"POST","headers":{"Accept":"*/*","Host":"x.execute-api.eu-west-1.amazonaws.com","User-Agent":"bench"},` +
		`"multiValueHeaders":{"Accept":["*/*"],"Host":["x.execute-api.eu-west-1.amazonaws.com"],"User-Agent":["bench"]},"queryStringParameters":{"hello":"Ada"},` +
		`"multiValueQueryStringParameters":{"hello":["Ada"]},"pathParameters":{"proxy":"hello"},"requestContext":{"accountId":"123456789012","stage":"prod","requestId":"c6af9ac6",` +
		`"identity":{"sourceIp":"192.0.2.1","userAgent":"bench"},"resourcePath":"/{proxy+}","httpMethod":"POST","apiId":"x"},"body":"`
	const after = `","isBase64Encoded":false}`
	body := make([]byte, 0, size)
	body = append(body, before...)
	for len(body)+len(after) < size {
		body = append(body, "abcdefgh"[len(body)%8])
	}
	return append(body, after...)
}

// start measures the time from exec to the first GET, in ms.
func (p *program) start(cold bool) (float64, error) {
	a, err := newAPI(0, p.typed)
	if err != nil {
		return 0, err
	}
	defer a.stop()
	if cold {
		if err := evict(p.path); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	cmd, err := p.spawn(a.Address())
	if err != nil {
		return 0, err
	}
	defer end(cmd)
	if err := a.next(); err != nil {
		return 0, err
	}
	return float64(time.Since(began).Microseconds()) / 1000, nil
}

// serve measures count events of one size.
func (p *program) serve(s *sample, size, count int) error {
	a, err := newAPI(size, p.typed)
	if err != nil {
		return err
	}
	defer a.stop()
	cmd, err := p.spawn(a.Address())
	if err != nil {
		return err
	}
	defer end(cmd)
	if err := a.next(); err != nil {
		return err
	}
	for range max(3, count/10) { // warms up: some work is done only at first
		if _, err := a.invoke(); err != nil {
			return err
		}
	}
	before, err := cpuTime(cmd.Process.Pid)
	if err != nil {
		return err
	}
	took := make([]float64, count)
	for i := range took {
		d, err := a.invoke()
		if err != nil {
			return err
		}
		took[i] = float64(d.Nanoseconds()) / 1000
	}
	after, err := cpuTime(cmd.Process.Pid)
	if err != nil {
		return err
	}
	memory, err := peak(cmd.Process.Pid)
	if err != nil {
		return err
	}
	slices.Sort(took)
	s.cpu = append(s.cpu, float64((after-before).Nanoseconds())/1000/float64(count))
	s.p50 = append(s.p50, took[count/2])
	s.p99 = append(s.p99, took[count*99/100])
	s.memory = append(s.memory, memory)
	return nil
}
