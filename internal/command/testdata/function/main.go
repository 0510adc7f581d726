// A complete function. It imports next to nothing, since the tests compile, pack and verify
// it many times, even with empty caches.
package main

import (
	"strconv"
	"strings"
	"syscall"
)

func answer(event string) string { return event }

func main() {
	api := env("AWS_LAMBDA_RUNTIME_API")
	host, port, _ := strings.Cut(api, ":")
	var address syscall.SockaddrInet4
	for i, part := range strings.Split(host, ".") {
		n, _ := strconv.Atoi(part)
		address.Addr[i] = byte(n)
	}
	address.Port, _ = strconv.Atoi(port)
	conn, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil || syscall.Connect(conn, &address) != nil {
		syscall.Exit(1)
	}
	for {
		header, event := call(conn, api, "GET", "next", "")
		call(conn, api, "POST", field(header, "Lambda-Runtime-Aws-Request-Id")+"/response", answer(event))
	}
}

func env(name string) string {
	value, _ := syscall.Getenv(name)
	return value
}

// call sends a request on a connection that is kept.
func call(conn int, api, method, path, body string) (header, answer string) {
	request := method + " /2018-06-01/runtime/invocation/" + path + " HTTP/1.1\r\nHost: " + api + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	for request != "" {
		n, err := syscall.Write(conn, []byte(request))
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			syscall.Exit(1)
		}
		request = request[n:]
	}
	var got []byte
	for part := make([]byte, 64<<10); ; {
		n, err := syscall.Read(conn, part)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			syscall.Exit(1)
		}
		got = append(got, part[:n]...)
		header, answer, whole := strings.Cut(string(got), "\r\n\r\n")
		if length, _ := strconv.Atoi(field(header, "Content-Length")); whole && len(answer) >= length {
			return header, answer
		}
	}
}

func field(header, name string) string {
	for line := range strings.SplitSeq(header, "\r\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
