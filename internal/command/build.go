package command

import (
	"path/filepath"

	"github.com/spf13/cobra"
)

func (a *app) buildCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	c := &cobra.Command{
		Use:   "build",
		Short: "Build the bootstrap of every function",
		Long: `Build builds the bootstrap of every function, in a Debian container if there is an
engine for one, and writes it to dist/FUNCTION/ARCH/bootstrap. It does not build again
what has not changed.`,
		Example: "  bootzip build --function=hello --arch=arm64",
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := s.run(c.Context(), false)
			if err != nil {
				return err
			}
			type row struct {
				Function  string `json:"function"`
				Arch      string `json:"arch"`
				Size      int64  `json:"size"`
				Toolchain string `json:"toolchain,omitempty"`
				Unchanged bool   `json:"unchanged"`
				Cached    bool   `json:"cached"`
				Key       string `json:"key,omitempty"` // in the shared cache
				Bootstrap string `json:"bootstrap"`
			}
			values := []row{}
			t := table{header: []string{"FUNCTION", "ARCH", "SIZE", "TOOLCHAIN", "", "BOOTSTRAP"}}
			for _, made := range m.report.Artifacts {
				r := row{made.Function.Name, string(made.Arch), made.Size, made.Toolchain, made.Unchanged, made.Cached, made.Key, relative(m.project.Root, made.Path)}
				values = append(values, r)
				novelty := "built"
				switch {
				case r.Unchanged:
					novelty = "unchanged"
				case r.Cached:
					novelty = "cached"
				}
				t.add(r.Function, r.Arch, size(r.Size), r.Toolchain, novelty, r.Bootstrap)
			}
			return t.print(a.format, values)
		},
	}
	s.flags(c, "engine", "arch", "function", "shard", "since", "locked", "force")
	a.tableFormat(c)
	return c
}

func relative(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil {
		return rel
	}
	return path
}
