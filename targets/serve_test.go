package targets

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const served = `package main

import (
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		resp, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		resp, err = http.Post(base+resp.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "", strings.NewReader("\"VERSION\""))
		if err == nil {
			resp.Body.Close()
		}
	}
}
`

// What is served is what the source says, and the last that could be built.
func TestServeReloads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("functions run on Linux only")
	}
	t.Chdir(t.TempDir())
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	t.Setenv("BOOTZIP_ENGINE", "host")
	t.Setenv("BOOTZIP_CACHE", filepath.Join(cache, "bootzip-test"))
	t.Setenv("GOPROXY", "off")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/app\n\ngo 1.24.0\n\ntoolchain "+runtime.Version()+"\n")
	write("cmd/one/main.go", strings.Replace(served, "VERSION", "first", 1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, &address, nil, nil, nil, nil, nil, nil, nil, nil, nil) }()
	get := func(name string) string {
		resp, err := http.Get("http://" + address + "/url/" + name + "/")
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", string(body), err)
	}
	wait := func(name, want string) {
		t.Helper()
		for {
			if got := get(name); strings.Contains(got, want) {
				return
			}
			select {
			case err := <-ended:
				t.Fatalf("it ended while %q was waited for: %v", want, err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	wait("one", `200 "first"`)
	write("cmd/one/main.go", strings.Replace(served, "VERSION", "second", 1))
	wait("one", `200 "second"`)
	// What cannot be built leaves the old one; a new function comes along.
	write("cmd/one/main.go", "package main\n\nfunc main() {")
	write("cmd/two/main.go", strings.Replace(served, "VERSION", "other", 1))
	wait("two", `200 "other"`)
	wait("one", `200 "second"`)
	if err := os.RemoveAll("cmd/two"); err != nil {
		t.Fatal(err)
	}
	wait("two", "404")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
