package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// file makes a file in a new directory and returns its name.
func file(t testing.TB, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func write(t testing.TB, entries []Entry) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "function.zip")
	if err := Write(context.Background(), name, entries); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// text returns content that can be compressed: the same words again and again, in an
// order that does not repeat.
func text(size int) string {
	words := strings.Fields("source build bootstrap pack function verify report emulator answer release attested files")
	var b strings.Builder
	for x := uint32(1); b.Len() < size; {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%s %d\n", words[x>>16%uint32(len(words))], x>>28)
	}
	return b.String()[:size]
}

// goldenEntries returns entries with fixed names, modes and contents.
func goldenEntries(t testing.TB) []Entry {
	return []Entry{
		{Name: "bootstrap", Executable: true, File: file(t, text(300_000))},
		{Name: "z/last.txt", File: file(t, "last")},
		{Name: "empty", File: file(t, "")},
		{Name: "größe.bin", File: file(t, strings.Repeat("\x00", 100_000))},
		{Name: "tool", Executable: true, File: file(t, "#!/bin/sh\n")},
	}
}

// The bytes of a zip decide whether a deployment is needed, so a change to them must
// not go unnoticed. If this fails and the format was not changed on purpose, a
// different version of klauspost/compress or archiver was linked.
func TestGolden(t *testing.T) {
	const want = "843b2dcf277d4001cc94732afe8892118d130b812b7f88036619979ad9603425"
	data := read(t, write(t, goldenEntries(t)))
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
		t.Errorf("zip of %d bytes has the SHA-256 %x, want %s", len(data), sum, want)
	}
}

func TestContentDigest(t *testing.T) {
	entries := goldenEntries(t)
	digest, size, err := ContentDigest(entries)
	if err != nil {
		t.Fatal(err)
	}
	// Computed as the comment of ContentDigest says, by other means.
	want := sha256.New()
	for i, mode := range []string{"0755", "0644", "0644", "0644", "0755"} {
		data := read(t, entries[i].File)
		fmt.Fprintf(want, "%s %d %x %s\n", mode, len(data), sha256.Sum256(data), entries[i].Name)
	}
	if digest != hex.EncodeToString(want.Sum(nil)) || size != 300_000+4+100_000+10 {
		t.Errorf("digest is %s of %d bytes, want %x", digest, size, want.Sum(nil))
	}
	for name, change := range map[string]func([]Entry){
		"name":    func(e []Entry) { e[1].Name = "z/first.txt" },
		"mode":    func(e []Entry) { e[1].Executable = true },
		"content": func(e []Entry) { e[1].File = file(t, "lasu") },
		"order":   func(e []Entry) { e[1], e[2] = e[2], e[1] },
	} {
		changed := append([]Entry{}, entries...)
		change(changed)
		if other, _, err := ContentDigest(changed); err != nil || other == digest {
			t.Errorf("another %s has the same digest (%v)", name, err)
		}
	}
}

func TestEntries(t *testing.T) {
	entries := goldenEntries(t)
	r, err := zip.OpenReader(write(t, entries))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != len(entries) || r.Comment != "" {
		t.Fatalf("zip has %d entries and the comment %q", len(r.File), r.Comment)
	}
	for i, f := range r.File {
		e := entries[i]
		mode := os.FileMode(0o644)
		if e.Executable {
			mode = 0o755
		}
		if f.Name != e.Name || f.Mode() != mode || f.Method != zip.Deflate || f.Comment != "" {
			t.Errorf("entry %d is %q, %v, method %d, comment %q; want %q, %v, deflate", i, f.Name, f.Mode(), f.Method, f.Comment, e.Name, mode)
		}
		if want := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); !f.Modified.Equal(want) {
			t.Errorf("%q is of %v, want %v", f.Name, f.Modified, want)
		}
		if f.CreatorVersion>>8 != 3 { // APPNOTE.TXT 4.4.2: 3 is Unix, without which modes are not read
			t.Errorf("%q was made by system %d", f.Name, f.CreatorVersion>>8)
		}
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(content)
		if err != nil || !bytes.Equal(got, read(t, e.File)) {
			t.Errorf("content of %q differs (%v)", f.Name, err)
		}
	}
}

// Info-ZIP sees what Go's reader sees.
func TestUnzip(t *testing.T) {
	unzip, err := exec.LookPath("unzip")
	if err != nil {
		t.Skip("unzip is not installed")
	}
	name := write(t, goldenEntries(t))
	cmd := exec.Command(unzip, "-Z", "-T", name)
	cmd.Env = []string{"TZ=UTC", "LC_ALL=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("unzip: %v\n%s", err, out)
	}
	var got []string
	for _, line := range strings.Split(string(out), "\n") {
		// -rwxr-xr-x  2.0 unx   300000 bl defN 19800101.000000 bootstrap
		if f := strings.Fields(line); len(f) == 8 && f[2] == "unx" {
			got = append(got, f[0]+" "+f[3]+" "+f[6]+" "+f[7])
		}
	}
	want := []string{
		"-rwxr-xr-x 300000 19800101.000000 bootstrap",
		"-rw-r--r-- 4 19800101.000000 z/last.txt",
		"-rw-r--r-- 0 19800101.000000 empty",
		"-rw-r--r-- 100000 19800101.000000 größe.bin",
		"-rwxr-xr-x 10 19800101.000000 tool",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("unzip -Z says\n%s\nwant\n%s", out, strings.Join(want, "\n"))
	}
	if out, err := exec.Command(unzip, "-tq", name).CombinedOutput(); err != nil {
		t.Errorf("unzip -t: %v\n%s", err, out)
	}
}

// Neither the time zone nor the times and modes of the files get into a zip.
func TestSameBytes(t *testing.T) {
	entries := goldenEntries(t)
	want := read(t, write(t, entries))
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("west", -11*3600), time.FixedZone("east", 14*3600)} {
		time.Local = zone
		for i, e := range entries {
			if err := os.Chtimes(e.File, time.Now(), time.Unix(int64(i)*1e6, 0)); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(e.File, 0o400+os.FileMode(i)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(read(t, write(t, entries)), want) {
			t.Errorf("zip differs in the time zone %v", zone)
		}
	}
}

func TestRefusedNames(t *testing.T) {
	const remedy = "give the asset another name: in bootzip.yaml"
	for _, c := range []struct {
		names []string
		err   string
		hint  string
	}{
		{[]string{""}, `name "" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"."}, `name "." is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"/x"}, `name "/x" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"../x"}, `name "../x" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"a/../x"}, `name "a/../x" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"./x"}, `name "./x" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"x/"}, `name "x/" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{"a//x"}, `name "a//x" is empty, absolute, not clean, or leaves the zip`, remedy},
		{[]string{`a\x`}, `name "a\\x" contains a backslash or a control character`, remedy},
		{[]string{"a\x00"}, `name "a\x00" contains a backslash or a control character`, remedy},
		{[]string{"a\n0644 0 x"}, `name "a\n0644 0 x" contains a backslash or a control character`, remedy},
		{[]string{"a\xff"}, `name "a\xff" is not UTF-8`, remedy},
		{[]string{"C:x"}, `name "C:x" begins like a drive letter`, remedy},
		{[]string{strings.Repeat("x", 256)}, `name "xxxxxxxxxxxxxxxxxxxx"… has a part of 256 bytes; a file name on Lambda has at most 255`, remedy},
		{[]string{strings.Repeat("x/", 2043) + "x"}, `name "x/x/x/x/x/x/x/x/x/x/"… has 4087 bytes; a path on Lambda has at most 4085`, remedy},
		{[]string{"x", "x"}, `names "x" and "x" are the same, or differ only in case`, remedy},
		{[]string{"x/Readme", "X/README"}, `names "x/Readme" and "X/README" are the same, or differ only in case`, remedy},
		{[]string{"bootstrap"}, `names "bootstrap" and "bootstrap" are the same, or differ only in case`, remedy},
		{[]string{"Bootstrap/x"}, `"bootstrap" is a file, but "Bootstrap/x" needs a directory of that name`, "rename one of the two"},
		{[]string{"a/b/c", "a/b"}, `"a/b" is a file, but "a/b/c" needs a directory of that name`, "rename one of the two"},
		{[]string{"a", "A/b/c"}, `"a" is a file, but "A/b/c" needs a directory of that name`, "rename one of the two"},
	} {
		entries := []Entry{{Name: "bootstrap", Executable: true, File: file(t, "x")}}
		for _, name := range c.names {
			entries = append(entries, Entry{Name: name, File: file(t, "x")})
		}
		name := filepath.Join(t.TempDir(), "function.zip")
		err := Write(context.Background(), name, entries)
		if err == nil || err.Error() != c.err || hint.Of(err) != c.hint {
			t.Errorf("%.40q: error is %v (hint %q), want %s", c.names, err, hint.Of(err), c.err)
		}
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%.40q: there is a zip (%v)", c.names, err)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		entry Entry
		err   string
	}{
		"folder":          {Entry{Name: "x", File: dir}, dir + ": not a regular file"},
		"missing":         {Entry{Name: "x", File: filepath.Join(dir, "none")}, "no such file or directory"},
		"device":          {Entry{Name: "x", File: os.DevNull}, os.DevNull + ": not a regular file"},
		"empty bootstrap": {Entry{Name: "bootstrap", File: file(t, "")}, "file is empty"},
	} {
		zip := filepath.Join(dir, "function.zip")
		if err := os.WriteFile(zip, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		err := Write(context.Background(), zip, []Entry{c.entry})
		if err == nil || !strings.HasSuffix(err.Error(), c.err) {
			t.Errorf("%s: error is %v, want %s", name, err, c.err)
		}
		if string(read(t, zip)) != "old" {
			t.Errorf("%s: the old zip is gone", name)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: %v was left (%v)", name, entries, err)
		}
	}
}
