package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// load calls the function and returns how long each call took.
func load(address string, callers int) ([]time.Duration, error) {
	// The first answers come when it has started.
	for try := 0; ; try++ {
		c, err := dial(address)
		if err == nil {
			_, err = c.call(`"0"`)
			c.Close()
		}
		if err == nil {
			break
		}
		if try == 500 {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	var mu sync.Mutex
	var all []time.Duration
	var failure error
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var own []time.Duration
			c, err := dial(address)
			if err == nil {
				defer c.Close()
			}
			for n := 0; err == nil && time.Now().Before(end); n++ {
				var took time.Duration
				took, err = c.call(fmt.Sprintf(`{"caller":%d,"event":%d}`, caller, n))
				own = append(own, took)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			failure = errors.Join(failure, err)
		}()
	}
	wg.Wait()
	if failure != nil {
		first, _, _ := strings.Cut(failure.Error(), "\n")
		return nil, errors.New(first)
	}
	return all, nil
}

// A caller is one connection. It shares the cores with what it measures, so it
// reads no more of a response than it needs.
type caller struct {
	net.Conn
	address string
	in      *bufio.Reader
	out     bytes.Buffer
}

func dial(address string) (*caller, error) {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{Conn: c, address: address, in: bufio.NewReader(c)}, nil
}

// call invokes the function, which has to answer with its event.
func (c *caller) call(event string) (time.Duration, error) {
	c.out.Reset()
	fmt.Fprintf(&c.out, "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.address, len(event), event)
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	began := time.Now()
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return 0, err
	}
	status, length := "", -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if status == "" {
			status = string(line)
		}
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	if status != "HTTP/1.1 200 OK" || length != len(event) {
		return 0, fmt.Errorf("event %s: %s, %d bytes", event, status, length)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if string(body) != event {
		return 0, fmt.Errorf("event %s was answered with %s", event, body)
	}
	return took, nil
}
