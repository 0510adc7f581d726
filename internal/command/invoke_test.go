package command

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/fulldisk"
)

// A disk without room for what is in the zip is not misuse: the exit status is 1.
func TestInvokeOnAFullDisk(t *testing.T) {
	temp, ok := fulldisk.Dir(t, "64k")
	if !ok {
		t.Skip("only root can mount a small file system")
	}
	file := filepath.Join(t.TempDir(), "big.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	entry, err := w.Create("bootstrap")
	if err == nil {
		_, err = entry.Write(make([]byte, 1<<20))
	}
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	err = invokeOnce(context.Background(), emulator.Config{Name: "big", Zip: file, Temp: temp}, []byte("{}"))
	var misused *exitError
	if !errors.Is(err, syscall.ENOSPC) || errors.As(err, &misused) {
		t.Errorf("error is %v", err)
	}
}

func TestEmulation(t *testing.T) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	none, all := func(string) bool { return false }, func(string) bool { return true }
	e := emulation{given: none, variables: variables{pairs: []string{"A=1,2", "B=x=y"}}}
	if err := e.check(); err != nil {
		t.Error(err)
	}
	if got := strings.Join(e.config("f").Environment, " "); got != "AWS_ACCESS_KEY_ID=id A=1,2 B=x=y" {
		t.Errorf("the function's variables are %q", got)
	}
	for i, bad := range []emulation{
		{given: none, variables: variables{pairs: []string{"A"}}},
		{given: all, Config: emulator.Config{Memory: 512}, timeout: -1}, {given: all, Config: emulator.Config{Memory: 512}}, {given: all, timeout: 3, Config: emulator.Config{Memory: -1}}, {given: all, timeout: 3},
		{given: none, Config: emulator.Config{PerInstance: -1}},
	} {
		if err := bad.check(); err == nil {
			t.Errorf("%d was taken", i)
		}
	}
}
