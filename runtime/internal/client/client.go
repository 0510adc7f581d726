// Package client speaks the Lambda Runtime API, version 2018-06-01, over one
// kept-alive connection (AWS Lambda developer guide, "Using the Lambda runtime
// API for custom runtimes").
//
// An exchange that a broken connection cut off is tried again, since the API knows each
// invocation by its id. It hands out an event again that was not answered, and refuses a
// second answer with 400 or 403; after a repetition, these statuses therefore mean that
// the first answer had arrived. Only a streamed response cannot be repeated.
//
// A Client belongs to one goroutine. Only Stop may be called from another.
package client

import (
	"errors"
	goruntime "runtime"
	"strconv"
	"sync"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/http1"
	"github.com/bootzip/bootzip/runtime/internal/socket"
)

const (
	// MaxEvent is the largest event that is read, in bytes. Lambda's own
	// limit is 6 MB (AWS Lambda developer guide, "Lambda quotas"); the rest
	// is room for it to grow.
	MaxEvent = 16 << 20

	// maxAnswer is the largest body of an answer to a response.
	maxAnswer = 64 << 10

	// maxTries bounds how often one exchange is tried. The pauses double from 1 ms up to
	// 128 ms; together they take about half a second, well under the ten seconds of an
	// initialisation.
	maxTries = 10

	// copied is the largest body, in bytes, that is copied after its head, so that one
	// cheap system call sends both.
	copied = 32 << 10
)

// ErrStopped is what Next returns after Stop.
var ErrStopped = errors.New("runtime is stopping")

// A Client is one loop's connection to the API.
type Client struct {
	address string
	get     []byte // the request for the next event, which never changes
	out     []byte // the request that is being written
	attempt string // the invocation id of the event that was handed out last
	event   http1.Reader
	answer  http1.Reader
	resp    http1.Response

	// mu guards what Stop needs; conn is written by the owner alone.
	mu      sync.Mutex
	conn    *socket.Conn
	waiting bool // in Next
	stopped bool
}

// New makes a client for an API at "HOST:PORT". It does not connect yet.
func New(address string) *Client {
	c := &Client{address: address}
	c.event.MaxBody = MaxEvent
	c.answer.MaxBody = maxAnswer
	c.get = c.request("GET", invocationPath, "next", "")
	c.get = append(c.get, "\r\n"...)
	c.out = nil
	return c
}

// request begins a request in c.out: the request line and the fields that
// every request has.
//
//go:noinline
func (c *Client) request(method, path, id, tail string) []byte {
	b := append(c.out[:0], method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, id...)
	b = append(b, tail...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, c.address...)
	b = append(b, "\r\nUser-Agent: bootzip/"...)
	b = append(b, goruntime.Version()...)
	b = append(b, "\r\n"...)
	c.out = b
	return b
}

// exchange sends head and body and reads the response. repeated reports that an earlier
// attempt may have arrived.
func (c *Client) exchange(head, body []byte, r *http1.Reader) (repeated bool, err error) {
	for try := 1; ; try++ {
		conn, fresh, err := c.connect()
		if err == nil {
			if err = c.once(conn, head, body, r); err == nil {
				return repeated, nil
			}
			c.drop()
			repeated = true
		}
		if c.isStopped() && r == &c.event {
			return repeated, ErrStopped
		}
		if try == maxTries || err == http1.ErrTooLarge {
			return repeated, err
		}
		if fresh {
			// That a kept connection broke says nothing about the peer, but that a new one
			// does not work does.
			time.Sleep(time.Millisecond << min(try-1, 7))
		}
	}
}

// once does one exchange on one connection.
func (c *Client) once(conn *socket.Conn, head, body []byte, r *http1.Reader) error {
	var err error
	if len(body) == 0 {
		err = conn.Write(head)
	} else {
		err = conn.WriteParts(head, body, nil)
	}
	if err != nil && len(body) == 0 {
		return err
	}
	// A peer that refuses a long body answers and closes before it has read everything:
	// its answer is worth more than the failed write.
	if readErr := r.Read(conn, &c.resp); readErr != nil {
		if err != nil {
			return err
		}
		return readErr
	}
	if err != nil || c.resp.Close {
		c.drop()
	}
	return nil
}

// connect returns the connection, or makes a fresh one if there is none.
func (c *Client) connect() (conn *socket.Conn, fresh bool, err error) {
	if conn = c.conn; conn != nil {
		return conn, false, nil
	}
	if conn, err = socket.Dial(c.address); err != nil {
		return nil, true, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	if c.stopped && c.waiting {
		conn.Interrupt()
	}
	return conn, true, nil
}

// drop closes the connection.
func (c *Client) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// Close closes the connection; the next call makes another.
func (c *Client) Close() { c.drop() }

// Stop makes Next return ErrStopped, immediately if it waits in another goroutine. An
// event that was received can still be answered.
func (c *Client) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.waiting && c.conn != nil {
		c.conn.Interrupt()
	}
}

// wait records whether the client waits for an event, and reports whether it may.
func (c *Client) wait(on bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = on
	return !c.stopped
}

func (c *Client) isStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// A StatusError is an answer of the API that is not a success.
type StatusError struct {
	Op     string // the operation, such as "next invocation"
	Status int    // HTTP status code
	Body   string // the beginning of what the API said
}

func (e *StatusError) Error() string {
	s := "runtime api answered " + strconv.Itoa(e.Status) + " to the " + e.Op
	if e.Body != "" {
		s += ": " + e.Body
	}
	return s
}

// status makes an error from the response that was just read.
func (c *Client) status(op string) error {
	return &StatusError{Op: op, Status: c.resp.Status, Body: string(c.resp.Body[:min(len(c.resp.Body), 300)])}
}
