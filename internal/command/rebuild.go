package command

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/reproduce"
)

func (a *app) rebuildCommand() *cobra.Command {
	var s settings
	var config reproduce.RebuildConfig
	c := &cobra.Command{
		Use:   "rebuild FILE.zip",
		Short: "Rebuild a released zip from its provenance, and compare",
		Long: `Rebuild builds a released zip again from the commit that its provenance names, and
compares the bytes. FILE.zip is a released FUNCTION-ARCH.zip, with provenance.intoto.json
next to it. It needs no project, only git and an engine that can build the function;
nothing in the sources runs outside of the engine. It ends with status 1 if the bytes
differ, and says how and why.`,
		Example: "  bootzip rebuild hello-arm64.zip --engine=docker",
		Args:    named("FILE.zip"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.read(); err != nil {
				return err
			}
			config.File = args[0]
			if info, err := os.Stat(config.File); err != nil || !info.Mode().IsRegular() {
				err = cmp.Or(err, errors.New("not a file"))
				return misuse(hint.Wrap(fmt.Errorf("zip %q: %w", config.File, err), "bootzip rebuild FUNCTION-ARCH.zip"))
			}
			here, err := os.Getwd()
			if err != nil {
				return err
			}
			before := readDist(distDir)
			bar := s.newProgress()
			config.Build = s.Config
			config.Build.Root, config.Build.Progress = here, bar.event
			r, err := reproduce.Rebuild(c.Context(), config)
			bar.close()
			if err != nil {
				return before.failed(err, distDir)
			}
			if err := writeResult(r, a.format); err != nil {
				return err
			}
			if !r.Matches() {
				return findings("the bytes differ")
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&config.Provenance, "provenance", "", "the provenance (default: provenance.intoto.json next to the file)")
	f.StringVar(&config.Source, "source", "", "the repository, a directory or a URL (default: this one if it has the commit, else the provenance's)")
	f.StringVar(&config.Folder, "folder", "", "the project's directory in the repository (default: the provenance's, else the repository's root)")
	f.StringVar(&config.Key, "key", "", "the public key, in PEM, to verify the provenance's signature (default: unsigned)")
	s.flags(c, "engine")
	a.tableFormat(c)
	return c
}
