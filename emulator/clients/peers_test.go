package clients

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
)

// Third-party runtimes, and small ones in other languages. Each answers with its event,
// except events with an op: error, crash, hang, big (5 MB), stream.
func TestPeers(t *testing.T) {
	type peer struct {
		prepare         func(t *testing.T, dir string) // puts a function into a directory
		handler, stream string
	}
	peers := map[string]peer{
		"bash":          {copied("bash"), "", ""},
		"php":           {copied("php"), "", ""},
		"c":             {compiled, "", ""},
		"aws-lambda-go": {withLibrary, "peer", "peer-stream"},
		"node":          {withClient, "index.handler", "index.stream"},
	}
	asked := os.Getenv("BOOTZIP_TEST_PEERS")
	if asked == "" {
		t.Skip("BOOTZIP_TEST_PEERS names none, such as bash,php,c,aws-lambda-go,node")
	}
	for _, name := range strings.Split(asked, ",") {
		c, ok := peers[name]
		if !ok {
			t.Fatalf("BOOTZIP_TEST_PEERS names %q, which is not there", name)
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.prepare(t, dir)
			name := filepath.Join(t.TempDir(), "function.zip")
			zipDir(t, name, dir)
			t.Run("answers", func(t *testing.T) { peerAnswers(t, name, c.handler) })
			t.Run("hangs", func(t *testing.T) { peerHangs(t, name, c.handler) })
			t.Run("streams", func(t *testing.T) { peerStreams(t, name, c.stream) })
			t.Run("60 at once", func(t *testing.T) { peerAtOnce(t, name, c.handler) })
		})
	}
}

// function runs a zip, with enough memory for 5 MB of JSON in any language.
func function(t *testing.T, c emulator.Config) *emulator.Function {
	t.Helper()
	var log bytes.Buffer
	c.Temp, c.Log, c.Memory = t.TempDir(), &log, 512
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	f, err := emulator.New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%.4000s", log.String())
		}
	})
	return f
}

func peerAnswers(t *testing.T, zip, handler string) {
	f := function(t, emulator.Config{Zip: zip, Handler: handler})
	invoke := func(event string) emulator.Response {
		t.Helper()
		resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	same := func(when string) {
		t.Helper()
		const event = `{"text":"Zoë \\ \"x\"","n":1.5}`
		var got, want any
		resp := invoke(event)
		if err := json.Unmarshal(resp.Payload, &got); err != nil || resp.FunctionError != "" {
			t.Fatalf("%s: %s, %v", when, resp.Payload, err)
		}
		_ = json.Unmarshal([]byte(event), &want)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s the answer is %s", when, resp.Payload)
		}
	}
	same("first")
	var fault struct{ ErrorType, ErrorMessage string }
	resp := invoke(`{"op":"error"}`)
	if err := json.Unmarshal(resp.Payload, &fault); err != nil || resp.FunctionError != "Unhandled" || fault.ErrorType != "Luck" || fault.ErrorMessage != "no luck" {
		t.Errorf("error is %s, %+v", resp.Payload, resp)
	}
	same("after an error")
	resp = invoke(`{"op":"crash"}`)
	if resp.FunctionError != "Unhandled" || resp.ErrorType != "Runtime.ExitError" || !strings.Contains(string(resp.Payload), "exit status 3") {
		t.Errorf("crash is %s, %q", resp.Payload, resp.ErrorType)
	}
	same("after a crash")
	if resp = invoke(`{"op":"big"}`); len(resp.Payload) < 5_000_000 || len(resp.Payload) > 5_000_002 || !bytes.HasPrefix(resp.Payload, []byte(`"xxx`)) {
		t.Errorf("5 MB are %d bytes, %.100s", len(resp.Payload), resp.Payload)
	}
	same("after 5 MB")
}

func peerHangs(t *testing.T, zip, handler string) {
	f := function(t, emulator.Config{Zip: zip, Handler: handler, Timeout: 3 * time.Second})
	for _, c := range []struct{ event, kind string }{{`{"a":1}`, ""}, {`{"op":"hang"}`, "Sandbox.Timedout"}, {`{"a":1}`, ""}} {
		resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(c.event)})
		if err != nil || resp.ErrorType != c.kind {
			t.Errorf("%s: %s, %q, %v", c.event, resp.Payload, resp.ErrorType, err)
		}
	}
}

type sink struct{ bytes.Buffer }

func (*sink) Begin(string) {}

func peerStreams(t *testing.T, zip, handler string) {
	f := function(t, emulator.Config{Zip: zip, Handler: handler})
	var s sink
	resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(`{"op":"stream"}`), Stream: &s, StreamAll: true})
	if err != nil || !resp.Streamed || resp.FunctionError != "" || s.String() != "one two" {
		t.Errorf("%+v, %v: streamed was %q", resp, err, s.String())
	}
}

func peerAtOnce(t *testing.T, zip, handler string) {
	f := function(t, emulator.Config{Zip: zip, Handler: handler, Concurrency: 60})
	var wg sync.WaitGroup
	for n := range 60 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			event := fmt.Sprintf(`{"n":%d}`, n)
			resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(event)})
			if err != nil || strings.TrimSpace(string(resp.Payload)) != event {
				t.Errorf("%s: %s, %v", event, resp.Payload, err)
			}
		}()
	}
	wg.Wait()
}

func zipDir(t *testing.T, name, dir string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	// AddFS would fail on a file that is not regular, such as a link.
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		h, err := zip.FileInfoHeader(info)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		h.Name, h.Method = filepath.ToSlash(rel), zip.Deflate
		to, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			_, err = to.Write(data)
		}
		return err
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func copied(language string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", language))); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "bootstrap"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func command(t *testing.T, dir string, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if dir == "" {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
}

func compiled(t *testing.T, dir string) {
	command(t, "", "gcc", "-static", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-o", filepath.Join(dir, "bootstrap"), "testdata/c/main.c")
}

func withLibrary(t *testing.T, dir string) {
	command(t, "", "go", "build", "-o", filepath.Join(dir, "bootstrap"), "./awslambdago")
}

// withClient installs AWS's client for Node.js, and compiles its part in C++. That takes a
// minute, and needs cmake, autoconf, automake, libtool and Node's headers.
func withClient(t *testing.T, dir string) {
	copied("node")(t, dir)
	command(t, dir, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "aws-lambda-ric@4.0.2")
	headers := "/usr" // of NodeSource's package
	if _, err := os.Stat("/usr/include/node/node.h"); err != nil {
		headers = "/usr/include/nodejs" // of Debian's libnode-dev
	}
	t.Setenv("npm_config_nodedir", headers)
	client := filepath.Join(dir, "node_modules", "aws-lambda-ric")
	command(t, client, "sh", "scripts/preinstall.sh")
	command(t, client, "sh", "scripts/postinstall.sh")
}
