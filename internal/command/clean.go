package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Remove the directory dist and everything in it",
		Long: `Clean removes the directory dist of the project in the current directory, and
everything in it. Where there is no project, it removes only a dist that bootzip made.`,
		Example: "  bootzip clean",
		RunE: func(*cobra.Command, []string) error {
			dist, err := filepath.Abs(distDir)
			if err != nil {
				return err
			}
			if _, err := os.Stat(dist); os.IsNotExist(err) {
				return nil
			}
			if err := madeHere(dist); err != nil {
				return misuse(err)
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

// madeHere returns an error if dist may be another tool's: bootzip has no state in it, and
// there is no project here. A project with an error counts as one.
func madeHere(dist string) error {
	if exists(filepath.Join(dist, build.StateDir)) {
		return nil
	}
	if _, err := project.Load("."); errors.Is(err, project.ErrNoProject) {
		return hint.Wrap(fmt.Errorf("dist may be another tool's: %w", err), "run this in the directory of bootzip.yaml or go.mod")
	}
	return nil
}
