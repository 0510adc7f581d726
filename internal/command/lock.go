package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

func (a *app) lockCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	c := &cobra.Command{
		Use:   "lock",
		Short: "Write bootzip.lock: toolchain, base image and packages",
		Long: `Lock writes bootzip.lock: the toolchain, the base image and the packages of the
build image. Commit it. A build reports differences from it, and fails with
--locked.`,
		Example: "  bootzip lock && git add bootzip.lock",
		RunE: func(c *cobra.Command, _ []string) error {
			var name string
			err := s.withConfig(func(p project.Project, config build.Config) error {
				written, err := build.WriteLock(c.Context(), config)
				name = relative(p.Root, written)
				return err
			})
			if err == nil {
				_, err = fmt.Println(name)
			}
			return err
		},
	}
	s.flags(c, "engine")
	return c
}
