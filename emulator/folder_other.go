//go:build !linux

package emulator

import (
	"io"
	"os"
)

// newFolder makes a temporary folder. No function runs on this system, and so none can be left behind.
func newFolder(temp string) (folder string, lock io.Closer, err error) {
	folder, err = os.MkdirTemp(temp, "bootzip-emulator-")
	return folder, io.NopCloser(nil), err
}

func sweep(string) {}
