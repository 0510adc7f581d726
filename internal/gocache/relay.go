package gocache

import (
	"io"
	"net"
)

// RelayName is the name under which this program is a relay: the go command of a build
// starts it, with the path of a socket.
const RelayName = "bootzip-gocache"

// Relay is all that it does: it hands on what the go command says to the socket, and what
// comes back, until both have ended.
func Relay(socket string, in io.Reader, out io.Writer) error {
	at, done, err := address(socket)
	if err != nil {
		return err
	}
	conn, err := net.DialUnix("unix", nil, at)
	done()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(conn, in)
		_ = conn.CloseWrite()
	}()
	_, err = io.Copy(out, conn)
	return err
}
