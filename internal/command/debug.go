package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// debugTime is the time-out of a function under a debugger.
const debugTime = 24 * time.Hour

func (a *app) debugCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var e emulation
	var listen string
	var attach bool
	c := &cobra.Command{
		Use:   "debug FUNCTION [EVENT]",
		Short: "Run a function with one event under a debugger",
		Long: `Debug builds a function in Go with symbols, in a temporary directory, and runs it with
one event under Delve (dlv), to which an editor or "dlv connect" attaches. Nothing in
dist changes. Time-outs are suspended. EVENT is the same as for bootzip invoke.
With --attach it builds and starts nothing: it prints the environment in which your
editor must start the function, in any language.`,
		Example: "  bootzip debug hello event.json\n  bootzip debug hello s3 --attach",
		RunE: func(c *cobra.Command, args []string) error {
			if attach && c.Flags().Changed("listen") {
				return misuse(errors.New("--listen is the debugger's address, and --attach starts none: omit one of the two"))
			}
			config, payload, err := e.begin(&s, false, "", args)
			if err != nil {
				return err
			}
			for _, name := range notDebugged {
				if c.Flags().Changed(name) {
					return misuse(fmt.Errorf("debug runs one event at a time, without limits or layers: omit --%s", name))
				}
			}
			p, functions, err := s.load()
			if err != nil {
				return err
			}
			f := functions[0]
			temp, err := tempdir.New("", "bootzip-debug")
			if err != nil {
				return err
			}
			defer temp.Remove()
			if len(f.Layers) > 0 {
				note("the layers of %q are left out: a plain process has no /opt", f.Name)
			}
			config.Environment = slices.Concat(pipeline.Environment(f), config.Environment)
			if config.Handler == "" && len(f.Handlers) > 0 {
				config.Handler = f.Handlers[0]
			}
			config.Timeout, config.InitLimit, config.Memory = debugTime, debugTime, 10240
			config.Plain = true
			bootstrap := filepath.Join(temp.Path, "bootstrap")
			if attach {
				config.Attach = toAttach(f)
				err = os.WriteFile(bootstrap, []byte("#!/bin/sh\nexit 1\n"), 0o755) // never started
			} else {
				err = underDebugger(c.Context(), &config, p, f, bootstrap, listen)
			}
			if err != nil {
				return err
			}
			packed, err := pack.Pack(c.Context(), pack.Config{Root: p.Root, Dist: temp.Path, Inputs: []pack.Input{
				{Function: f, Arch: project.Arch(runtime.GOARCH), Bootstrap: bootstrap},
			}})
			if err != nil {
				return err
			}
			config.Zip = filepath.Join(temp.Path, packed[0].File)
			return invokeOnce(c.Context(), config, payload)
		},
	}
	functionAndEvent(c, func() bool { return false })
	e.flags(c)
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:2345", "`ADDRESS` of the debugger")
	c.Flags().BoolVar(&attach, "attach", false, "only serve the Runtime API; the editor starts the function")
	for _, name := range notDebugged {
		_ = c.Flags().MarkHidden(name)
	}
	return c
}

// notDebugged are the flags of invoke that debug has no use for.
var notDebugged = []string{"timeout", "memory", "per-instance", "layer"}

// underDebugger builds a function with symbols and configures Delve as what starts it.
func underDebugger(ctx context.Context, config *emulator.Config, p project.Project, f project.Function, bootstrap, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return misuse(hint.New("give one such as 127.0.0.1:2345", "--listen: %w", err))
	}
	if f.Language != project.Go || f.Kind.IsLayer() || runtime.GOOS != "linux" {
		return misuse(hint.New("start it yourself: bootzip debug "+f.Name+" EVENT --attach", "debug builds functions in Go, on Linux"))
	}
	dlv, err := exec.LookPath("dlv")
	if err != nil {
		return hint.New("go install github.com/go-delve/delve/cmd/dlv@latest, or start the function yourself: --attach", "Delve's program dlv is not in PATH")
	}
	if err := debugBuild(ctx, p, f, bootstrap); err != nil {
		return err
	}
	config.Runner = []string{dlv, "exec", "--headless", "--api-version=2", "--accept-multiclient", "--listen=" + listen}
	launch, err := json.Marshal(map[string]any{
		"name": "bootzip debug " + f.Name, "type": "go", "request": "attach", "mode": "remote", "host": host, "port": json.Number(port),
	})
	if err != nil {
		return misuse(fmt.Errorf("--listen: port %q is not a number", port))
	}
	note("set break points, then continue: dlv connect %s, or GoLand's Go Remote with that address", listen)
	note("for VS Code, add to the configurations in .vscode/launch.json: %s", launch)
	return nil
}

// toAttach returns a function that prints the environment to start f in.
func toAttach(f project.Function) func(environment []string) {
	return func(environment []string) {
		note("start function %q in this environment; it then gets its event, and has no time-out:", f.Name)
		for _, variable := range environment {
			switch name, _, _ := strings.Cut(variable, "="); name {
			case "PATH", "LD_LIBRARY_PATH", "LANG", "TZ": // the machine's own will do
			case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN": // secrets
			default:
				fmt.Fprintln(os.Stderr, variable)
			}
		}
	}
}

// debugBuild builds a function with symbols and without optimisation, using the go command
// of the machine.
func debugBuild(ctx context.Context, p project.Project, f project.Function, out string) error {
	cgo := "0"
	if f.Cgo == "static" {
		cgo = "1"
	}
	c := exec.CommandContext(ctx, "go", "build", "-gcflags=all=-N -l", "-ldflags="+build.LinkerVariables(f, "devel", "devel"), "-tags="+strings.Join(f.Tags, ","), "-o", out, ".")
	c.Dir = filepath.Join(p.Root, filepath.FromSlash(f.Source))
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+runtime.GOARCH, "CGO_ENABLED="+cgo)
	if text, err := c.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return findings("function %q was not built: %v\n%s", f.Name, err, text)
	}
	return nil
}
