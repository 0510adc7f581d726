package gocache

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/internal/store"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != RelayName {
		os.Exit(m.Run())
	}
	if err := Relay(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func openStore(t *testing.T, dir string, write bool) *store.Store {
	t.Helper()
	s, err := store.Open(store.Config{Address: dir, Write: write})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newServer starts a server in a directory whose path is longer than a socket's may be.
func newServer(t *testing.T, s *store.Store, local string) *Server {
	t.Helper()
	out := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	server, err := Serve(t.Context(), Config{Out: out, View: out, Local: local, Store: s})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// The go command uses what another machine has compiled, and compiles what it cannot get.
func TestGoCommand(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shared := t.TempDir()
	build := func(write bool) (compiled int, counts store.Counts) {
		t.Helper()
		s := openStore(t, shared, write)
		server := newServer(t, s, t.TempDir())
		relay := filepath.Join(t.TempDir(), RelayName)
		if err := os.Symlink(self, relay); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "build", "-x", "unicode/utf8", "unicode/utf16")
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOCACHE="+t.TempDir(), "GOCACHEPROG="+relay+" "+server.Socket())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		server.Close()
		return strings.Count(string(out), "/compile -o "), s.Counts()
	}
	compiled, counts := build(true)
	if compiled < 2 || counts.Kept < compiled || counts.Faults > 0 {
		t.Fatalf("%d compiled, %+v", compiled, counts)
	}
	if again, counts := build(false); again != 0 || counts.Found == 0 || counts.Faults > 0 || counts.Kept > 0 {
		t.Errorf("%d compiled again, %+v", again, counts)
	}
	files, err := filepath.Glob(filepath.Join(shared, "cas", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		if err := os.WriteFile(name, []byte("spoiled"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if again, counts := build(true); again != compiled || counts.Faults == 0 {
		t.Errorf("%d of %d compiled where the store is spoiled, %+v", again, compiled, counts)
	}
	if again, counts := build(false); again != 0 || counts.Faults > 0 {
		t.Errorf("%d compiled where the store was spoiled, %+v", again, counts)
	}
}

// talk sends requests and returns the answers by their ids.
func talk(t *testing.T, s *Server, requests ...string) map[int64]response {
	t.Helper()
	in, out := io.Pipe()
	answers := map[int64]response{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d := json.NewDecoder(in)
		for {
			var r response
			if d.Decode(&r) != nil {
				return
			}
			answers[r.ID] = r
		}
	}()
	s.serve(strings.NewReader(strings.Join(requests, "\n")), out)
	out.Close()
	<-done
	return answers
}

func TestProtocol(t *testing.T) {
	shared, local := t.TempDir(), t.TempDir()
	s := newServer(t, openStore(t, shared, true), local)
	action := func(n byte) string {
		return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32))
	}
	sum := sha256.Sum256([]byte("body"))
	id, empty := base64.StdEncoding.EncodeToString(sum[:]), sha256.Sum256(nil)
	put := func(n int, act, output, body string) string {
		return fmt.Sprintf(`{"ID":%d,"Command":"put","ActionID":%q,"OutputID":%q,"BodySize":%d}`+"\n%q", n, act, output, len(body), base64.StdEncoding.EncodeToString([]byte(body)))
	}
	get := func(n int, act string) string { return fmt.Sprintf(`{"ID":%d,"Command":"get","ActionID":%q}`, n, act) }
	got := talk(t, s, put(1, action(1), id, "body"), put(2, action(2), id, "other"), get(3, action(3)), get(4, "AAAA"),
		`{"ID":5,"Command":"dance"}`, `{"ID":6,"Command":"close"}`,
		fmt.Sprintf(`{"ID":7,"Command":"put","ActionID":%q,"OutputID":%q}`, action(7), base64.StdEncoding.EncodeToString(empty[:])))
	if r := got[0]; len(r.KnownCommands) != 3 {
		t.Errorf("it begins with %+v", r)
	}
	if r := got[1]; r.Err != "" || r.DiskPath != s.view(hex.EncodeToString(sum[:])) {
		t.Errorf("%+v", r)
	}
	if got[2].Err == "" || got[5].Err == "" || got[6].Err != "" || got[7].Err != "" || !got[3].Miss || !got[4].Miss {
		t.Errorf("%+v", got)
	}
	// A request that breaks off ends the session.
	talk(t, s, put(8, action(8), id, "body")[:100], `{"ID":9`)
	talk(t, s, strings.Replace(put(8, action(8), id, "body"), `"BodySize":4`, `"BodySize":5`, 1))

	// The same result: here, on another machine, and after the local copy was damaged.
	same := func(what string, s *Server) {
		t.Helper()
		r := talk(t, s, get(1, action(1)))[1]
		text, err := os.ReadFile(r.DiskPath)
		if r.Miss || r.Size != 4 || string(text) != "body" || !bytes.Equal(r.OutputID, sum[:]) {
			t.Errorf("%s: %+v, %q (%v)", what, r, text, err)
		}
		if r := talk(t, s, get(2, action(7)))[2]; r.Miss || r.Size != 0 {
			t.Errorf("%s: the empty body: %+v", what, r)
		}
	}
	same("here", s)
	s.Close()
	same("elsewhere", newServer(t, openStore(t, shared, false), t.TempDir()))
	if err := os.WriteFile(s.localFile(hex.EncodeToString(sum[:]), "d"), []byte("BODY"), 0o644); err != nil {
		t.Fatal(err)
	}
	same("spoiled", newServer(t, openStore(t, shared, false), local))
	if r := talk(t, newServer(t, openStore(t, t.TempDir(), false), t.TempDir()), get(1, action(1)))[1]; !r.Miss {
		t.Errorf("a store without it: %+v", r)
	}
}

func TestTrim(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	put := func(name string, age time.Duration) string {
		name = filepath.Join(dir, name)
		if err := write(name, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	there := func(name string) bool { _, err := os.Stat(name); return err == nil }
	old, fresh := put("aa/old-d", unused+time.Hour), put("aa/fresh-d", unused-time.Hour)
	trim(dir, now)
	if there(old) || !there(fresh) {
		t.Error("what is old is there, or what is not is gone")
	}
	old = put("aa/old-d", unused+time.Hour)
	trim(dir, now.Add(time.Hour))
	if !there(old) {
		t.Error("it was trimmed twice in a day")
	}
	trim(dir, now.Add(25*time.Hour))
	if there(old) {
		t.Error("it was not trimmed the next day")
	}
}
