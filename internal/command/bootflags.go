package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// bootFlags are the flags of verify and check about the functions, most of them for the boot
// check. They add to what bootzip.yaml says, or replace it.
type bootFlags struct {
	variables variables
	event     string
	timeout   int
	memory    int
	layers    []string
	given     func(flag string) bool
}

func (s *bootFlags) flags(c *cobra.Command) {
	s.variables.flags(c)
	f := c.Flags()
	s.given = f.Changed
	f.StringVar(&s.event, "event", "", "event of the boot check: a `FILE`, or a name that bootzip event list shows")
	f.IntVar(&s.timeout, "timeout", 0, "time limit of the boot check in `SECONDS` (default: the function's, or 10)")
	f.IntVar(&s.memory, "memory", 0, "memory of the function in the boot check in `MB` (default: the function's, or 512)")
	layerFlag(c, &s.layers)
}

// layerFlag adds --layer.
func layerFlag(c *cobra.Command, layers *[]string) {
	c.Flags().StringArrayVar(layers, "layer", nil, "put the content of `FILE.zip` at /opt; may be repeated")
}

// forBoot reports whether a flag was given that is for the boot check only.
func (s bootFlags) forBoot() bool {
	return s.event != "" || s.given("timeout") || s.given("memory") || len(s.variables.pairs)+len(s.variables.files) > 0
}

// offered refuses --memory, in MB, and --timeout, in seconds, that Lambda does not offer.
func offered(given func(flag string) bool, memory, timeout int) error {
	switch {
	case given("memory") && (memory < project.MinMemory || memory > project.MaxMemory):
		return misuse(fmt.Errorf("--memory is %d: Lambda offers %d to %d MB", memory, project.MinMemory, project.MaxMemory))
	case given("timeout") && (timeout < 1 || timeout > project.MaxTimeout):
		return misuse(fmt.Errorf("--timeout is %d: Lambda offers 1 to %d seconds", timeout, project.MaxTimeout))
	}
	return nil
}

// read completes the configuration of a check. Its errors are misuse.
func (s bootFlags) read(c *pipeline.CheckConfig) (err error) {
	if err := offered(s.given, s.memory, s.timeout); err != nil {
		return err
	}
	if c.Environment, err = s.variables.read(); err != nil {
		return err
	}
	if s.event != "" {
		if c.Event, err = readEvent(s.event, ""); err != nil {
			return misuse(err)
		}
	}
	c.Timeout, c.Memory, c.Layers = time.Duration(s.timeout)*time.Second, s.memory, s.layers
	return nil
}
