package gocache

import (
	"io"
	"net"
)

// RelayName is the name under which this program acts as a relay. The go command of a build
// starts it, with the path of a socket.
const RelayName = "bootzip-gocache"

// Relay copies the go command's requests to the socket and the answers back, until both end.
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
