package tempdir

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// maker is the variable with which a test starts its own program again, as a process that
// makes a directory and is killed.
const maker = "BOOTZIP_TEST_MAKER"

// TestMaker is what that process runs.
func TestMaker(t *testing.T) {
	parent, found := os.LookupEnv(maker)
	if !found {
		return
	}
	f, err := New(parent, "bootzip-kind")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("folder " + f.Path)
	time.Sleep(time.Hour)
}

func start(t *testing.T, parent string) (cmd *exec.Cmd, folder string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self, "-test.run=^TestMaker$")
	cmd.Env = append(os.Environ(), maker+"="+parent)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if folder, ok := strings.CutPrefix(lines.Text(), "folder "); ok {
			return cmd, folder
		}
	}
	t.Fatal("it did not begin")
	return nil, ""
}

// If a process is killed after another one has swept, its directory is removed when the
// other one ends.
func TestRemoveSweeps(t *testing.T) {
	parent := t.TempDir()
	own := mustNew(t, parent, "bootzip-kind")
	cmd, left := start(t, parent)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if err := own.Remove(); err != nil {
		t.Fatal(err)
	}
	if exists(left) || exists(own.Path) {
		t.Errorf("%s is there: %v, %s: %v", left, exists(left), own.Path, exists(own.Path))
	}
}

func mustNew(t *testing.T, parent, kind string) *Dir {
	t.Helper()
	f, err := New(parent, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Remove() })
	return f
}

func put(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The next process removes what a killed one left, but not what a living one uses, nor
// what has another name.
func TestKilled(t *testing.T) {
	parent := t.TempDir()
	mine := mustNew(t, parent, "bootzip-kind")
	put(t, filepath.Join(mine.Path, "deep", "file"))
	other := filepath.Join(parent, "bootzip-other-1", "file")
	put(t, other)

	living, used := start(t, parent)
	killed, left := start(t, parent)
	put(t, filepath.Join(left, "deep", "file"))
	_ = killed.Process.Kill()
	_ = killed.Wait()
	if !exists(left) {
		t.Fatal("there is nothing to sweep")
	}
	mustNew(t, parent, "bootzip-kind")
	if exists(left) {
		t.Error("what a killed process left is there")
	}
	if !exists(used) || !exists(filepath.Join(mine.Path, "deep", "file")) || !exists(other) {
		t.Error("what is in use, or of another kind, was removed")
	}
	_ = living.Process.Kill()
	_ = living.Wait()
	var told []string
	Sweep(parent, "bootzip-kind", func(folder string) {
		if !exists(folder) {
			t.Errorf("%s was removed before", folder)
		}
		told = append(told, folder)
	})
	if exists(used) || len(told) != 1 || told[0] != used {
		t.Errorf("told of %q, want %q", told, used)
	}
}

func TestRemove(t *testing.T) {
	f := mustNew(t, t.TempDir(), "bootzip-kind")
	put(t, filepath.Join(f.Path, "deep", "file"))
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode is %v, %v", info.Mode(), err)
		}
	}
	if err := f.Remove(); err != nil || exists(f.Path) {
		t.Errorf("it is there: %t, %v", exists(f.Path), err)
	}
}

// A directory without a lock counts as abandoned only if it is old. A file is kept.
func TestUnlocked(t *testing.T) {
	parent := t.TempDir()
	fresh, old, file := filepath.Join(parent, "bootzip-kind-fresh"), filepath.Join(parent, "bootzip-kind-old"), filepath.Join(parent, "bootzip-kind-file")
	empty := filepath.Join(parent, "bootzip-kind-empty") // its remover was killed before the last step
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(fresh, "x"))
	put(t, filepath.Join(old, "x"))
	put(t, file)
	before := time.Now().Add(-2 * unlockedTime)
	for _, name := range []string{old, file} {
		if err := os.Chtimes(name, before, before); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(parent, "bootzip-kind", nil)
	if !exists(fresh) || exists(old) || exists(empty) || !exists(file) {
		t.Errorf("fresh is there: %t, old is there: %t, the empty one: %t, the file: %t", exists(fresh), exists(old), exists(empty), exists(file))
	}
}

// Many processes that sweep at the same time do not remove each other's directories.
func TestManyAtOnce(t *testing.T) {
	parent := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				f, err := New(parent, "bootzip-kind")
				if err != nil {
					t.Error(err)
					return
				}
				name := filepath.Join(f.Path, "file")
				if err := os.WriteFile(name, nil, 0o644); err != nil || !exists(name) {
					t.Errorf("%v", err)
				}
				if err := f.Remove(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("%d are left", len(left))
	}
}

func TestNoParent(t *testing.T) {
	if _, err := New(filepath.Join(t.TempDir(), "none"), "bootzip-kind"); err == nil {
		t.Error("no error")
	}
}
