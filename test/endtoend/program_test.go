//go:build linux

package endtoend

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var program struct {
	once sync.Once
	file string
}

// mage returns bootzip as a program, compiled from a copy of this repository's magefile,
// since Mage writes a file next to it.
func mage(t testing.TB) string {
	t.Helper()
	program.once.Do(func() {
		entries, err := os.ReadDir(repository(t))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			if name := e.Name(); name[0] != '.' && !slices.Contains([]string{"dist", "bench", "docs"}, name) {
				names = append(names, name)
			}
		}
		source := filepath.Join(workFolder, "source")
		copyRepository(t, source, names...)
		file := filepath.Join(workFolder, "mage")
		cmd := exec.Command("go", "tool", "mage", "-compile", file)
		cmd.Dir = source
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("mage -compile: %v: %s", err, out)
		}
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
		program.file = file
	})
	if program.file == "" {
		t.Fatal("bootzip was not compiled, see above")
	}
	return program.file
}

// A caller is a user who runs bootzip.
type caller struct {
	uid, gid uint32
	groups   []uint32
	home     string // with nothing in it but what tests put there
	same     bool   // it is the user who runs the tests
}

// stranger returns a user other than the one that runs the tests, without an entry
// anywhere, if root can make one up. The user may use docker.
func stranger(t testing.TB) caller {
	t.Helper()
	c := caller{uid: uint32(os.Getuid()), gid: uint32(os.Getgid()), same: true}
	if c.uid == 0 {
		c = caller{uid: 12345, gid: 54321}
		var socket syscall.Stat_t
		if err := syscall.Stat("/var/run/docker.sock", &socket); err == nil {
			c.groups = []uint32{socket.Gid}
		}
	} else {
		t.Log("as a plain user: everything is done by the same one")
	}
	c.home = c.folder(t)
	return c
}

// known returns the user that BOOTZIP_TEST_USER names.
func known(t testing.TB) caller {
	t.Helper()
	name := os.Getenv("BOOTZIP_TEST_USER")
	if name == "" || os.Getuid() != 0 {
		t.Skip("not root with BOOTZIP_TEST_USER")
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	c := caller{uid: uint32(uid), gid: uint32(gid)}
	c.home = c.folder(t)
	return c
}

// folder makes a directory that belongs to the caller. Anyone may pass the directories
// above it.
func (c caller) folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(workFolder, "user-")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	c.own(t, dir)
	return dir
}

// own gives a directory and everything in it to the caller.
func (c caller) own(t testing.TB, dir string) {
	t.Helper()
	if c.same {
		return
	}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, int(c.uid), int(c.gid))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// project copies the sources of the samples into one of the caller's directories.
func (c caller) project(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(c.folder(t), "another folder, with a comma")
	copySamples(t, dir)
	c.own(t, dir)
	return dir
}

// command prepares a command that the caller runs in the directory dir, with another umask.
// The environment is the caller's own, plus set.
func (c caller) command(dir string, set []string, argv ...string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", append([]string{"-c", `umask 077; exec "$@"`, "sh"}, argv...)...)
	cmd.Dir = dir
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); name == "PATH" || name == "BOOTZIP_BASE_IMAGE" || c.same && name == "CONTAINERS_CONF" {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+c.home, "TMPDIR="+c.home)
	cmd.Env = append(cmd.Env, set...)
	if !c.same {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.uid, Gid: c.gid, Groups: c.groups}}
	}
	return cmd
}

// run runs a command and returns what it printed to standard output.
func (c caller) run(t testing.TB, dir string, set []string, argv ...string) string {
	t.Helper()
	cmd := c.command(dir, set, argv...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(argv, " "), err, stderr.String(), out)
	}
	return string(out)
}

// cache makes a cache with the toolchain that has already been fetched, and nothing
// compiled.
func (c caller) cache(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(c.folder(t), "cache")
	from := filepath.Join(cache(t), "toolchain")
	err := filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == from {
			return fs.SkipAll // it is fetched then
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, "toolchain", rel)
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		if os.Link(name, to) == nil {
			return nil
		}
		data, err := os.ReadFile(name) // on another file system
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
	// Only the directories: the files are links to other users' files.
	if !c.same {
		err = filepath.WalkDir(filepath.Dir(dir), func(name string, e fs.DirEntry, err error) error {
			if err != nil || !e.IsDir() {
				return err
			}
			return os.Chown(name, int(c.uid), int(c.gid))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// owned fails unless everything in dir belongs to the caller.
func (c caller) owned(t testing.TB, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var s syscall.Stat_t
		if err := syscall.Lstat(name, &s); err != nil {
			return err
		}
		if s.Uid != c.uid || s.Gid != c.gid {
			t.Errorf("%s belongs to %d:%d, and the caller is %d:%d", name, s.Uid, s.Gid, c.uid, c.gid)
		}
		n++
		return nil
	})
	if err != nil || n < 2 {
		t.Errorf("%s has %d files (%v)", dir, n, err)
	}
}
