package diff_test

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
)

// rawZip makes a zip of one stored file whose header is as given.
func rawZip(t *testing.T, comment string, change func(*zip.FileHeader)) []byte {
	t.Helper()
	const content = "echo hello"
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{
		Name: "bootstrap", CRC32: crc32.ChecksumIEEE([]byte(content)),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
	}
	h.SetMode(0o755)
	change(h)
	e, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(e, content); err != nil {
		t.Fatal(err)
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Each field of a header is found, and is the only one.
func TestHeaders(t *testing.T) {
	plain := func(*zip.FileHeader) {}
	extra := func(data string) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) { h.Extra = []byte(data) }
	}
	for _, test := range []struct {
		name    string
		comment string
		a, b    func(*zip.FileHeader)
		cause   string
		fields  []diff.Field
	}{
		//lint:ignore SA1019 Modified would add an extra field to the one that is meant
		{"time", "", plain, func(h *zip.FileHeader) { h.ModifiedDate, h.ModifiedTime = 46<<9|11<<5|22, 13<<11|37<<5|5 }, "zip-time",
			[]diff.Field{{Name: "bootstrap: time", A: "1979-11-30 00:00:00", B: "2026-11-22 13:37:10"}}},
		{"made by", "", plain, func(h *zip.FileHeader) { h.CreatorVersion |= 30 }, "zip-tool",
			[]diff.Field{{Name: "bootstrap: made by", A: "system 3, version 0.0", B: "system 3, version 3.0"}}},
		{"flags", "", plain, func(h *zip.FileHeader) { h.Flags |= 0x800 }, "zip-tool",
			[]diff.Field{{Name: "bootstrap: flags", A: "0x0000", B: "0x0800, UTF-8 name"}}},
		{"level", "", plain, func(h *zip.FileHeader) { h.Flags |= 4 }, "compressor",
			[]diff.Field{{Name: "bootstrap: level of compression", A: "normal", B: "fast"}}},
		{"comment of a file", "", plain, func(h *zip.FileHeader) { h.Comment = "mine" }, "zip-tool",
			[]diff.Field{{Name: "bootstrap: comment", A: "", B: "mine"}}},
		{"comment of the zip", "by me", plain, plain, "zip-tool",
			[]diff.Field{{Name: "comment of the zip", A: "absent", B: "by me"}}},
		{"user", "", plain, extra("ux\x0b\x00\x01\x04\xe8\x03\x00\x00\x04\x64\x00\x00\x00"), "zip-tool", []diff.Field{
			{Name: "bootstrap: extra field 0x7875 (user and group)", A: "absent", B: "user 1000, group 100 (11 bytes 0104e80300000464000000)"},
			{Name: "bootstrap: extra field 0x7875 (user and group), in the local header", A: "absent", B: "user 1000, group 100 (11 bytes 0104e80300000464000000)"},
		}},
		{"times", "", extra("UT\x05\x00\x01\x00\x00\x00\x00"), extra("UT\x05\x00\x01\x01\x00\x00\x00"), "zip-tool", []diff.Field{
			{Name: "bootstrap: extra field 0x5455 (times)", A: "1970-01-01T00:00:00Z (5 bytes 0100000000)", B: "1970-01-01T00:00:01Z (5 bytes 0101000000)"},
			{Name: "bootstrap: extra field 0x5455 (times), in the local header", A: "1970-01-01T00:00:00Z (5 bytes 0100000000)", B: "1970-01-01T00:00:01Z (5 bytes 0101000000)"},
		}},
		{"a long one", "", extra("xx\x50\x00" + strings.Repeat("a", 80)), extra("xx\x50\x00" + strings.Repeat("a", 79) + "b"), "zip-tool", []diff.Field{
			{Name: "bootstrap: extra field 0x7878", A: "80 bytes 6161616161616161616161616161616161616161… (SHA-256 0f45e858fbc4176cdf4e411f88281edefc390ae5afe7df0f44cd9297f0a64580)", B: "80 bytes 6161616161616161616161616161616161616161… (SHA-256 4d05f17c6b8da31824519d4992ff6c29bb7c96b8e5468b5b60e093f43fd3e346)"},
			{Name: "bootstrap: extra field 0x7878, in the local header", A: "80 bytes 6161616161616161616161616161616161616161… (SHA-256 0f45e858fbc4176cdf4e411f88281edefc390ae5afe7df0f44cd9297f0a64580)", B: "80 bytes 6161616161616161616161616161616161616161… (SHA-256 4d05f17c6b8da31824519d4992ff6c29bb7c96b8e5468b5b60e093f43fd3e346)"},
		}},
		{"MS-DOS attributes", "", plain, func(h *zip.FileHeader) { h.ExternalAttrs |= 1 }, "zip-tool",
			[]diff.Field{{Name: "bootstrap: MS-DOS attributes", A: "0x0", B: "0x1"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := compareZips(t, rawZip(t, "", test.a), rawZip(t, test.comment, test.b))
			if len(r.Layers) != 1 || r.Layers[0].Name != "zip headers" || len(r.Layers[0].Fields) != len(test.fields) {
				t.Fatal(text(t, r))
			}
			for i, want := range test.fields {
				if got := r.Layers[0].Fields[i]; got != want {
					t.Errorf("%+v, not %+v", got, want)
				}
			}
			if len(r.Causes) != 1 || r.Causes[0].ID != test.cause {
				t.Errorf("%+v", r.Causes)
			}
			if r.A.Content != r.B.Content {
				t.Error("the content digests differ")
			}
		})
	}
}

// A fault that does not keep a zip from being read is a field of its own.
func TestFaults(t *testing.T) {
	a := rawZip(t, "", func(*zip.FileHeader) {})
	central := bytes.LastIndex(a, []byte("PK\x01\x02"))
	// Bytes before the directory that do not belong to any file.
	grown := append(append(bytes.Clone(a[:central]), "gap"...), a[central:]...)
	end := bytes.LastIndex(grown, []byte("PK\x05\x06"))
	grown[end+16] += 3
	r := compareZips(t, a, grown)
	if len(r.Layers) != 1 || r.Layers[0].Fields[0].Name != "zip-unaccounted-bytes" || r.Causes[0].ID != "zip-tool" {
		t.Error(text(t, r))
	}
}

// Zips that other programs made are compared like ours.
func TestZipsOfOtherTools(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes on Windows, so zips made there have none")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "bootstrap")
	writeFile(t, file, strings.Repeat(hello, 200))
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	ours := zipFile(t, zipOf(t, script(strings.Repeat(hello, 200))))
	ran := 0
	for name, command := range map[string][]string{
		"zip":    {"zip", "-9", "out.zip", "bootstrap"},
		"7z":     {"7z", "a", "-tzip", "out.zip", "bootstrap"},
		"python": {"python3", "-m", "zipfile", "-c", "out.zip", "bootstrap"},
	} {
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Logf("%s is not here", command[0])
			continue
		}
		ran++
		os.Remove(filepath.Join(dir, "out.zip"))
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		r := zips(t, ours, filepath.Join(dir, "out.zip"))
		seen := map[string]bool{}
		for _, c := range r.Causes {
			seen[c.ID] = true
		}
		if !seen["zip-time"] || !seen["zip-tool"] || !seen["compressor"] || seen["file-content"] {
			t.Errorf("%s:\n%s", name, text(t, r))
		}
		if same := r.A.Content == r.B.Content; !same {
			t.Errorf("%s: the content differs:\n%s", name, text(t, r))
		}
	}
	if ran == 0 {
		t.Skip("no other zip program is here")
	}
}

// Zips in which two programs may find different files are not compared.
func TestAmbiguousZips(t *testing.T) {
	good := rawZip(t, "", func(*zip.FileHeader) {})
	local := bytes.Replace(good, []byte("bootstrap"), []byte("bootstrop"), 1)
	twice := zipOf(t, []packedFile{{name: "a", mode: 0o644}, {name: "bootstrap", mode: 0o755}, {name: "a", mode: 0o644}})
	second := rawZip(t, "", func(h *zip.FileHeader) { h.Extra = []byte("up\x06\x00\x01\x00\x00\x00\x00b") })
	for want, bad := range map[string][]byte{
		`file "bootstrap": its local header names it "bootstrop"`: local,
		`file "a": duplicate name`:                                twice,
		`file "bootstrap": a second name`:                         second,
	} {
		for _, pair := range [][2]string{{zipFile(t, good), zipFile(t, bad)}, {zipFile(t, bad), zipFile(t, good)}} {
			_, err := diff.Files(t.Context(), pair[0], pair[1])
			if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
				t.Errorf("%s: %v", want, err)
			}
		}
	}
}
