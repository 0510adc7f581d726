package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
)

// runSocket shows how fast an emulator in Go can be at all: it takes requests apart by their first
// bytes and their length alone, and answers with texts that are fixed but for the
// event. Who has read an event writes it to the function, and the other way round. There is one caller.
func runSocket(ctx context.Context, l net.Listener, program string) error {
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+api.Addr().String(), "_HANDLER=")
	if err := cmd.Start(); err != nil {
		return err
	}
	function, err := api.Accept()
	if err != nil {
		return err
	}
	clients, ready := make(chan net.Conn, 1), make(chan struct{}, 1)
	go func() {
		var client net.Conn
		_ = eachRequest(function, func(get bool, body []byte) error {
			if get {
				ready <- struct{}{}
				return nil
			}
			client = <-clients
			if _, err := fmt.Fprintf(client, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
				return err
			}
			_, err := io.WriteString(function, "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n")
			return err
		})
	}()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go eachRequest(client, func(_ bool, body []byte) error {
				<-ready
				clients <- client
				_, err := fmt.Fprintf(function, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"+
					"Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:function\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				return err
			})
		}
	}()
	_ = cmd.Wait() // ends with ctx
	return nil
}

// eachRequest reads requests until the connection ends.
func eachRequest(c net.Conn, answer func(get bool, body []byte) error) error {
	defer c.Close()
	buffer, have := make([]byte, 64<<10), 0
	for {
		n, err := c.Read(buffer[have:])
		if err != nil {
			return err
		}
		have += n
		for {
			head, body, found := bytes.Cut(buffer[:have], []byte("\r\n\r\n"))
			if !found {
				break
			}
			length := 0
			if _, after, ok := bytes.Cut(head, []byte("ontent-Length: ")); ok {
				digits, _, _ := bytes.Cut(after, []byte("\r\n"))
				if length, err = strconv.Atoi(string(digits)); err != nil {
					return err
				}
			}
			if len(body) < length {
				break
			}
			if err := answer(head[0] == 'G', body[:length]); err != nil {
				return err
			}
			have = copy(buffer, body[length:])
		}
	}
}
