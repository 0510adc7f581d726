package command

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

//go:embed testdata/function/main.go
var function string

// served answers every event with its version.
var served = strings.Replace(function, "{ return event }", `{ return "\"VERSION\"" }`, 1)

// A servedProject is a project in its own directory, which is the current one.
type servedProject struct {
	t       *testing.T
	address string
	ended   chan error
	stop    context.CancelFunc
}

func newServedProject(t *testing.T) *servedProject {
	t.Helper()
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
	t.Setenv("TMPDIR", t.TempDir())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &servedProject{t: t, address: l.Addr().String(), ended: make(chan error, 1)}
	s.write("go.mod", "module example.com/app\n\ngo 1.24.0\n\ntoolchain "+runtime.Version()+"\n")
	return s
}

func (s *servedProject) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *servedProject) start(timeout int, more ...string) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.t.Cleanup(stop)
	go func() {
		s.ended <- Run(ctx, "bootzip", append([]string{"serve", "--address=" + s.address, fmt.Sprintf("--timeout=%d", timeout)}, more...)...)
	}()
}

func (s *servedProject) get(path string) string {
	resp, err := http.Get("http://" + s.address + "/url/" + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body), err)
}

// until waits for something, as long as the service runs.
func (s *servedProject) until(what string, there func() bool) {
	s.t.Helper()
	late := time.After(2 * time.Minute)
	for !there() {
		select {
		case <-late:
			s.t.Fatalf("%s does not come", what)
		case err := <-s.ended:
			s.t.Fatalf("it ended while %s was waited for: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *servedProject) wait(name, want string) {
	s.t.Helper()
	s.until(want, func() bool { return strings.Contains(s.get(name+"/"), want) })
}

// end stops the service, and fails if it leaves anything.
func (s *servedProject) end() {
	s.t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Error(err)
		}
	case <-time.After(30 * time.Second): // half of what an old version may take by itself
		s.t.Fatal("it does not end")
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "bootzip-*")); err != nil || len(left) > 0 {
		s.t.Errorf("left are %q, %v", left, err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:9000": "127.0.0.1:9000", "[::1]:9000": "[::1]:9000", "0.0.0.0:9000": "localhost:9000", "[::]:9000": "localhost:9000", "192.0.2.1:9000": "192.0.2.1:9000",
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// A request that comes while the first functions are built gets their answer, and a stop at
// that time does not wait for the build.
func TestServeHoldsRequests(t *testing.T) {
	s := newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "first", 1))
	s.start(3)
	s.until("the address", func() bool {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
	if got := s.get("one/"); !strings.Contains(got, "200 first") {
		t.Errorf("the first request is answered by %q", got)
	}
	s.end()
	s = newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "first", 1))
	s.start(3)
	s.end()
}

// browse sends a request as the same user's browser does.
func (s *servedProject) browse(path string) string {
	s.t.Helper()
	r, err := http.NewRequest("GET", "http://"+s.address+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	if strings.Contains(resp.Header.Get("Content-Type"), "event-stream") {
		line, err := bufio.NewReader(resp.Body).ReadString('\n')
		return fmt.Sprint(line, err)
	}
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body), err)
}

// The console is at / for browsers, unless a route takes that, and shows builds and events.
func TestServeConsole(t *testing.T) {
	s := newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "first", 1))
	s.start(3)
	s.wait("one", `200 first`)
	if text := s.browse("/"); !strings.Contains(text, "<h1>bootzip console</h1>") {
		t.Errorf("a browser gets %s", text)
	}
	if resp, err := http.Get("http://" + s.address + "/"); err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("another client gets %v, %v", resp, err)
	}
	if text := s.browse("/_bootzip/invocations"); !strings.Contains(text, `"function":"one"`) || !strings.Contains(text, `"source":"function URL"`) {
		t.Errorf("events: %s", text)
	}
	s.write("cmd/one/main.go", "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() {")
	s.until("the failed build", func() bool { return strings.Contains(s.browse("/_bootzip/changes"), "syntax error") })
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "second", 1))
	s.until("the build that works", func() bool {
		text := s.browse("/_bootzip/changes")
		return !strings.Contains(text, "syntax error") && strings.Contains(text, `"name":"one"`)
	})
	s.write("bootzip.yaml", "functions:\n  one: {routes: [GET /]}\n")
	s.until("the route", func() bool { return strings.Contains(s.browse("/"), "200 second") })
	if text := s.browse("/_bootzip/"); !strings.Contains(text, "<h1>bootzip console</h1>") {
		t.Errorf("with a route: %s", text)
	}
	s.end()
}

// The functions that are served are those of the sources, as last built successfully.
func TestServeReloads(t *testing.T) {
	s := newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "first", 1))
	s.start(3)
	s.wait("one", `200 first`)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "second", 1))
	s.wait("one", `200 second`)
	// If a function cannot be built, the old one stays; a new function is added.
	s.write("cmd/one/main.go", "package main // AWS_LAMBDA_RUNTIME_API\n\nfunc main() {")
	s.write("cmd/two/main.go", strings.Replace(served, "VERSION", "other", 1))
	s.wait("two", `200 other`)
	s.wait("one", `200 second`)
	if err := os.RemoveAll("cmd/two"); err != nil {
		t.Fatal(err)
	}
	s.wait("two", "404")
	s.end()
}

// names returns which functions the Invoke API lists, each with its handler.
func (s *servedProject) names() string {
	resp, err := http.Get("http://" + s.address + "/2015-03-31/functions/")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	var page struct {
		Functions []struct{ FunctionName, Handler string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return err.Error()
	}
	var all []string
	for _, f := range page.Functions {
		all = append(all, f.FunctionName+"="+f.Handler)
	}
	return strings.Join(all, " ")
}

// Each handler is a separate function, and is removed when bootzip.yaml no longer names
// it. A function keeps its name even if another one's handler would have the same.
func TestServeHandlers(t *testing.T) {
	s := newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, `VERSION`, `" + env("_HANDLER") + "`, 1))
	s.write("cmd/two/main.go", strings.Replace(served, "VERSION", "two", 1))
	const yaml = "functions:\n  one:\n    source: cmd/one\n    handlers: [%s]\n  one-b:\n    source: cmd/two\n"
	s.write("bootzip.yaml", fmt.Sprintf(yaml, "a, b, c.d"))
	s.start(3)
	s.until("all functions", func() bool { return s.names() == "one=a one-b= one-c-d=c.d" })
	for name, want := range map[string]string{"one": "200 a", "one-b": "200 two", "one-c-d": "200 c.d"} {
		if got := s.get(name + "/"); !strings.HasPrefix(got, want) {
			t.Errorf("%s answers %s, want %s", name, got, want)
		}
	}
	s.write("bootzip.yaml", fmt.Sprintf(yaml, "e"))
	s.until("the other handler", func() bool { return s.names() == "one=e one-b=" })
	s.end()
}

// A zip of any tool is served under the name of its file, without a project, and is
// reloaded when the file changes.
func TestServeZip(t *testing.T) {
	s := newServedProject(t)
	zip := func(version string) string {
		s.write("cmd/main.go", strings.Replace(served, "VERSION", version, 1))
		if out, err := exec.Command("go", "build", "-o", "bootstrap", "./cmd").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		name := filepath.Join(t.TempDir(), "thing.zip")
		if err := pack.Write(t.Context(), name, []pack.Entry{{Name: "bootstrap", Executable: true, File: "bootstrap"}}); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first, second := zip("first"), zip("second")
	t.Chdir(t.TempDir())
	s.start(3, "--zip="+first)
	s.wait("thing", "200 first")
	if err := os.Rename(second, first); err != nil {
		t.Fatal(err)
	}
	s.wait("thing", "200 second")
	s.end()
}

// Each zip in a directory is served, including one that appears later, and a zip that is
// removed is no longer served. Other files are ignored.
func TestServeDirectory(t *testing.T) {
	s := newServedProject(t)
	zips := t.TempDir()
	zip := func(name string) {
		s.write("cmd/main.go", strings.Replace(served, "VERSION", name, 1))
		build := exec.Command("go", "build", "-o", "bootstrap", "./cmd")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := pack.Write(t.Context(), filepath.Join(zips, name+".zip"), []pack.Entry{{Name: "bootstrap", Executable: true, File: "bootstrap"}}); err != nil {
			t.Fatal(err)
		}
	}
	zip("one")
	zip("two")
	s.write("other/readme.txt", "x")
	if err := os.WriteFile(filepath.Join(zips, "manifest.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(t.TempDir(), "pictured.oci.tar")
	if _, err := pack.WriteImage(t.Context(), image, []pack.Entry{{Name: "bootstrap", Executable: true, File: "bootstrap"}}, pack.ImageConfig{Function: "pictured", Arch: project.Arch(runtime.GOARCH)}); err != nil {
		t.Fatal(err)
	}
	zoned := filepath.Join(t.TempDir(), "zoned.oci.tar") // an image that is started in its own files
	if _, err := pack.WriteImage(t.Context(), zoned, []pack.Entry{{Name: "bootstrap", Executable: true, File: "bootstrap"}}, pack.ImageConfig{Function: "zoned", Arch: project.Arch(runtime.GOARCH), Zones: true}); err != nil {
		t.Fatal(err)
	}
	s.start(4, zips, "--zip="+filepath.Join(zips, "two.zip"), "--image="+image, "--image="+zoned)
	s.wait("pictured", "200 two") // the program of the last zip
	s.wait("zoned", "200 two")
	s.wait("one", "200 one")
	s.wait("two", "200 two")
	zip("three")
	s.wait("three", "200 three")
	if err := os.Remove(filepath.Join(zips, "one.zip")); err != nil {
		t.Fatal(err)
	}
	s.until("the removal", func() bool { all := s.names(); return !strings.Contains(all, "one=") && strings.Contains(all, "two=") })
	s.wait("two", "200 two")
	s.end()
}

func TestServeMisuse(t *testing.T) {
	s := newServedProject(t)
	s.write("a.zip", "x")
	s.write("b/a.zip", "x")
	s.write("empty/a.txt", "x")
	for _, args := range []string{"--zip=none.zip", "--image=none.tar", "--zip=a.zip --image=a.tar", "--zip=b", "--zip=a.zip --zip=b/a.zip", "none", "a.zip", "empty", "b --zip=a.zip", "--cors=localhost", "--cors=http://localhost:1/", "--cors=http://", "--concurrency=0"} {
		err := Run(t.Context(), "bootzip", append([]string{"serve", "--address=" + s.address}, strings.Fields(args)...)...)
		var exit *exitError
		if !errors.As(err, &exit) || exit.status != 2 {
			t.Errorf("%s: error is %v", args, err)
		}
	}
}

// A stop does not wait for a replaced version to answer an event that takes ten minutes.
func TestServeStopsWhileAnOldVersionAnswers(t *testing.T) {
	s := newServedProject(t)
	slow := strings.Replace(served, "{ return", `{
	if strings.Contains(event, "/slow") {
		left := syscall.Timespec{Sec: 600}
		for syscall.Nanosleep(&left, &left) == syscall.EINTR {
		}
	}
	return`, 1)
	s.write("cmd/one/main.go", strings.Replace(slow, "VERSION", "first", 1))
	s.start(900)
	s.wait("one", `200 first`)
	sent, answered := make(chan struct{}), make(chan int, 1)
	trace := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
	r, err := http.NewRequestWithContext(trace, http.MethodGet, "http://"+s.address+"/url/one/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		// A connection of its own: the request is not sent twice.
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-sent
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", "second", 1))
	s.wait("one", `200 second`)
	s.end()
	if got := <-answered; got == http.StatusOK {
		t.Error("the slow event was answered")
	}
}

// A stop in the middle of a build waits until the build has cleaned up.
func TestServeStopsWhileItBuilds(t *testing.T) {
	s := newServedProject(t)
	s.write("cmd/one/main.go", strings.Replace(served, "VERSION", fmt.Sprint(time.Now().UnixNano()), 1))
	s.start(3)
	s.until("the build", func() bool {
		found, err := filepath.Glob(filepath.Join(os.TempDir(), "bootzip-build-*", "temp"))
		return err == nil && len(found) > 0
	})
	s.end()
}
