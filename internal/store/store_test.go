package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// files is a server with GET, PUT and DELETE, like bazel-remote and WebDAV servers.
type files struct {
	mu    sync.Mutex
	all   map[string][]byte
	token string
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	old, there := f.all[r.URL.Path]
	switch {
	case r.Method == http.MethodPut && there && r.Header.Get("If-None-Match") == "*":
		http.Error(w, "it is there", http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		body, _ := io.ReadAll(r.Body)
		if int64(len(body)) != r.ContentLength {
			http.Error(w, "what length?", http.StatusLengthRequired)
			return
		}
		f.all[r.URL.Path] = body
		w.WriteHeader(http.StatusNoContent)
	case !there:
		http.NotFound(w, r)
	case r.Method == http.MethodDelete:
		delete(f.all, r.URL.Path)
	default:
		_, _ = w.Write(old)
	}
}

func open(t *testing.T, c Config) *Store {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const key = "00000000000000000000000000000000000000000000000000000000000000aa"

func TestStore(t *testing.T) {
	backing := &files{all: map[string][]byte{}, token: "secret"}
	server := httptest.NewServer(backing)
	defer server.Close()
	for name, c := range map[string]Config{
		"directory": {Address: filepath.Join(t.TempDir(), "cache")},
		"file":      {Address: "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "cache"))},
		"server":    {Address: server.URL + "/below/here", Token: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			reader := open(t, c)
			c.Write = true
			c.Tool, c.Commit = "v1", "abc"
			writer := open(t, c)
			c.Tool = "v2"
			other := open(t, c)
			to := filepath.Join(t.TempDir(), "to")
			if reader.Fetch(ctx, key, to) || reader.Summary() != "0 found, 1 not there" {
				t.Fatalf("an empty store has it: %s", reader.Summary())
			}
			writer.Keep(ctx, key, write(t, "program"))
			if got := writer.Counts(); got != (Counts{Kept: 1}) {
				t.Fatalf("%+v: %s", got, writer.Summary())
			}
			if !reader.Fetch(ctx, key, to) {
				t.Fatal(reader.Summary())
			}
			if text, err := os.ReadFile(to); string(text) != "program" || err != nil {
				t.Errorf("%q (%v)", text, err)
			}
			if info, err := os.Stat(to); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("it cannot be executed (%v)", err)
			}
			// A record stays as it was first written.
			other.Keep(ctx, key, write(t, "other"))
			r, ok := reader.Record(ctx, key)
			sum := sha256.Sum256([]byte("program"))
			if !ok || r.Tool != "v1" || r.Commit != "abc" || r.Size != 7 || r.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%+v", r)
			}
			const about = "00000000000000000000000000000000000000000000000000000000000000bb"
			writer.KeepText(ctx, about, "all is well")
			if text, ok := reader.Text(ctx, about); !ok || text != "all is well" {
				t.Errorf("%q: %s", text, reader.Summary())
			}
			if text, ok := reader.Text(ctx, key); ok {
				t.Errorf("the text of a file is %q", text)
			}
			if err := writer.Drop(ctx, key); err != nil {
				t.Error(err)
			}
			if err := writer.Drop(ctx, key); err != nil {
				t.Errorf("once more: %v", err)
			}
			if _, ok := reader.Record(ctx, key); ok {
				t.Error("it is there still")
			}
		})
	}
	refused := open(t, Config{Address: server.URL, Token: "wrong", Write: true})
	refused.Keep(t.Context(), key, write(t, "x"))
	if refused.Fetch(t.Context(), key, filepath.Join(t.TempDir(), "to")) || refused.Counts() != (Counts{Faults: 2}) || !strings.Contains(refused.Summary(), "401 Unauthorized") {
		t.Errorf("without the token: %s", refused.Summary())
	}
}

func TestOpen(t *testing.T) {
	for address, why := range map[string]string{
		"": "neither", "cache": "neither", "ftp://x/y": "neither", "https://": "neither", "http://[": "not an address",
		"http://cache.example.com": "sent unencrypted", "http://ada:secret@cache.example.com": "sent unencrypted",
	} {
		if _, err := Open(Config{Address: address, Token: "t"}); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A wrong entry in a store is never used, leaves no file, and is removed if the run may write.
func TestWrongContent(t *testing.T) {
	dir := t.TempDir()
	sum := sha256.Sum256([]byte("program"))
	file, record := filepath.Join(dir, "cas", hex.EncodeToString(sum[:])), filepath.Join(dir, "ac", key)
	s := open(t, Config{Address: dir, Write: true})
	for name, spoil := range map[string]func() error{
		"other bytes":   func() error { return os.WriteFile(file, []byte("PROGRAM"), 0o644) },
		"cut off":       func() error { return os.WriteFile(file, []byte("prog"), 0o644) },
		"longer":        func() error { return os.WriteFile(file, []byte("programs"), 0o644) },
		"gone":          func() error { return os.Remove(file) },
		"no record":     func() error { return os.WriteFile(record, []byte("<html>"), 0o644) },
		"other version": func() error { return os.WriteFile(record, []byte(`{"version":2}`), 0o644) },
		"a path": func() error {
			return os.WriteFile(record, []byte(`{"version":1,"sha256":"../../../etc/passwd","size":7}`), 0o644)
		},
		"huge":       func() error { return os.WriteFile(record, bytes.Repeat([]byte(" "), maxRecord+1), 0o644) },
		"much to do": func() error { return os.WriteFile(record, []byte(`{"version":1,"size":1e18}`), 0o644) },
	} {
		s.Keep(t.Context(), key, write(t, "program"))
		before := s.Counts()
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "to")
		if s.Fetch(t.Context(), key, to) || s.Counts().Faults != before.Faults+1 {
			t.Errorf("%s: it was taken: %s", name, s.Summary())
		}
		if _, err := os.Stat(to); !os.IsNotExist(err) {
			t.Errorf("%s: a file is left (%v)", name, err)
		}
		if _, err := os.Stat(record); !os.IsNotExist(err) {
			t.Errorf("%s: the record is left (%v)", name, err)
		}
	}
}

func TestWrongText(t *testing.T) {
	dir := t.TempDir()
	record := filepath.Join(dir, "ac", key)
	s := open(t, Config{Address: dir, Write: true})
	s.KeepText(t.Context(), key, "4 passed")
	s.KeepText(t.Context(), key, strings.Repeat("x", maxRecord)) // too long
	data, err := os.ReadFile(record)
	if err != nil || s.Counts() != (Counts{Kept: 1, Faults: 1}) {
		t.Fatal(err, s.Summary())
	}
	if err := os.WriteFile(record, bytes.Replace(data, []byte("4 passed"), []byte("5 passed"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if text, ok := s.Text(t.Context(), key); ok {
		t.Errorf("it was taken: %q", text)
	}
	if _, err := os.Stat(record); !os.IsNotExist(err) {
		t.Errorf("the record is left (%v)", err)
	}
}

// A store answers a thousand reads: a fifth each slowly, broken, cut off, with another file and
// well. Each read gives the right bytes or none, and each fault is counted.
func TestFaults(t *testing.T) {
	const reads = 1000
	good := &files{all: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/ac/") || r.Method != http.MethodGet {
			good.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		good.ServeHTTP(rec, r)
		switch body := rec.Body.Bytes(); fault(r) {
		case 0:
			w.WriteHeader(rec.Code)
			_, _ = w.Write(body)
		case slow:
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		case 2:
			http.Error(w, "broken", http.StatusInternalServerError)
		case 3: // cut off
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body[:len(body)/2])
		case 4: // another file's
			_, _ = w.Write(bytes.Replace(body, []byte(`"size":7`), []byte(`"size":6`), 1))
		}
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{Address: server.URL, Write: true})
	names := make([]string, reads)
	for i := range names {
		names[i] = fmt.Sprintf("%064x", i)
		s.Keep(t.Context(), names[i], write(t, "program"))
	}
	// The slow reads would use up a run's patience.
	hasty := newServer(base, "")
	hasty.client.Transport = hurried{hasty.client.Transport}
	reader := &Store{files: hasty, during: &during{counts: map[string]Counts{}, faults: map[string]int{}, lost: -time.Hour}}
	right := 0
	for _, name := range names {
		to := filepath.Join(t.TempDir(), "to")
		if reader.Fetch(t.Context(), name, to) {
			text, err := os.ReadFile(to)
			if string(text) != "program" || err != nil {
				t.Fatalf("%s: %q (%v)", name, text, err)
			}
			right++
		}
	}
	if got := reader.Counts(); got != (Counts{Found: reads / 5, Faults: reads * 4 / 5}) || right != reads/5 {
		t.Errorf("%+v, %d right: %s", got, right, reader.Summary())
	}
}

const slow = 1 // a fault

// fault returns, by a request's path, the number of one of five things that happen to it.
func fault(r *http.Request) int {
	n := 0
	for _, c := range r.URL.Path[len(r.URL.Path)-4:] {
		n = n*16 + strings.IndexRune("0123456789abcdef", c)
	}
	return n % 5
}

// hurried hardly waits for slow answers, and as long as usual for the others.
type hurried struct{ http.RoundTripper }

func (h hurried) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/ac/") && fault(r) == slow {
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
	}
	return h.RoundTripper.RoundTrip(r)
}

// A run continues without a store that has used up its patience.
func TestPatience(t *testing.T) {
	s := open(t, Config{Address: "http://127.0.0.1:1"})
	s.during.lost = patience
	if s.Fetch(t.Context(), key, filepath.Join(t.TempDir(), "to")) || s.Counts() != (Counts{}) {
		t.Errorf("it was asked: %s", s.Summary())
	}
	s = open(t, Config{Address: "http://127.0.0.1:1"})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if s.Fetch(ended, key, filepath.Join(t.TempDir(), "to")) || s.Counts() != (Counts{}) {
		t.Errorf("an interrupted run counts: %s", s.Summary())
	}
	s.Fetch(t.Context(), key, filepath.Join(t.TempDir(), "to"))
	if s.Counts() != (Counts{Faults: 1}) || !strings.Contains(s.Summary(), "connection refused") {
		t.Errorf("%s", s.Summary())
	}
}
