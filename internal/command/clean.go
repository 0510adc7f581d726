package command

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/build"
)

// Clean removes the folder dist with everything in it.
func Clean(ctx context.Context) error {
	dist, err := filepath.Abs(distFolder)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dist); os.IsNotExist(err) {
		return nil
	}
	// Not under the feet of a build that is running.
	unlock, err := build.Lock(dist)
	if err != nil {
		return failed(err)
	}
	defer unlock()
	return os.RemoveAll(dist)
}
