package sbom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/zipscan"
)

// A subject is the zip or program that the document describes.
type subject struct {
	sha256 [sha256.Size]byte
	zip    bool
	files  []file // of a zip, by name; for a program, itself
}

// A file is one file and what is known about it.
type file struct {
	name     string
	sha256   [sha256.Size]byte
	program  bool                 // it begins like a program or a script
	golang   *buildinfo.BuildInfo // nil if it is not a Go program
	comments []string             // of the compilers, sorted
}

// programHeads are the first bytes of programs: ELF, a script, PE, and 64-bit
// Mach-O.
var programHeads = []string{"\x7fELF", "#!", "MZ", "\xcf\xfa\xed\xfe"}

const hintCheck = "`bootzip check FILE` lists its faults"

func examine(ctx context.Context, path string) (subject, error) {
	var s subject
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return s, err
	}
	s.sha256 = [sha256.Size]byte(h.Sum(nil))

	head := make([]byte, 4)
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return s, err
	}
	if isProgram(head) {
		one := file{sha256: s.sha256}
		one.look(f, info.Size(), head)
		s.files = []file{one}
		return s, nil
	}
	s.zip = true
	if s.files, err = unzip(ctx, f, info.Size()); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func isProgram(head []byte) bool {
	return slices.ContainsFunc(programHeads, func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) })
}

// unzip examines all files of a zip, and writes nothing to disk.
func unzip(ctx context.Context, r io.ReaderAt, size int64) ([]file, error) {
	a, err := zipscan.Open(ctx, r, size)
	if err != nil {
		return nil, err
	}
	if a.Reached != zipscan.ReachedEntries {
		detail := "it cannot be read"
		if len(a.Faults) > 0 {
			detail = a.Faults[0].Detail
		}
		return nil, hint.New(hintCheck, "it is neither a program nor a readable zip: %s", detail)
	}
	var files []file
	var stream zipscan.Stream
	for i := range a.Entries {
		e := &a.Entries[i]
		if strings.HasSuffix(e.Name, "/") {
			continue
		}
		if !a.Readable(e) {
			return nil, hint.New(hintCheck, "file %q cannot be decompressed", e.Name)
		}
		stream.Open(ctx, a, e)
		one, err := read(&stream, e.Name)
		if err != nil {
			return nil, hint.Wrap(fmt.Errorf("file %q: %w", e.Name, err), hintCheck)
		}
		files = append(files, one)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for i := range files[min(1, len(files)):] {
		if files[i].name == files[i+1].name {
			return nil, hint.New(hintCheck, "duplicate file %q", files[i].name)
		}
	}
	return files, nil
}

func read(s *zipscan.Stream, name string) (file, error) {
	f := file{name: name}
	random := s.Random()
	h := sha256.New()
	var head []byte
	for {
		piece, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return f, err
		}
		h.Write(piece)
		if n := 4 - len(head); n > 0 {
			head = append(head, piece[:min(n, len(piece))]...)
		}
	}
	f.sha256 = [sha256.Size]byte(h.Sum(nil))
	if isProgram(head) {
		f.look(random, random.Size(), head)
	}
	return f, nil
}

// look finds out what made a program. What cannot be read stays unknown: the
// document says so, and verify judges it.
func (f *file) look(r io.ReaderAt, size int64, head []byte) {
	f.program = true
	if elfscan.IsELF(head) {
		f.elf(r, size)
	}
	// Programs for other systems, and those without section headers.
	if f.golang == nil && len(f.comments) == 0 {
		if info, err := buildinfo.Read(r); err == nil {
			f.golang = info
		}
	}
}

// elf reads what the Go linker, or another compiler, recorded.
func (f *file) elf(r io.ReaderAt, size int64) {
	e, err := elfscan.Read(r, size, -1)
	if err != nil {
		return
	}
	if e.Go != nil && e.Go.Info != nil {
		f.golang = e.Go.Info
		return
	}
	for _, text := range e.Comments {
		if text = strings.ToValidUTF8(strings.TrimSpace(text), "?"); text != "" {
			f.comments = append(f.comments, text)
		}
	}
	slices.Sort(f.comments)
	f.comments = slices.Compact(f.comments)
}
