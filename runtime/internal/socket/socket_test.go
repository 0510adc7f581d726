package socket

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// pair returns a connection and its peer.
func pair(t *testing.T, network, address string) (*Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no %s on this machine: %v", network, err)
	}
	defer l.Close()
	c, err := Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

func TestExchange(t *testing.T) {
	for network, address := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"} {
		t.Run(network, func(t *testing.T) {
			c, peer := pair(t, network, address)
			big := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
			want := "head" + string(big) + "tail" + string(big) + "end"
			got := make(chan string)
			go func() {
				b := make([]byte, len(want))
				_, _ = io.ReadFull(peer, b)
				got <- string(b)
			}()
			for _, err := range []error{
				c.WriteParts([]byte("head"), big, nil), c.WriteParts(nil, []byte("tail"), nil), c.Write(big), c.WriteParts(nil, nil, []byte("end")),
				c.WriteParts(nil, nil, nil), c.Write(nil),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if <-got != want {
				t.Error("the peer got something else")
			}
			go func() {
				_, _ = peer.Write(big[:100])
				time.Sleep(10 * time.Millisecond)
				_, _ = peer.Write(big[100:])
				peer.Close()
			}()
			b := make([]byte, len(big))
			if n, err := c.ReadFull(b); n != len(big) || err != nil || !bytes.Equal(b, big) {
				t.Errorf("read %d bytes, %v", n, err)
			}
			if n, err := c.Read(b); n != 0 || err != io.EOF {
				t.Errorf("read %d bytes, %v after the end", n, err)
			}
			if n, err := c.ReadFull(b); n != 0 || err != io.EOF {
				t.Errorf("read %d bytes, %v after the end", n, err)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	c, _ := pair(t, "tcp4", "127.0.0.1:0")
	ended := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	time.Sleep(5 * time.Millisecond)
	c.Interrupt()
	if err := <-ended; err == nil {
		t.Error("interrupted read had no error")
	}
	c.Close()
	c.Close()
	c.Interrupt()
}

func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if _, err := Dial(address); err == nil || !strings.Contains(err.Error(), "connect to "+address) {
		t.Errorf("error is %v", err)
	}
}
