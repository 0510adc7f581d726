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

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/fulldisk"
)

// A disk without room for what is in the zip is no misuse: the exit status is 1.
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
	if !errors.Is(err, syscall.ENOSPC) || mg.ExitStatus(err) != 1 {
		t.Errorf("exit status %d: %v", mg.ExitStatus(err), err)
	}
}

func TestFunctionVariables(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	env := "A=1,B=x=y"
	if got, err := functionVariables(&env); err != nil || strings.Join(got, " ") != "AWS_ACCESS_KEY_ID=id A=1 B=x=y" {
		t.Errorf("%q, %v", got, err)
	}
	env = "A"
	if _, err := functionVariables(&env); err == nil {
		t.Error("a variable without a value was taken")
	}
}
