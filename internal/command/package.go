package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

func (a *app) packageCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	c := &cobra.Command{
		Use:        "package",
		Short:      "Build every function and pack it into a zip",
		SuggestFor: []string{"deploy"},
		Long: `Package builds every function and packs it into dist/FUNCTION-ARCH.zip, with the
same bytes every time. dist/manifest.json describes the zips. It prints the
CodeSha256 that Lambda shows for each zip once it is deployed. --format=terraform
prints one zip for Terraform's data source external. --image also makes an OCI image
of each function, dist/FUNCTION-ARCH.oci.tar; "image: true" in bootzip.yaml does so for
one function.`,
		Example: "  bootzip package --engine=podman\n  bootzip package --function=hello --arch=arm64 --format=terraform",
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := s.run(c.Context(), true)
			if err != nil {
				return err
			}
			if a.format == "terraform" {
				return printForTerraform(m)
			}
			return printZips(a.format, m.zips)
		},
	}
	s.flags(c, "engine", "arch", "function", "shard", "since", "locked", "force")
	c.Flags().BoolVar(&s.images, "image", false, "also make an OCI image of each function")
	choice(c, &a.format, "format", "text, json or terraform", "text", "json", "terraform")
	return c
}

// printZips prints zips, and the images of their functions.
func printZips(format string, zips []pipeline.Zip) error {
	type row struct {
		Zip        string `json:"zip"`
		Function   string `json:"function"`
		Arch       string `json:"arch"`
		Size       int64  `json:"size"`
		Unzipped   int64  `json:"unzipped"`
		CodeSha256 string `json:"codeSha256"`
		Image      string `json:"image,omitempty"`
		Digest     string `json:"imageDigest,omitempty"`
	}
	values := []row{}
	t := table{header: []string{"ZIP", "SIZE", "UNZIPPED", "CODESHA256"}}
	images := table{header: []string{"IMAGE", "SIZE", "DIGEST"}}
	for _, z := range zips {
		r := row{distDir + "/" + z.Packed.File, z.Function.Name, string(z.Packed.Arch), z.Packed.Size, z.Packed.Unzipped, z.Packed.CodeSha256, "", ""}
		t.add(r.Zip, size(r.Size), size(r.Unzipped), r.CodeSha256)
		if m := z.Packed.Image; m != nil {
			r.Image, r.Digest = distDir+"/"+m.File, m.Digest
			images.add(r.Image, size(m.Size), m.Digest)
		}
		values = append(values, r)
	}
	if err := t.print(format, values); err != nil || format != "text" || len(images.rows) == 0 {
		return err
	}
	fmt.Println()
	return images.print(format, nil)
}

// printForTerraform prints a zip as Terraform's data source external takes it: an object
// whose values are texts (Terraform's external provider, "External Program Protocol").
// The path is relative to the project, so that it is the same on every machine.
func printForTerraform(m made) error {
	if len(m.zips) != 1 {
		return misuse(hint.New("choose one with --function=NAME --arch=arm64", "--format=terraform prints one zip, but there are %d", len(m.zips)))
	}
	z := m.zips[0].Packed
	architecture := string(z.Arch)
	if z.Arch == project.AMD64 {
		architecture = "x86_64"
	}
	return printJSON(map[string]string{
		"filename": distDir + "/" + z.File, "source_code_hash": z.CodeSha256, "content_digest": z.Content,
		"runtime": z.Runtime, "architecture": architecture, "function": z.Function,
	})
}
