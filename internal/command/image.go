package command

import (
	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

func (a *app) imageCommand() *cobra.Command {
	s := settings{verbose: &a.verbose, only: []string{"auto", "docker", "podman"}}
	c := &cobra.Command{
		Use:   "image",
		Short: "Make the Debian image in which functions are built",
		Long: `Image makes the Debian image in which this project's functions are built, if it does
not exist yet, and prints the engine and the image's id. Other commands make it when
they need it.`,
		Example: "  bootzip image --engine=docker",
		RunE: func(c *cobra.Command, _ []string) error {
			var id, name string
			err := s.withConfig(func(_ project.Project, config build.Config) (err error) {
				id, name, err = build.Image(c.Context(), config)
				return err
			})
			if err != nil {
				return err
			}
			t := table{header: []string{"ENGINE", "IMAGE"}}
			t.add(name, id)
			return t.print(a.format, map[string]string{"engine": name, "image": id})
		},
	}
	s.flags(c, "engine")
	a.tableFormat(c)
	return c
}
