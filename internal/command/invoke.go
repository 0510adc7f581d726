package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// An emulation has the flags of a command that runs functions here.
type emulation struct {
	emulator.Config // as the flags say; check sets Timeout, and Environment to the variables
	timeout         int
	variables       variables
	given           func(flag string) bool
}

func (e *emulation) flags(c *cobra.Command) {
	f := c.Flags()
	e.given = f.Changed
	f.StringVar(&e.Handler, "handler", "", "value of _HANDLER (default: the first of the function's handlers)")
	f.IntVar(&e.timeout, "timeout", 0, "time limit of an invocation in `SECONDS` (default: the function's, or 3)")
	f.IntVar(&e.Memory, "memory", 0, "memory in `MB` (default: the function's, or 128)")
	f.IntVar(&e.PerInstance, "per-instance", 0, "number of `EVENTS` that one instance handles at a time, as on Lambda Managed Instances (default 1)")
	f.BoolVar(&e.SnapStart, "snapstart", false, "initialise, stop and restore each instance, like a published version with SnapStart")
	e.variables.flags(c)
	layerFlag(c, &e.Layers)
	f.StringVar(&e.Container, "container", "", "run in containers of `ENGINE`, docker or podman; the default on macOS and Windows")
	f.StringVar(&e.Image, "container-image", "", "`IMAGE` for these containers (default: an empty one; Amazon Linux 2023 for scripts and dynamic programs)")
}

// check refuses invalid values, and reads the variables.
func (e *emulation) check() (err error) {
	if e.PerInstance < 0 {
		return misuse(errors.New("--per-instance takes a positive number"))
	}
	if err := offered(e.given, e.Memory, e.timeout); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "docker", "podman"}, e.Container) {
		return misuse(fmt.Errorf("--container is %q, not docker or podman", e.Container))
	}
	for _, layer := range e.Layers {
		if _, err := os.Stat(layer); err != nil {
			return misuse(fmt.Errorf("layer: %w", err))
		}
	}
	if e.SnapStart {
		if e.PerInstance > 1 {
			return misuse(errors.New("no SnapStart on Lambda Managed Instances: omit --per-instance or --snapstart"))
		}
		note("SnapStart: each instance is initialised, stopped and restored here; Lambda restores copies of one snapshot, and offers it for images, not for zips, on OS-only runtimes")
	}
	e.Timeout = time.Duration(e.timeout) * time.Second
	e.Environment, err = e.variables.read()
	return err
}

// config says how to run the function of that name.
func (e emulation) config(name string) emulator.Config {
	c := e.Config
	c.Name, c.Region, c.Log, c.Qemu, c.Environment = name, os.Getenv("AWS_REGION"), os.Stderr, findQemu(), nil
	if isShown(os.Stderr) {
		source := functionLog.Source()
		c.Log, c.Platform = source, source.Platform()
	}
	// The caller's credentials for AWS, where there are any.
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if value := os.Getenv(name); value != "" {
			c.Environment = append(c.Environment, name+"="+value)
		}
	}
	c.Environment = append(c.Environment, e.Environment...)
	return c
}

// begin reads the flags, and the arguments FUNCTION and EVENT. If the code is given by a
// flag, FUNCTION is optional, and replaces name.
func (e *emulation) begin(s *settings, given bool, name string, args []string) (config emulator.Config, payload []byte, err error) {
	s.function = name
	if len(args) == 2 || !given {
		s.function, args = args[0], args[1:]
	}
	if payload, err = s.eventFor(args); err != nil {
		return config, nil, misuse(err)
	}
	err = e.check()
	return e.config(s.function), payload, err
}

func (a *app) invokeCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var e emulation
	var zip, image string
	c := &cobra.Command{
		Use:        "invoke {FUNCTION [EVENT] | --zip=FILE.zip EVENT | --image=FILE EVENT}",
		Short:      "Run a function with one event, as Lambda would",
		SuggestFor: []string{"run", "start"},
		Long: `Invoke builds and packs a function, and runs its zip locally as Lambda would, with one
event. EVENT is a file, "-" for standard input, or the name of a ready-made event
(bootzip event list); the default is the function's event in bootzip.yaml. With --zip
it runs a zip made by any tool, with --image an image (an archive, or a directory with
an OCI image layout), and builds nothing.
The answer goes to standard output, the log to standard error. It ends with
status 1 if the function failed.`,
		Example: "  bootzip invoke hello event.json\n  bootzip invoke --zip=thing.zip s3",
		RunE: func(c *cobra.Command, args []string) error {
			if zip != "" && image != "" {
				return misuse(errors.New("--zip and --image: omit one of the two"))
			}
			function := zipName(zip)
			if image != "" {
				function = imageName(image)
			}
			config, payload, err := e.begin(&s, zip+image != "", function, args)
			if err != nil {
				return err
			}
			if image != "" {
				dir, err := tempdir.New("", "bootzip-image")
				if err != nil {
					return err
				}
				defer dir.Remove()
				code, err := codeOfImage(c.Context(), image, dir.Path)
				if err != nil {
					return err
				}
				zip, config.Root, config.ImageEnv = code.Zip, code.Root, code.Env
			}
			config.Zip = zip
			var before distState // nil where nothing is built
			if zip+image == "" {
				before = readDist(distDir)
				if _, err := s.packFor(c.Context(), &config); err != nil {
					return err
				}
			}
			return before.failed(invokeOnce(c.Context(), config, payload), distDir)
		},
	}
	functionAndEvent(c, func() bool { return zip+image != "" })
	e.flags(c)
	c.Flags().StringVar(&zip, "zip", "", "run `FILE.zip`, made by any tool, and build nothing")
	c.Flags().StringVar(&image, "image", "", "run an image, an archive or a directory, and build nothing")
	s.flags(c, "engine")
	return c
}

// functionAndEvent makes a command take FUNCTION and perhaps EVENT, or EVENT if the code
// is given by a flag.
func functionAndEvent(c *cobra.Command, given func() bool) {
	c.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 1:
			return nil
		case given() && len(args) == 0:
			return errors.New("missing argument EVENT")
		}
		return named("FUNCTION", "EVENT")(nil, args)
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 && !given() {
			return functionNames(c, args, start)
		}
		names, _ := eventNames(c, args, start)
		return names, cobra.ShellCompDirectiveDefault
	}
}

// imageName returns the name of the function that an image is run as.
func imageName(image string) string {
	image, _ = imageFile(image)
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(image), ".tar"), ".oci")
}

// codeOfImage unpacks an image into the directory dir. It returns an error if a check fails.
func codeOfImage(ctx context.Context, image, dir string) (pipeline.ImageCode, error) {
	file, _ := imageFile(image)
	r, code, err := pipeline.UnpackImage(ctx, file, dir, verify.ImageOptions{Unpack: true})
	if err != nil {
		return code, misuse(err)
	}
	for _, x := range r.Results {
		if x.Status == verify.Fail {
			return code, hint.New("for details: bootzip check "+image, "image %q: %s: %s", image, x.Check.ID, x.Detail)
		}
	}
	return code, nil
}

// eventFor returns the event that was named, or the function's in bootzip.yaml.
func (s *settings) eventFor(named []string) ([]byte, error) {
	if len(named) > 0 {
		return readEvent(named[0], s.function)
	}
	p, functions, err := s.load()
	if err != nil {
		return nil, err
	}
	f := functions[0]
	if f.Event == "" {
		return nil, hint.New("name an event, such as empty or s3, or give the function an event in bootzip.yaml", "missing argument EVENT, and function %q has no event", f.Name)
	}
	note("event %s of bootzip.yaml", f.Event)
	return pipeline.Event(f, p.Root)
}

// packFor builds and packs one function, for this machine's architecture if it is built
// for that, and completes config from bootzip.yaml.
func (s *settings) packFor(ctx context.Context, config *emulator.Config) (z pipeline.Zip, err error) {
	p, functions, err := s.load()
	if err != nil {
		return z, err
	}
	f := withDeployed(functions[:1])[0]
	if f.Kind.IsLayer() {
		return z, misuse(hint.New("run a function with it: bootzip invoke FUNCTION EVENT --layer=dist/"+f.Name+"-ARCH.zip", "%q is a layer, which Lambda does not start by itself", f.Name))
	}
	s.arch = f.Arch[0]
	if own := project.Arch(runtime.GOARCH); slices.Contains(f.Arch, own) {
		s.arch = own
	}
	m, err := s.run(ctx, true)
	if err != nil {
		return z, err
	}
	if config.Handler == "" && len(f.Handlers) > 0 {
		config.Handler = f.Handlers[0]
	}
	// The flags' values come after those of bootzip.yaml, and override them.
	config.Environment = slices.Concat(pipeline.Environment(f), config.Environment)
	config.Memory = cmp.Or(config.Memory, f.Memory)
	config.Timeout = cmp.Or(config.Timeout, time.Duration(f.Timeout)*time.Second)
	config.Layers = slices.Concat(pipeline.Layers(f, s.arch, p.Root), config.Layers)
	config.Zip, config.Arch = m.zips[0].Target.Path, s.arch
	return m.zips[0], nil
}

// withDeployed completes functions from the deploy files beside bootzip.yaml, where
// bootzip.yaml says nothing. Files that cannot be read are ignored: verify reports them.
func withDeployed(functions []project.Function) []project.Function {
	files, err := deploy.Find(".")
	if err != nil {
		return functions
	}
	return pipeline.WithDeployed(functions, files)
}

// functionLog shows the logs of all functions.
var functionLog = printer.NewLog(os.Stderr)

func invokeOnce(ctx context.Context, config emulator.Config, payload []byte) error {
	f, err := emulator.New(ctx, config)
	if errors.Is(err, syscall.ENOSPC) || ctx.Err() != nil {
		return err // not a fault of the command line
	}
	if err != nil {
		return misuse(err)
	}
	defer func() { _ = f.Close(context.Background()) }()
	resp, err := f.Invoke(ctx, emulator.Request{Payload: payload, Tail: true}) // with Tail, the log is complete before the answer
	var large *emulator.TooLargeError
	if errors.As(err, &large) {
		return misuse(err)
	}
	if err != nil {
		return err
	}
	if bounds := f.Bounds(); bounds != "" {
		note("ran %s; %s", f.Isolation(), bounds)
	} else {
		note("nothing was started")
	}
	if _, err := fmt.Printf("%s\n", shownAnswer(resp.Payload)); err != nil {
		return err
	}
	if resp.FunctionError != "" {
		return findings("function %s failed: %s", config.Name, cmp.Or(resp.ErrorType, "it reported an error without a type"))
	}
	return nil
}

// shownAnswer returns a function's answer, without what the terminal or GitHub Actions would
// act on. GitHub Actions does not act on anything in a JSON document.
func shownAnswer(payload []byte) string {
	if isTerminal(os.Stdout) || isShown(os.Stdout) && !json.Valid(payload) {
		return printer.Text(string(payload))
	}
	return string(payload)
}

// readEvent reads the event that the argument EVENT names.
func readEvent(argument, function string) ([]byte, error) {
	var payload []byte
	var err error
	switch {
	case argument == "-":
		payload, err = io.ReadAll(os.Stdin)
	case event.Exists(argument):
		return event.Make(argument, event.Options{Function: function, Region: os.Getenv("AWS_REGION")})
	default:
		payload, err = os.ReadFile(argument)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hint.Wrap(err, `give a file, "-" for standard input, or a name that bootzip event list shows`)
		}
	}
	if err != nil {
		return nil, err
	}
	if !json.Valid(payload) {
		return nil, hint.New("Lambda accepts only JSON; put quotes around a text", "event %q is not JSON", argument)
	}
	return payload, nil
}
