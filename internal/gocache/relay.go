package gocache

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// RelayName is what a program that imports this package must be called to be a relay: the
// go command of a build starts it, with the path of a socket. It knows nothing: what the
// go command says goes to the socket, and back.
const RelayName = "bootzip-gocache"

func init() {
	if len(os.Args) == 2 && filepath.Base(os.Args[0]) == RelayName {
		if err := relay(os.Args[1], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bootzip: Go's build cache:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

func relay(socket string, in io.Reader, out io.Writer) error {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
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
