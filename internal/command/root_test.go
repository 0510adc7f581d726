package command

import (
	"io/fs"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
)

// A directory that cannot be written to gives a hint, whichever step finds it.
func TestReadOnly(t *testing.T) {
	c := &cobra.Command{RunE: func(*cobra.Command, []string) error {
		return &fs.PathError{Op: "mkdir", Path: "dist", Err: syscall.EROFS}
	}}
	(&app{caller: "bootzip"}).wrap(c)
	if err := c.RunE(c, nil); hint.Of(err) == "" {
		t.Errorf("%v has no hint", err)
	}
}
