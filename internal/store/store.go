// Package store shares the results of builds with other machines: in a directory, in S3, or
// on an HTTP server. It uses the names of Bazel's remote cache, ac/KEY for a record and
// cas/SHA256 for a file (Bazel, "Remote Caching", HTTP caching protocol), so bazel-remote
// and servers with PUT can be used.
//
// Anyone who may write to a store is trusted as a builder: what a record says about its key
// cannot be checked without building. Files are compared with their records, so a store
// that is slow, broken or cut off costs time but never changes bytes: a fault is counted, and
// treated like a missing entry.
package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
)

// A Record describes what is stored under a key.
type Record struct {
	Version int       `json:"version"` // 1
	SHA256  string    `json:"sha256"`  // of the file, in hexadecimal
	Size    int64     `json:"size"`    // bytes
	Tool    string    `json:"tool"`    // the version of bootzip that made the file
	Commit  string    `json:"commit,omitempty"`
	Writer  string    `json:"writer,omitempty"` // the job that made the file
	Time    time.Time `json:"time"`
	Text    string    `json:"text,omitempty"` // instead of a file
}

const (
	recordVersion = 1
	maxRecord     = 64 << 10
	maxFile       = 512 << 20
)

// patience bounds the total time that a run spends on failing requests before it continues
// without the store.
const patience = 30 * time.Second

// A backend stores files by name, ac/KEY and cas/SHA256.
type backend interface {
	// get writes a file of at most limit bytes to w, or returns errAbsent.
	get(ctx context.Context, name string, limit int64, w io.Writer) error
	// put writes a file. An existing record stays; an existing file is replaced, as it
	// may be damaged.
	put(ctx context.Context, name string, file io.ReadSeeker, size int64) error
	remove(ctx context.Context, name string) error
}

var (
	errAbsent = errors.New("it is not there")
	errWrong  = errors.New("its content is not what its record says")
)

// A Config says where a store is.
type Config struct {
	Address   string // a directory, or file://, http://, https:// or s3:// with a prefix
	Token     string // for http and https, sent as Authorization: Bearer; empty: none
	Anonymous bool   // send no credentials to S3
	Write     bool   // store the results of builds there

	Tool, Commit, Writer string // for the records that are written, as in Record
}

// A Store is one store during one run. Its methods may be called concurrently.
type Store struct {
	Write bool

	kind   string // the kind under which requests are counted
	by     Record // with the fields about the writer
	files  backend
	during *during
}

// during records what happened with a store during a run.
type during struct {
	mu     sync.Mutex
	counts map[string]Counts // by kind
	faults map[string]int    // by their texts
	lost   time.Duration     // in failing requests
}

// For returns the same store, but counts requests under another kind.
func (s *Store) For(kind string) *Store {
	other := *s
	other.kind = kind
	return &other
}

// Counts are how many of a run's requests had each result.
type Counts struct{ Found, Absent, Kept, Faults int }

// Open returns the store at an address. It sends no request. Its errors are misuse.
func Open(c Config) (*Store, error) {
	s := &Store{Write: c.Write, by: Record{Tool: c.Tool, Commit: c.Commit, Writer: c.Writer}, during: &during{counts: map[string]Counts{}, faults: map[string]int{}}}
	u, err := url.Parse(c.Address)
	switch {
	case err != nil:
		return nil, hint.New("give a directory, or an address with https://", "cache %q is not an address", c.Address)
	case filepath.IsAbs(c.Address):
		s.files = directory(c.Address)
	case u.Scheme == "file" && u.Host == "" && u.Path != "":
		s.files = directory(filepath.FromSlash(u.Path))
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		if (c.Token != "" || u.User != nil) && u.Scheme == "http" && !loopback(u.Hostname()) {
			return nil, hint.New("use https://", "cache %s: the token or password would be sent unencrypted", u.Redacted())
		}
		s.files = newServer(u, c.Token)
	case u.Scheme == "s3" && u.Host != "":
		if s.files, err = newBucket(u, c.Anonymous); err != nil {
			return nil, err
		}
	default:
		return nil, hint.New("give an absolute path, or file://, http://, https:// or s3:// with a host or bucket", "cache %q is neither a directory nor an address", c.Address)
	}
	return s, nil
}

// Fetch writes what is stored under a key to name, which must not exist, and reports whether
// it did. After a fault there is no file.
func (s *Store) Fetch(ctx context.Context, key, name string) bool {
	return s.read(ctx, key, func() error {
		return s.fetch(ctx, key, name)
	})
}

// Text returns the text that is stored under a key.
func (s *Store) Text(ctx context.Context, key string) (text string, ok bool) {
	ok = s.read(ctx, key, func() error {
		r, err := s.record(ctx, key)
		if err == nil && r.Text == "" {
			err = fmt.Errorf("%w: it has no text", errWrong)
		}
		text = r.Text
		return err
	})
	return text, ok
}

// read reads a key with do, and counts the result. It removes a wrong record if this run
// may write.
func (s *Store) read(ctx context.Context, key string, do func() error) bool {
	if s.givenUp(ctx) {
		return false
	}
	start := time.Now()
	err := do()
	s.count(ctx, err, start, "read")
	if s.Write && errors.Is(err, errWrong) && ctx.Err() == nil {
		_ = s.Drop(ctx, key)
	}
	return err == nil
}

func (s *Store) fetch(ctx context.Context, key, name string) (err error) {
	r, err := s.record(ctx, key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	err = s.files.get(ctx, "cas/"+r.SHA256, r.Size, f)
	if err = cmp.Or(err, f.Close()); errors.Is(err, errAbsent) {
		return fmt.Errorf("%w: a record without its file", errWrong)
	}
	if err != nil {
		return err
	}
	sum, size, err := digest.File(name)
	if err == nil && (size != r.Size || sum != r.SHA256) {
		return errWrong
	}
	return err
}

// Record returns the record of a key. ok is false if there is none, or after a fault, which
// is counted.
func (s *Store) Record(ctx context.Context, key string) (r Record, ok bool) {
	ok = s.read(ctx, key, func() (err error) {
		r, err = s.record(ctx, key)
		return err
	})
	return r, ok
}

func (s *Store) record(ctx context.Context, key string) (r Record, err error) {
	var text bytes.Buffer
	if err := s.files.get(ctx, "ac/"+key, maxRecord, &text); err != nil {
		return r, err
	}
	if err := json.Unmarshal(text.Bytes(), &r); err != nil || r.Version != recordVersion || !isSum(r.SHA256) || r.Size < 0 || r.Size > maxFile {
		return r, fmt.Errorf("%w: no record of version %d", errWrong, recordVersion)
	}
	if r.Text != "" && r.SHA256 != sumOf(r.Text) {
		return r, errWrong
	}
	return r, nil
}

// Keep stores the file called name under a key: first the file, then its record. A fault is
// counted.
func (s *Store) Keep(ctx context.Context, key, name string) {
	s.write(ctx, func() error { return s.keep(ctx, key, name) })
}

// KeepText stores a text under a key. The text and its record must fit into 64 KiB.
func (s *Store) KeepText(ctx context.Context, key, text string) {
	s.write(ctx, func() error {
		r := s.by
		r.Text, r.SHA256, r.Size = text, sumOf(text), int64(len(text))
		return s.putRecord(ctx, key, r)
	})
}

func (s *Store) write(ctx context.Context, do func() error) {
	if s.givenUp(ctx) {
		return
	}
	start := time.Now()
	s.count(ctx, do(), start, "write")
}

func (s *Store) keep(ctx context.Context, key, name string) (err error) {
	r := s.by
	if r.SHA256, r.Size, err = digest.File(name); err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.files.put(ctx, "cas/"+r.SHA256, f, r.Size); err != nil {
		return err
	}
	return s.putRecord(ctx, key, r)
}

func (s *Store) putRecord(ctx context.Context, key string, r Record) error {
	r.Version, r.Time = recordVersion, time.Now().UTC().Truncate(time.Second)
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(text) > maxRecord {
		return fmt.Errorf("a record of %d bytes; %d are kept", len(text), maxRecord)
	}
	return s.files.put(ctx, "ac/"+key, bytes.NewReader(text), int64(len(text)))
}

// Drop removes the record of a key.
func (s *Store) Drop(ctx context.Context, key string) error { return s.files.remove(ctx, "ac/"+key) }

// givenUp reports whether the store is no longer used in this run.
func (s *Store) givenUp(ctx context.Context) bool {
	s.during.mu.Lock()
	defer s.during.mu.Unlock()
	return s.during.lost >= patience || ctx.Err() != nil
}

func (s *Store) count(ctx context.Context, err error, start time.Time, what string) {
	d := s.during
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.counts[s.kind]
	switch {
	case ctx.Err() != nil: // the run is over
	case err == nil && what == "read":
		c.Found++
	case err == nil:
		c.Kept++
	case errors.Is(err, errAbsent):
		c.Absent++
	default:
		c.Faults++
		d.lost += time.Since(start)
		d.faults[what+": "+err.Error()]++
	}
	d.counts[s.kind] = c
}

// Counts returns the results so far, of requests of this kind.
func (s *Store) Counts() Counts {
	s.during.mu.Lock()
	defer s.during.mu.Unlock()
	return s.during.counts[s.kind]
}

// Summary describes the results of a run in one line; it is empty if there were no requests.
func (s *Store) Summary() string {
	d := s.during
	d.mu.Lock()
	defer d.mu.Unlock()
	var parts []string
	faults := 0
	for _, kind := range slices.Sorted(maps.Keys(d.counts)) {
		c := d.counts[kind]
		text := fmt.Sprintf("%d found, %d not there", c.Found, c.Absent)
		if c.Kept > 0 {
			text += fmt.Sprintf(", %d kept", c.Kept)
		}
		if kind != "" {
			text = kind + ": " + text
		}
		parts, faults = append(parts, text), faults+c.Faults
	}
	if faults > 0 {
		worst, most := "", 0
		for fault, n := range d.faults {
			if n > most || n == most && fault < worst {
				worst, most = fault, n
			}
		}
		parts = append(parts, fmt.Sprintf("%d failed (%s)", faults, worst))
	}
	if d.lost >= patience {
		parts = append(parts, fmt.Sprintf("not asked any more after %d s of waiting", int(d.lost.Seconds())))
	}
	return strings.Join(parts, "; ")
}

// Key returns the key for inputs, which must determine what is stored under it.
func Key(inputs ...string) string { return sumOf(strings.Join(inputs, "\n")) }

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isSum reports whether a text is a SHA-256 in lower-case hexadecimal.
func isSum(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size && text == strings.ToLower(text)
}

// A directory is a backend in a local or shared file system.
type directory string

func (d directory) path(name string) string {
	return filepath.Join(string(d), filepath.FromSlash(name))
}

func (d directory) get(_ context.Context, name string, limit int64, w io.Writer) error {
	f, err := os.Open(d.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return errAbsent
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return copyAtMost(w, f, limit)
}

func (d directory) put(_ context.Context, name string, file io.ReadSeeker, _ int64) error {
	if _, err := os.Stat(d.path(name)); err == nil && strings.HasPrefix(name, "ac/") {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(d.path(name), 0o644, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
}

func (d directory) remove(_ context.Context, name string) error {
	if err := os.Remove(d.path(name)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func copyAtMost(w io.Writer, r io.Reader, limit int64) error {
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("%w: it is longer", errWrong)
	}
	return err
}
