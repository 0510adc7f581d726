//go:build unix

package pack

import (
	"context"
	"errors"
	"os/signal"
	"reflect"
	"syscall"
	"testing"

	"github.com/bootzip/bootzip/internal/fulldisk"
)

// On a disk that has room for the old zips but not for the new ones, the old ones
// stay.
func TestFullDisk(t *testing.T) {
	c := newConfig(t)
	noise := make([]byte, 1<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	large := file(t, string(noise))
	var ok bool
	if c.Dist, ok = fulldisk.Dir(t, "256k"); !ok {
		c.Dist = limitedDir(t, 128<<10)
	}
	if _, err := Pack(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	before := contents(t, c.Dist)
	small := c.Inputs[2].Bootstrap
	c.Inputs[2].Bootstrap = large
	if _, err := Pack(context.Background(), c); err == nil || !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EFBIG) {
		t.Errorf("error is %v, want that the disk is full", err)
	}
	if after := contents(t, c.Dist); !reflect.DeepEqual(after, before) {
		t.Errorf("dist changed: it has %d files, and had %d", len(after), len(before))
	}
	mustHaveNoFolders(t, c.Dist)

	// Once there is room again, packing succeeds.
	c.Inputs[2].Bootstrap = small
	if _, err := Pack(context.Background(), c); err != nil {
		t.Error(err)
	}
}

// limitedDir returns a directory in which, until the test ends, no file can have
// more than size bytes.
func limitedDir(t *testing.T, size uint64) string {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
		signal.Reset(syscall.SIGXFSZ)
	})
	return t.TempDir()
}
