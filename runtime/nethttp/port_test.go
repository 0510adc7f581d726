//go:build !windows

package nethttp

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/fakeapi"
)

// Without Lambda, the same bootstrap is a plain HTTP server, and ends properly when asked to.
func TestPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{fakeapi.Bootstrap + "=1", "PORT=" + port}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	url := "http://127.0.0.1:" + port + "/html"
	var resp *http.Response
	for range 500 {
		if resp, err = http.Get(url); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "<html></html>" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("left with %v", err)
	}
}

func TestNowhere(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{fakeapi.Bootstrap + "=1"}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "hint: PORT=8080") {
		t.Errorf("left with %v: %s", err, out)
	}
}
