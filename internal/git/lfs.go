package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
)

// maxPointer is more bytes than a Git LFS pointer has (Git LFS Specification,
// "The Pointer": less than 1024).
const maxPointer = 1024

var pointerForm = regexp.MustCompile(`^version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n$`)

// pointedAt returns the SHA-256 of the object that a Git LFS pointer stands
// for, "" if the text is not one.
func pointedAt(text string) string {
	if m := pointerForm.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// fillPointer replaces a Git LFS pointer by its object, if Git LFS's directory
// objects has it. It reports whether the file is still a pointer. take returns an
// error if an object of that size, in bytes, exceeds a limit.
func fillPointer(name string, info fs.FileInfo, objects string, take func(size int64) error) (still bool, err error) {
	if info.Size() >= maxPointer {
		return false, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	oid := pointedAt(string(text))
	if oid == "" {
		return false, nil
	}
	if objects == "" {
		return true, nil
	}
	object := filepath.Join(objects, oid[:2], oid[2:4], oid)
	if info, err := os.Stat(object); err == nil && !info.Mode().IsRegular() {
		return true, nil // reading a named pipe would never end
	}
	f, err := os.Open(object)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return true, err
	}
	defer f.Close()
	there, err := f.Stat()
	if err == nil {
		err = take(there.Size())
	}
	if err != nil {
		return true, err
	}
	return false, atomicfile.Write(name, info.Mode().Perm(), func(w io.Writer) error {
		h := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, h), f); err != nil {
			return err
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != oid {
			return fmt.Errorf("damaged Git LFS object %s: its SHA-256 is %s", oid, got)
		}
		return nil
	})
}

// dropPointers removes from Dirty the files that are the objects of Git LFS
// pointers in the commit.
func (t *Tree) dropPointers(ctx context.Context, own *git, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	text, err := own.run(ctx, t.Root, strings.NewReader(strings.Join(changed, "\x00")+"\x00"), "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return err
	}
	large := map[string]bool{}
	for answer := zeroed(text); len(answer) >= 3; answer = answer[3:] {
		large[answer[0]] = answer[2] == "lfs"
	}
	// The index names the objects; names of files could hold line ends.
	if text, err = own.run(ctx, t.Root, nil, "ls-files", "--stage", "-z"); err != nil {
		return err
	}
	var names, hashes []string
	for _, line := range zeroed(text) {
		about, name, _ := strings.Cut(line, "\t")
		if words := strings.Fields(about); large[name] && len(words) == 3 {
			names, hashes = append(names, name), append(hashes, words[1])
		}
	}
	if len(names) == 0 {
		return nil
	}
	if text, err = own.run(ctx, t.Root, strings.NewReader(strings.Join(hashes, "\n")+"\n"), "cat-file", "--batch"); err != nil {
		return err
	}
	for _, name := range names {
		// "<hash> blob <size>\n<bytes>\n"
		head, rest, _ := strings.Cut(text, "\n")
		words := strings.Fields(head)
		if len(words) != 3 {
			return fmt.Errorf("unexpected output %q of git cat-file for %q", head, name)
		}
		size, err := strconv.Atoi(words[2])
		if err != nil || size < 0 || size >= len(rest) {
			return fmt.Errorf("unexpected output %q of git cat-file for %q", head, name)
		}
		blob := rest[:size]
		text = rest[size+1:]
		oid := pointedAt(blob)
		if oid == "" {
			continue
		}
		sum, _, err := digest.File(filepath.Join(t.Root, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if sum == oid {
			t.Dirty = slices.DeleteFunc(t.Dirty, func(s string) bool { return s == name })
		}
	}
	return nil
}
