package command

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "clean",
		Short:   "Remove the directory dist and everything in it",
		Example: "  bootzip clean",
		RunE: func(*cobra.Command, []string) error {
			dist, err := filepath.Abs(distDir)
			if err != nil {
				return err
			}
			if _, err := os.Stat(dist); os.IsNotExist(err) {
				return nil
			}
			// Not while a build is running.
			unlock, err := build.Lock(dist)
			if err != nil {
				return err
			}
			defer unlock()
			return os.RemoveAll(dist)
		},
	}
}
