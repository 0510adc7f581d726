package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A member is what a reader sees of one entry.
type member struct {
	Name string
	Size int64
	Mode uint32 // as in the external attributes, for entries made on Unix
	Sum  string // SHA-256 of the content
}

// ownView is what our own reader sees.
func ownView(t *testing.T, b []byte) []member {
	t.Helper()
	a, err := zipscan.Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil || a.Reached != zipscan.ReachedEntries {
		t.Fatalf("the zip is accepted and cannot be read: %v", err)
	}
	var s zipscan.Stream
	var list []member
	for i := range a.Entries {
		e := &a.Entries[i]
		h := sha256.New()
		s.Open(context.Background(), a, e)
		for {
			p, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			h.Write(p)
		}
		list = append(list, member{e.Name, e.Size, unixMode(e.Creator, e.External), hex.EncodeToString(h.Sum(nil))})
	}
	return list
}

func unixMode(creator uint16, external uint32) uint32 {
	if system := creator >> 8; system != 3 && system != 19 {
		return 0
	}
	return external >> 16
}

// goView is what archive/zip sees.
func goView(t *testing.T, b []byte) []member {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("archive/zip: %v", err)
	}
	var list []member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatalf("archive/zip: %s: %v", f.Name, err)
		}
		h := sha256.New()
		n, err := io.Copy(h, r)
		// It refuses directories whose local header promises a descriptor.
		if err != nil {
			t.Fatalf("archive/zip: %s: %v", f.Name, err)
		}
		list = append(list, member{f.Name, n, unixMode(f.CreatorVersion, f.ExternalAttrs), hex.EncodeToString(h.Sum(nil))})
	}
	return list
}

// acceptedZips writes every zip of the corpus that passes to a directory.
func acceptedZips(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	accepted := map[string][]byte{}
	try := func(i int, name string, b []byte, o verify.Options) {
		r := check(t, b, o)
		if !r.OK() {
			return
		}
		path := filepath.Join(dir, fmt.Sprintf("%04d.zip", i))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		accepted[path] = b
	}
	n := 0
	for _, c := range goodZips() {
		n++
		try(n, c.name, c.zip(), withArch(c.options))
	}
	for _, c := range badZips() {
		n++
		try(n, c.name, c.zip(), verify.Options{Arch: project.AMD64, Kind: kindOf(c.layer)})
	}
	if len(accepted) < 40 {
		t.Fatalf("%d zips are accepted", len(accepted))
	}
	return accepted
}

func TestReadersAgreeAboutEachAcceptedZip(t *testing.T) {
	zips := acceptedZips(t)
	paths := make([]string, 0, len(zips))
	for p := range zips {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	own := map[string][]member{}
	for _, p := range paths {
		own[p] = ownView(t, zips[p])
	}
	t.Run("archive/zip", func(t *testing.T) {
		for _, p := range paths {
			compareViews(t, p, own[p], goView(t, zips[p]))
		}
	})
	t.Run("python3", func(t *testing.T) {
		for p, view := range pythonViews(t, paths) {
			compareViews(t, p, own[p], view)
		}
	})
	t.Run("unzip", func(t *testing.T) {
		for _, p := range paths {
			compareWithUnzip(t, p, own[p])
		}
	})
}

func compareViews(t *testing.T, name string, own, other []member) {
	t.Helper()
	if len(own) != len(other) {
		t.Errorf("%s: %d entries, and %d", name, len(own), len(other))
		return
	}
	for i := range own {
		if own[i] != other[i] {
			t.Errorf("%s: %+v, and %+v", name, own[i], other[i])
		}
	}
}

const pythonProgram = `
import hashlib, json, sys, zipfile
out = {}
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None, path
        out[path] = [dict(Name=i.filename, Size=i.file_size,
                          Mode=i.external_attr >> 16 if i.create_system in (3, 19) else 0,
                          Sum=hashlib.sha256(z.read(i)).hexdigest()) for i in z.infolist()]
json.dump(out, sys.stdout)
`

// pythonViews is what Python's zipfile sees.
func pythonViews(t *testing.T, paths []string) map[string][]member {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	out, err := exec.Command(python, append([]string{"-c", pythonProgram}, paths...)...).Output()
	if err != nil {
		t.Fatalf("python3: %v: %s", err, stderr(err))
	}
	var views map[string][]member
	if err := json.Unmarshal(out, &views); err != nil {
		t.Fatal(err)
	}
	if len(views) != len(paths) {
		t.Fatalf("python3 read %d of %d zips", len(views), len(paths))
	}
	return views
}

func stderr(err error) []byte {
	if e, ok := err.(*exec.ExitError); ok {
		return e.Stderr
	}
	return nil
}

// compareWithUnzip compares with Info-ZIP's unzip: its test, its list of names, the kinds
// and modes that it would set, and the contents one after the other.
func compareWithUnzip(t *testing.T, path string, own []member) {
	t.Helper()
	if _, err := exec.LookPath("unzip"); err != nil {
		t.Skip("unzip is not installed")
	}
	run := func(args ...string) string {
		cmd := exec.Command("unzip", args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("unzip %v: %v: %s", args, err, stderr(err))
		}
		return string(out)
	}
	run("-tqq", path)
	var names strings.Builder
	all := sha256.New()
	for _, m := range own {
		names.WriteString(m.Name + "\n")
	}
	if got := run("-Z1", path); got != names.String() {
		t.Errorf("%s: unzip lists %q, not %q", path, got, names.String())
	}
	lines := strings.Split(strings.TrimSpace(run("-Z", "-s", "--h-t", path)), "\n")
	for i, m := range own {
		if got, want := lines[i][:10], modeString(m); m.Mode != 0 && got != want {
			t.Errorf("%s: %s is %q for unzip, and %q", path, m.Name, got, want)
		}
	}
	// unzip -p leaves directories out, and writes the others in their order.
	io.WriteString(all, run("-p", path))
	want := sha256.New()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(want, r)
		r.Close()
	}
	if !bytes.Equal(all.Sum(nil), want.Sum(nil)) {
		t.Errorf("%s: unzip has other contents", path)
	}
}

// modeString writes a mode as zipinfo does; an entry without a kind begins with '?'.
func modeString(m member) string {
	kind := map[uint32]string{0o100000: "-", 0o040000: "d", 0o120000: "l", 0: "?"}[m.Mode&0o170000]
	s := kind
	for i, c := range "rwxrwxrwx" {
		if m.Mode&(1<<(8-i)) != 0 {
			s += string(c)
		} else {
			s += "-"
		}
	}
	if m.Mode&0o2010 == 0o2010 { // set-group, and executable by the group
		s = s[:6] + "s" + s[7:]
	}
	return s
}
