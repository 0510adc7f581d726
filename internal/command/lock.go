package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
)

func (a *app) lockCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	c := &cobra.Command{
		Use:   "lock",
		Short: "Write bootzip.lock: toolchain, base image and packages",
		Long: `Lock writes bootzip.lock: the toolchain, the base image and the packages of the
build image. Commit it. A build that differs from it says so, and fails with
--locked.`,
		Example: "  bootzip lock && git add bootzip.lock",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.read(); err != nil {
				return err
			}
			p, functions, err := s.load()
			if err != nil {
				return err
			}
			bar := s.newProgress()
			name, err := build.WriteLock(c.Context(), s.buildConfig(p, functions, bar.event))
			bar.close()
			if err != nil {
				return err
			}
			_, err = fmt.Println(relative(p.Root, name))
			return err
		},
	}
	s.flags(c, "engine")
	return c
}
