//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sort"
	"strconv"
	"time"
)

// An api is the Runtime API for one program and one connection at a time.
type api struct {
	l net.Listener
	c net.Conn
	r *bufio.Reader
}

func newAPI() (*api, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	return &api{l: l}, err
}

func (a *api) close() {
	a.l.Close()
	if a.c != nil {
		a.c.Close()
	}
}

// next waits for the program's GET. A program may open another connection for
// it; only the one that asks is kept.
func (a *api) next() error {
	for {
		if a.c == nil {
			c, err := a.l.Accept()
			if err != nil {
				return err
			}
			a.c, a.r = c, bufio.NewReaderSize(c, 256<<10)
		}
		method, _, err := a.request()
		if err != nil {
			a.c.Close()
			a.c = nil
			if errors.Is(err, io.EOF) {
				continue
			}
			return err
		}
		if method != "GET" {
			return fmt.Errorf("program sent a %s for the next event", method)
		}
		return nil
	}
}

// request reads one request, and returns its method and the length of its
// body, which it passes over.
func (a *api) request() (method string, length int, err error) {
	line, err := a.r.ReadSlice('\n')
	if err != nil {
		return "", 0, err
	}
	method, _, _ = bytesCut(line)
	chunked := false
	for {
		line, err := a.r.ReadSlice('\n')
		if err != nil {
			return "", 0, err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := value(line, "content-length:"); ok {
			if length, err = strconv.Atoi(v); err != nil {
				return "", 0, err
			}
		}
		if v, ok := value(line, "transfer-encoding:"); ok {
			chunked = v == "chunked"
		}
	}
	if !chunked {
		_, err = a.r.Discard(length)
		return method, length, err
	}
	for {
		line, err := a.r.ReadSlice('\n')
		if err != nil {
			return "", 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return "", 0, err
		}
		if size == 0 {
			break
		}
		length += int(size)
		if _, err := a.r.Discard(int(size) + 2); err != nil {
			return "", 0, err
		}
	}
	for { // trailers
		line, err := a.r.ReadSlice('\n')
		if err != nil || len(line) <= 2 {
			return method, length, err
		}
	}
}

func bytesCut(line []byte) (first, rest string, ok bool) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return string(line), "", false
	}
	return string(line[:i]), string(line[i+1:]), true
}

func value(line []byte, name string) (string, bool) {
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return "", false
	}
	return string(bytes.TrimSpace(line[len(name):])), true
}

var accepted = []byte("HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n")

// invoke sends an event to a program that waits, takes its response, and
// waits until it asks for the next.
func (a *api) invoke(event []byte, typed bool) (time.Duration, error) {
	began := time.Now()
	if _, err := a.c.Write(event); err != nil {
		return 0, err
	}
	method, length, err := a.request()
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if method != "POST" || length == 0 {
		return 0, fmt.Errorf("program answered with a %s of %d bytes", method, length)
	}
	if !typed && length < 1000 {
		return 0, fmt.Errorf("echo has %d bytes", length)
	}
	if _, err := a.c.Write(accepted); err != nil {
		return 0, err
	}
	return took, a.next()
}

// event makes a response to GET next: a proxy event of API Gateway with a body
// that fills it up to a size.
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
	body = append(body, after...)
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n" +
		"Lambda-Runtime-Deadline-Ms: " + strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10) + "\r\n" +
		"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:bench\r\n" +
		"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	return append([]byte(head), body...)
}

// start measures from exec to the first GET, in ms.
func (p *program) start(cold bool) (float64, error) {
	a, err := newAPI()
	if err != nil {
		return 0, err
	}
	defer a.close()
	if cold {
		if err := evict(p.path); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	cmd, err := p.spawn(a.l.Addr().String())
	if err != nil {
		return 0, err
	}
	defer end(cmd)
	if err := a.next(); err != nil {
		return 0, err
	}
	return float64(time.Since(began).Microseconds()) / 1000, nil
}

// serve measures count events of a size.
func (p *program) serve(s *sample, size, count int) error {
	a, err := newAPI()
	if err != nil {
		return err
	}
	defer a.close()
	cmd, err := p.spawn(a.l.Addr().String())
	if err != nil {
		return err
	}
	defer end(cmd)
	if err := a.next(); err != nil {
		return err
	}
	e := event(size)
	for range max(3, count/10) { // what is done only at first
		if _, err := a.invoke(e, p.typed); err != nil {
			return err
		}
	}
	before, err := cpuTime(cmd.Process.Pid)
	if err != nil {
		return err
	}
	took := make([]float64, count)
	for i := range took {
		d, err := a.invoke(e, p.typed)
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
	sort.Float64s(took)
	s.cpu = append(s.cpu, float64((after-before).Nanoseconds())/1000/float64(count))
	s.p50 = append(s.p50, took[count/2])
	s.p99 = append(s.p99, took[count*99/100])
	s.memory = append(s.memory, memory)
	return nil
}
