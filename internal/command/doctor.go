package command

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// A finding is one line of what doctor says.
type finding struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

func (a *app) doctorCommand() *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check what works on this machine, and how to get what is missing",
		Long: `Doctor reports what bootzip can use on this machine: the go command, the engines and
which of them builds use, how to start programs for the other architecture, git, and
the project in the current directory. It changes nothing. It ends with status 1 if
nothing can be built here.`,
		Example: "  bootzip doctor --format=json",
		RunE: func(c *cobra.Command, _ []string) error {
			found, usable := s.examine(c.Context())
			t := table{header: []string{"WHAT", "STATE", "DETAIL"}}
			for _, f := range found {
				state, detail := "ok", f.Detail
				if !f.OK {
					state = "missing"
				}
				if f.Hint != "" {
					detail += "; hint: " + a.typed(f.Hint)
				}
				t.add(f.What, state, detail)
			}
			if err := t.print(a.format, found); err != nil {
				return err
			}
			if !usable {
				return findings("nothing can be built here")
			}
			return nil
		},
	}
	a.tableFormat(c)
	return c
}

// examine returns what there is, and whether something can be built.
func (s *settings) examine(ctx context.Context) (found []finding, usable bool) {
	program := func(name, advice string, args ...string) {
		f := finding{What: name}
		path, err := exec.LookPath(name)
		if err == nil {
			var out []byte
			out, err = exec.CommandContext(ctx, path, args...).Output()
			line, _, _ := strings.Cut(string(out), "\n")
			f.Detail = strings.TrimSpace(line)
		}
		if f.OK = err == nil; err != nil {
			f.Detail, f.Hint = err.Error(), advice
		}
		found = append(found, f)
	}
	v := ownVersion()
	found = append(found, finding{What: "bootzip", OK: true, Detail: v.version + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH})
	program("go", "for functions in Go: https://go.dev/doc/install", "version")
	var err error
	if s.Root, err = os.Getwd(); err != nil {
		s.Root = "."
	}
	if err := s.read(); err != nil {
		found = append(found, finding{What: "settings", Detail: err.Error(), Hint: hint.Of(err)})
	} else {
		var engines []finding
		engines, usable = s.engines(ctx)
		found = append(found, engines...)
	}
	program("git", "for release, reproduce, rebuild, and ${tag} and ${commit} in bootzip.yaml: https://git-scm.com/downloads", "--version")
	if runtime.GOOS == "linux" {
		f := finding{What: "the other architecture", OK: true, Detail: findQemu()}
		if f.Detail == "" {
			f = finding{What: f.What, Detail: "its programs cannot be started", Hint: "install qemu-user-static"}
		}
		found = append(found, f)
	}
	p, err := project.Load(".")
	f := finding{What: "project", OK: err == nil}
	if err != nil {
		f.Detail, f.Hint = err.Error(), hint.Of(err)
	} else {
		f.Detail = "functions: " + strings.Join(project.Names(p.Functions), ", ")
	}
	return append(found, f), usable
}

// engines returns the state of each engine, and which one builds use.
func (s *settings) engines(ctx context.Context) (found []finding, usable bool) {
	var names, tried []string
	for _, e := range build.Engines(ctx, s.Config) {
		found = append(found, finding{What: "engine " + e.Name, OK: e.Usable, Detail: e.Detail, Hint: e.Hint})
		if e.Usable {
			names = append(names, e.Name)
		}
		if e.Usable && e.Auto {
			tried = append(tried, e.Name)
		}
	}
	f := finding{What: "engine for builds", OK: len(tried) > 0, Detail: "auto finds none", Hint: "get one of those above"}
	switch {
	case s.Engine != "auto":
		f = finding{What: f.What, OK: slices.Contains(names, s.Engine), Detail: s.Engine + ", from BOOTZIP_ENGINE"}
	case f.OK:
		f.Detail, f.Hint = "auto tries "+strings.Join(tried, ", ")+" in this order; docker and podman need the base image, here or from a registry", ""
	}
	return append(found, f), f.OK
}

// findQemu returns the program that runs programs of the other architecture; "": none.
func findQemu() string {
	name := "qemu-aarch64-static"
	if project.Arch(runtime.GOARCH) == project.ARM64 {
		name = "qemu-x86_64-static"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}
