// Package unpack unpacks a zip into an empty directory, as Lambda does into /var/task,
// and layers into /opt.
//
// It is safe for untrusted zips: nothing is written outside the directory, at most
// Lambda's 262,144,000 bytes and 65,535 files are written, and each file's size and
// checksum are compared with the zip's directory. Special files are refused.
// Symbolic links are made last, so that nothing is written through one; a caller
// who opens what was unpacked must not follow them out of the directory (os.Root).
// Modes are the zip's; directories always have 0755, so that they can be removed.
package unpack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/internal/zipscan"
)

// maxSize is what a zip may hold, in bytes (AWS Lambda developer guide,
// "Lambda quotas", deployment package size).
const maxSize = 262_144_000

// Zip unpacks the zip called name into the directory to, which must exist and be
// empty. It becomes /var/task: a link with an absolute target below that leads there.
func Zip(ctx context.Context, name, to string) error {
	return unzip(ctx, name, to, "/var/task", maxSize)
}

// Layers unpacks zips into the directory to, which becomes /opt. A file of a later zip
// replaces an earlier one's (AWS Lambda developer guide, "Adding layers to functions").
func Layers(ctx context.Context, names []string, to string) error {
	for _, name := range names {
		if err := unzip(ctx, name, to, "/opt", maxSize); err != nil {
			return err
		}
	}
	return nil
}

func unzip(ctx context.Context, name, to, place string, limit int64) error {
	f, err := regular.Open(name)
	if err != nil {
		return hint.Wrap(fmt.Errorf("zip cannot be opened: %w", err), "give the path of a zip; packed functions are in dist/")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("zip cannot be read: %w", err)
	}
	a, err := zipscan.Open(ctx, f, info.Size())
	if err != nil {
		return fmt.Errorf("zip %q cannot be read: %w", name, err)
	}
	if a.Reached != zipscan.ReachedEntries {
		why := "it is damaged"
		if len(a.Faults) > 0 {
			why = a.Faults[0].Detail
		}
		return hint.New("bootzip check "+name+" says more", "zip %q cannot be unpacked: %s", name, why)
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	u := unpacker{archive: a, root: root, to: to, place: place, written: map[string]bool{}, limit: limit, left: limit}
	for i := range a.Entries {
		if err := u.entry(ctx, i); err != nil {
			return fmt.Errorf("file %q of zip %q: %w", a.Entries[i].Name, name, err)
		}
	}
	for _, i := range u.links {
		if err := u.link(ctx, &a.Entries[i]); err != nil {
			return fmt.Errorf("link %q of zip %q: %w", a.Entries[i].Name, name, err)
		}
	}
	return nil
}

type unpacker struct {
	archive *zipscan.Archive
	stream  zipscan.Stream
	root    *os.Root
	to      string          // the directory of root
	place   string          // its path on Lambda
	written map[string]bool // by this zip
	links   []int           // entries
	limit   int64           // bytes that the zip may hold
	left    int64           // of these, not yet unpacked
}

func (u *unpacker) entry(ctx context.Context, i int) error {
	e := &u.archive.Entries[i]
	name, isDir := strings.CutSuffix(e.Name, "/")
	if err := checkName(name); err != nil {
		return err
	}
	const typeMask, typeFile, typeDir, typeLink = 0o170000, 0o100000, 0o040000, 0o120000
	switch kind := e.External >> 16 & typeMask; {
	case kind == typeLink:
		u.links = append(u.links, i)
		return nil
	case kind != 0 && kind != typeFile && kind != typeDir:
		return errors.New("it is a special file")
	}
	if isDir {
		return u.mkdirAll(name)
	}
	if !u.archive.Readable(e) {
		return errors.New("it is encrypted, or compressed by a method other than deflate")
	}
	if err := u.clear(name); err != nil {
		return err
	}
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = u.content(ctx, e, f)
	if err == nil {
		err = f.Chmod(mode(e))
	}
	return cmp.Or(err, f.Close())
}

// clear makes the directories above a file, and removes the file of an earlier layer. It
// fails if this zip has written a file of that name.
func (u *unpacker) clear(name string) error {
	if err := u.mkdirAll(path.Dir(name)); err != nil {
		return err
	}
	if u.written[name] {
		return os.ErrExist
	}
	u.written[name] = true
	if err := u.root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// link makes a symbolic link. It refuses a link below another link.
func (u *unpacker) link(ctx context.Context, e *zipscan.Entry) error {
	name := strings.TrimSuffix(e.Name, "/")
	const most = 4096 // Linux, PATH_MAX
	if !u.archive.Readable(e) || e.Size > most {
		return errors.New("its target cannot be read, or is too long")
	}
	var target strings.Builder
	if err := u.content(ctx, e, &target); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := u.root.Lstat(dir); err == nil && !info.IsDir() {
			return errors.New("its directory is a link or a file")
		}
	}
	if err := u.clear(name); err != nil {
		return err
	}
	to := target.String()
	if below, ok := strings.CutPrefix(to, u.place+"/"); ok {
		to = strings.Repeat("../", strings.Count(name, "/")) + below // the same, wherever the directory is
	}
	return os.Symlink(to, filepath.Join(u.to, filepath.FromSlash(name)))
}

func (u *unpacker) content(ctx context.Context, e *zipscan.Entry, w io.Writer) error {
	u.stream.Open(ctx, u.archive, e)
	for {
		piece, err := u.stream.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if u.left -= int64(len(piece)); u.left < 0 {
			return fmt.Errorf("the zip holds more than %d bytes", u.limit)
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
}

// mkdirAll makes a directory and its parents.
func (u *unpacker) mkdirAll(name string) error {
	if name == "." {
		return nil
	}
	err := u.mkdir(name)
	if errors.Is(err, os.ErrNotExist) {
		if err = u.mkdirAll(path.Dir(name)); err == nil {
			err = u.mkdir(name)
		}
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := u.root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = errors.New("its directory is a file")
	}
	return err
}

// mkdir makes one world-readable directory, whatever the umask is: in a sandbox the
// function has another user.
func (u *unpacker) mkdir(name string) error {
	if err := u.root.Mkdir(name, 0o755); err != nil {
		return err
	}
	f, err := u.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o755), f.Close())
}

// checkName refuses names that lead out of the directory, on any system.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, "\\\x00") || path.IsAbs(name) || path.Clean(name) != name ||
		name == ".." || strings.HasPrefix(name, "../") {
		return errors.New("its name is not a plain path below the directory")
	}
	return nil
}

// mode returns the mode in the zip. A zip from a system without Unix permissions has
// none: its files become readable.
func mode(e *zipscan.Entry) os.FileMode {
	const unix, darwin = 3, 19
	if m := e.External >> 16; m != 0 && (e.Creator>>8 == unix || e.Creator>>8 == darwin) {
		return os.FileMode(m & 0o777)
	}
	return 0o644
}
