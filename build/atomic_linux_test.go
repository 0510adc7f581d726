package build_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/fulldisk"
)

// processes returns the running processes whose command line or directory contains text.
func processes(t *testing.T, text string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.Name()[0] < '0' || e.Name()[0] > '9' {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline")) // it may have ended
		folder, _ := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		if strings.Contains(string(line)+folder, text) {
			found = append(found, e.Name()+" "+string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
	}
	return found
}

// waitFor waits until ok, and fails if that takes a minute.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 6000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s: not within a minute", what)
}

// An interrupt in the middle ends the compiler, and leaves the last good bootstrap and
// nothing else.
func TestInterrupt(t *testing.T) {
	interrupt(t, "host")
}

func TestInterruptedSandbox(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine string) {
		if engine == "sandbox" {
			interrupt(t, engine)
		}
	})
}

func interrupt(t *testing.T, engine string) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
	c := config(t, root, "app=.")
	c.Engine = engine
	mustBuild(t, c)
	before := distFiles(t, c.Dist)

	put(t, filepath.Join(root, "main.go"), slowProgram())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	compiler := filepath.Join(c.Dist, ".bootzip", ".bootzip-stage-") // in its command line
	if engine == "sandbox" {
		compiler = "/tmp/go-build" // the directory as the compiler sees it
	}
	c.Progress = func(e build.Event) {
		if e.Stage == "build" {
			go func() {
				waitFor(t, "a compiler", func() bool { return len(processes(t, compiler)) > 0 })
				cancel()
			}()
		}
	}
	if r, err := run(ctx, t, c); !errors.Is(err, context.Canceled) || len(r.Artifacts) > 0 {
		t.Errorf("error is %v, and artifacts are %v", err, r.Artifacts)
	}
	if after := distFiles(t, c.Dist); !reflect.DeepEqual(after, before) {
		t.Error("dist changed")
	}
	var left []string
	waitFor(t, "no process", func() bool { left = processes(t, root); return len(left) == 0 })
	if len(left) > 0 {
		t.Errorf("left are %q", left)
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) > 0 {
		t.Errorf("left in the temporary folder: %v (%v)", entries, err)
	}

	// The same build again, without an interrupt.
	put(t, filepath.Join(root, "main.go"), says("after the interrupt"))
	c.Progress = nil
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "after the interrupt"})
}

func TestCancelledBefore(t *testing.T) {
	c := config(t, tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program}), "app=.")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := run(ctx, t, c); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if files := distFiles(t, c.Dist); len(files) > 0 {
		t.Errorf("dist has %d files", len(files))
	}
}

// On a disk that has room for the old bootstrap but not for the new one, the old one
// stays.
func TestFullDisk(t *testing.T) {
	dist, ok := fulldisk.Dir(t, "4m")
	if !ok {
		t.Skip("a file system of one's own takes root")
	}
	root := tree(t, map[string]string{"go.mod": goMod("example.com/app"), "main.go": program})
	c := config(t, root, "app=.")
	c.Dist = dist
	mustBuild(t, c)
	filler := filepath.Join(dist, "filler")
	put(t, filler, "") // the rest of the disk, except for 256 KiB
	room := 4<<20 - int(mustBuild(t, c).Artifacts[0].Size) - 256<<10
	put(t, filler, strings.Repeat("x", room))
	before := distFiles(t, dist)

	put(t, filepath.Join(root, "main.go"), says("a program for which there is no room"))
	_, err := run(context.Background(), t, c)
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error is %v, want that the disk is full", err)
	}
	if after := distFiles(t, dist); !reflect.DeepEqual(after, before) {
		t.Error("dist changed")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	wantBuilt(t, mustBuild(t, c), map[string]string{"app": "a program for which there is no room"})
}
