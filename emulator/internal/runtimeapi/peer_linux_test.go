package runtimeapi

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const dialer = "BOOTZIP_TEST_DIAL"

// TestDialer is what another user's process runs: it asks for the next event.
func TestDialer(t *testing.T) {
	address := os.Getenv(dialer)
	if address == "" {
		return
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("GET " + nextPath + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 12)
	_, _ = c.Read(b)
	os.Stdout.WriteString("got " + string(b) + "\n")
}

func TestPeerUID(t *testing.T) {
	uid := os.Getuid()
	own := (&bench{t: t, ready: make(chan struct{}, 1)}).start(Config{Peer: PeerUID(func() int { return uid })})
	own.get(runtimePath)
	if text, _ := own.response(); !strings.HasPrefix(text, "404 ") {
		t.Errorf("the own user: %s", text)
	}
	other := (&bench{t: t}).start(Config{Peer: PeerUID(func() int { return uid + 1 })})
	other.get(nextPath)
	if text, _ := other.response(); !strings.HasPrefix(text, "403 ") {
		t.Errorf("another user: %s", text)
	}
	// A client whose socket is for both versions of IP.
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	to := &syscall.SockaddrInet6{Port: own.server.listener.Addr().(*net.TCPAddr).Port}
	to.Addr = [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}
	if err := syscall.Connect(fd, to); err != nil {
		t.Fatal(err)
	}
	mapped := *own
	if mapped.net, err = net.FileConn(file); err != nil {
		t.Fatal(err)
	}
	defer mapped.net.Close()
	mapped.in.Reset(mapped.net)
	mapped.get(runtimePath)
	if text, _ := mapped.response(); !strings.HasPrefix(text, "404 ") {
		t.Errorf("a mapped address: %s", text)
	}
}

// Another user's process gets no event.
func TestOtherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	b := (&bench{t: t}).start(Config{Peer: PeerUID(os.Getuid)})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The other user may not be able to read the directory of the program.
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.CreateTemp("", "peer-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(copied.Name())
	_, err = copied.Write(program)
	if err := errors.Join(err, copied.Chmod(0o755), copied.Close()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied.Name(), "-test.run=^TestDialer$")
	cmd.Dir, cmd.Env = "/", []string{dialer + "=" + b.server.Address()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "got HTTP/1.1 403") {
		t.Errorf("%v, %s", err, out)
	}
}
