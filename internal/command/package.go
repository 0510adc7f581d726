package command

import "github.com/spf13/cobra"

func (a *app) packageCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var format string
	c := &cobra.Command{
		Use:   "package",
		Short: "Build every function and pack it into a zip",
		Long: `Package builds every function and packs it into dist/FUNCTION-ARCH.zip, with the
same bytes every time. dist/manifest.json describes the zips. It prints the
CodeSha256 that Lambda shows for each when it is deployed.`,
		Example: "  bootzip package --engine=podman",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkTableFormat(format); err != nil {
				return err
			}
			if err := s.read(); err != nil {
				return err
			}
			m, err := s.run(c.Context(), true)
			if err != nil {
				return err
			}
			type row struct {
				Zip        string `json:"zip"`
				Function   string `json:"function"`
				Arch       string `json:"arch"`
				Size       int64  `json:"size"`
				Unzipped   int64  `json:"unzipped"`
				CodeSha256 string `json:"codeSha256"`
			}
			values := []row{}
			t := table{header: []string{"ZIP", "SIZE", "UNZIPPED", "CODESHA256"}}
			for _, z := range m.zips {
				r := row{distFolder + "/" + z.Packed.File, z.Function.Name, string(z.Packed.Arch), z.Packed.Size, z.Packed.Unzipped, z.Packed.CodeSha256}
				values = append(values, r)
				t.add(r.Zip, size(r.Size), size(r.Unzipped), r.CodeSha256)
			}
			return t.print(format, values)
		},
	}
	s.flags(c, "engine", "arch", "function", "locked", "force")
	tableFormat(c, &format)
	return c
}
