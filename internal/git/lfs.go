package git

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/regular"
)

// maxPointer is more bytes than a Git LFS pointer has (Git LFS Specification,
// "The Pointer": less than 1024).
const maxPointer = 1024

var pointerForm = regexp.MustCompile(`^version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n$`)

// fillPointer replaces a Git LFS pointer by its object, if Git LFS's directory
// objects has it. It reports whether the file is still a pointer. take returns an
// error if an object of that size, in bytes, exceeds a limit.
func fillPointer(name string, info fs.FileInfo, objects string, take func(size int64) error) (still bool, err error) {
	if info.Size() >= maxPointer {
		return false, nil
	}
	text, err := regular.ReadFile(name)
	if err != nil {
		return false, err
	}
	pointer := pointerForm.FindStringSubmatch(string(text))
	if pointer == nil || objects == "" {
		return pointer != nil, nil
	}
	oid := pointer[1] // the object's SHA-256
	object := filepath.Join(objects, oid[:2], oid[2:4], oid)
	f, err := regular.Open(object)
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

// isPointed reports whether a file of the tree is the object of a Git LFS pointer that the
// commit has in its place: hash is the name of the commit's blob.
func (t *Tree) isPointed(name, hash string) bool {
	file := filepath.Join(t.Root, filepath.FromSlash(name))
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return false
	}
	sum, size, err := digest.File(file)
	if err != nil {
		return false
	}
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", sum, size)
	blob := fmt.Appendf(nil, "blob %d\x00%s", len(pointer), pointer)
	if len(hash) == 64 {
		return fmt.Sprintf("%x", sha256.Sum256(blob)) == hash
	}
	return fmt.Sprintf("%x", sha1.Sum(blob)) == hash
}
