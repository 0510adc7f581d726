//go:build linux

package emulator

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// faulty is the program of testdata/faulty, built.
var faulty []byte

func TestMain(m *testing.M) {
	if os.Getenv(leaver) != "" {
		os.Exit(m.Run())
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "emulator-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	for name, program := range map[string]*[]byte{"faulty": &faulty, "companion": &companionProgram} {
		file := filepath.Join(folder, name)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./testdata/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v\n%s", err, out))
		}
		if *program, err = os.ReadFile(file); err != nil {
			panic(err)
		}
	}
	// Parallel tests wait most of the time; the flag -parallel is read after this.
	if err := flag.Set("test.parallel", strconv.Itoa(max(8, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err)
	}
	before := open()
	code := m.Run()
	if left := before.left(); code == 0 && left != "" {
		fmt.Println("after all tests:", left)
		return 1
	}
	return code
}

// beside has the names of tests that run in parallel with others.
var beside sync.Map

// parallel lets a test that mostly waits run in parallel with others. What this process has
// open then says nothing about a single test, so TestMain checks it after all tests.
func parallel(t *testing.T) {
	t.Helper()
	t.Parallel()
	beside.Store(t.Name(), true)
}

// A file is a file in a zip.
type file struct {
	name    string
	mode    os.FileMode
	content []byte
}

func makeZip(t testing.TB, files ...file) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Store}
		h.SetMode(f.mode)
		e, err := w.CreateHeader(h)
		if err == nil {
			_, err = e.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func faultyZip(t testing.TB) string {
	t.Helper()
	return makeZip(t, file{"bootstrap", 0o755, faulty}, file{"data/table.json", 0o644, []byte("{}")})
}

// A logBook is a log that several goroutines use.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 1<<20 {
		return len(p), nil
	}
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newFunction makes a function that is closed at the end of the test. Nothing of the
// function may be left then.
func newFunction(t testing.TB, c Config) (*Function, *logBook) {
	t.Helper()
	book := &logBook{}
	if c.Zip == "" {
		c.Zip = faultyZip(t)
	}
	c.Temp, c.Log = t.TempDir(), book
	before := open()
	f, err := New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := f.Close(ctx); err != nil {
			t.Error(err)
		}
		nothingLeft(t, c.Temp, before)
	})
	return f, book
}

// A usage counts what a process may forget to release.
type usage struct{ descriptors, children int }

func open() usage { return usage{descriptors(), len(children())} }

// left describes what is open now and was not before.
func (before usage) left() string {
	if list := children(); len(list) > before.children {
		return fmt.Sprintf("processes left: %v", list)
	}
	// A server's goroutine takes a moment to notice that a connection was closed.
	for try := 0; ; try++ {
		after := descriptors()
		if after <= before.descriptors {
			return ""
		}
		if try == 200 {
			return fmt.Sprintf("%d descriptors were open before and %d are after", before.descriptors, after)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func nothingLeft(t testing.TB, temp string, before usage) {
	t.Helper()
	if list, err := os.ReadDir(temp); err != nil || len(list) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", list, err)
	}
	for name := t.Name(); name != "."; name = path.Dir(name) { // a subtest, and its test
		if _, ok := beside.Load(name); ok {
			return
		}
	}
	if left := before.left(); left != "" {
		t.Error(left)
	}
}

func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(list)
}

// children are the processes that this one started, and what they started.
func children() []string {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		panic(err)
	}
	mine := strconv.Itoa(os.Getpid())
	var all []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == mine {
			all = append(all, string(text))
		}
	}
	return all
}

func invoke(t testing.TB, f *Function, payload string) Response {
	t.Helper()
	resp, err := f.Invoke(context.Background(), Request{Payload: []byte(payload), Tail: true})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
