package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
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
	// Each waits in a system call, and shall not have to wait for a turn afterwards.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(callers + 2))
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
// does no more than it needs: it waits in the kernel instead of in Go's poller, and takes
// a response apart by its length alone.
type caller struct {
	file    *os.File
	address string
	in      []byte
	out     []byte
}

func dial(address string) (*caller, error) {
	n, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	file, err := n.(*net.TCPConn).File()
	if err != nil {
		return nil, err
	}
	// Fd makes it blocking.
	if err := syscall.SetsockoptTimeval(int(file.Fd()), syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 5}); err != nil {
		return nil, err
	}
	return &caller{file: file, address: address, in: make([]byte, 4<<10)}, nil
}

func (c *caller) Close() { c.file.Close() }

// call invokes the function, which has to answer with its event.
func (c *caller) call(event string) (time.Duration, error) {
	c.out = fmt.Appendf(c.out[:0], "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.address, len(event), event)
	fd := int(c.file.Fd())
	began := time.Now()
	if n, err := syscall.Write(fd, c.out); n != len(c.out) {
		return 0, fmt.Errorf("%d of %d bytes were sent: %w", n, len(c.out), err)
	}
	for have := 0; ; {
		n, err := syscall.Read(fd, c.in[have:])
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		have += n
		head, body, found := bytes.Cut(c.in[:have], []byte("\r\n\r\n"))
		if !found {
			continue
		}
		_, after, _ := bytes.Cut(head, []byte("\r\nContent-Length: "))
		digits, _, _ := bytes.Cut(after, []byte("\r\n"))
		length, err := strconv.Atoi(string(digits))
		if err != nil || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 OK\r\n")) || length != len(event) {
			return 0, fmt.Errorf("event %s: %s", event, head)
		}
		if len(body) < length {
			continue
		}
		took := time.Since(began)
		if string(body) != event {
			return 0, fmt.Errorf("event %s was answered with %s", event, body)
		}
		return took, nil
	}
}
