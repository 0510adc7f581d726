package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/project"
)

// Invoke builds and packs a function, and runs its zip here as Lambda would, with one event.
// EVENT is a file, '-' for standard input, or the name of a ready-made event
// ('mage event list'). In place of the function's name there may be -zip=FILE.zip, a zip
// from any tool, and nothing is built. The answer goes to standard output, the log to standard
// error. It ends with status 1 if the function failed.
func Invoke(ctx context.Context,
	function string,
	event string,
	zip *string, // run this zip, from any tool, under the name given, and build nothing
	handler *string, // value of _HANDLER; default: the first of the function's handlers
	timeout *int, // seconds for an answer; default: 3
	memory *int, // MB; default: 128
	perInstance *int, // events at a time in one instance (AWS_LAMBDA_MAX_CONCURRENCY); default: 1
	env *string, // the function's variables: KEY=value,KEY=value
	engine *string, // auto (the default), docker, podman, sandbox or host
) error {
	file := choose(zip, "", "")
	function, file, err := functionOrZip(function, file)
	if err != nil {
		return misuse(err)
	}
	payload, err := readEvent(event, function)
	if err != nil {
		return misuse(err)
	}
	variables, err := functionVariables(env)
	if err != nil {
		return misuse(err)
	}
	if number(timeout) < 0 || number(memory) < 0 || number(perInstance) < 0 {
		return misuse(errors.New("timeout, memory and perInstance are positive numbers"))
	}
	config := functionConfig(function, choose(handler, "", ""), variables)
	config.Timeout, config.Memory, config.PerInstance = time.Duration(number(timeout))*time.Second, number(memory), number(perInstance)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	var before distState // nil where nothing is built
	if config.Zip = file; file == "" {
		before = readDist(distFolder)
		s, err := readSettings(engine, nil, &function)
		if err != nil {
			return err
		}
		if _, err := s.packFor(ctx, &config); err != nil {
			return err
		}
	}
	return before.failed(invokeOnce(ctx, config, payload), distFolder)
}

// functionOrZip takes what stands in the place of the function's name. Mage
// reads what stands there before it looks for flags, so -zip=FILE.zip arrives as a
// name; the function is then called as the file. Another flag there is a mistake.
func functionOrZip(name, zip string) (function, file string, err error) {
	file, found := strings.CutPrefix(name, "-zip=")
	switch {
	case !found && strings.HasPrefix(name, "-"):
		return "", "", hint.New("flags come last: mage invoke FUNCTION EVENT "+name+"; only -zip=FILE.zip may stand in the function's place",
			"flag %q stands where the function's name belongs", name)
	case !found:
		return name, zip, nil
	case file == "" || zip != "":
		return "", "", hint.New("write mage invoke -zip=FILE.zip EVENT", "flag %q does not name the one zip to run", name)
	}
	return strings.TrimSuffix(filepath.Base(file), ".zip"), file, nil
}

// packFor builds and packs one function, for this machine's architecture if
// it is built for that, and fills in what is known of it. It returns the zip's
// CodeSha256.
func (s settings) packFor(ctx context.Context, config *emulator.Config) (sum string, err error) {
	_, functions, err := s.load()
	if err != nil {
		return "", err
	}
	f := functions[0]
	s.arch = f.Arch[0]
	if own := project.Arch(runtime.GOARCH); slices.Contains(f.Arch, own) {
		s.arch = own
	}
	m, err := s.runPipeline(ctx, true)
	if err != nil {
		return "", err
	}
	if config.Handler == "" && len(f.Handlers) > 0 {
		config.Handler = f.Handlers[0]
	}
	config.Zip, config.Arch = m.zips[0].Target.Path, s.arch
	return m.zips[0].Packed.CodeSha256, nil
}

// functionConfig is what invoke and serve say of every function.
func functionConfig(name, handler string, variables []string) emulator.Config {
	c := emulator.Config{
		Name: name, Handler: handler, Environment: variables, Region: os.Getenv("AWS_REGION"),
		Log: os.Stderr, Qemu: findQemu(),
	}
	if isShown(os.Stderr) {
		source := functionLog.Source()
		c.Log, c.Platform = source, source.Platform()
	}
	return c
}

// functionLog shows the logs of all functions.
var functionLog = printer.NewLog(os.Stderr)

func invokeOnce(ctx context.Context, config emulator.Config, payload []byte) error {
	f, err := emulator.New(ctx, config)
	if errors.Is(err, syscall.ENOSPC) || ctx.Err() != nil {
		return failed(err) // no fault of the command line
	}
	if err != nil {
		return misuse(err)
	}
	defer func() { _ = f.Close(context.Background()) }()
	resp, err := f.Invoke(ctx, emulator.Request{Payload: payload, Tail: true}) // with Tail, the log is whole before the answer
	if err != nil {
		return failed(err)
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
		why := resp.ErrorType
		if why == "" {
			why = "it reported an error without a type"
		}
		return mg.Fatal(1, "function "+config.Name+" failed: "+why)
	}
	return nil
}

// shownAnswer is a function's answer as it is, but on a terminal without what
// that would act on. A JSON document has nothing that GitHub Actions would.
func shownAnswer(payload []byte) string {
	if isTerminal(os.Stdout) || isShown(os.Stdout) && !json.Valid(payload) {
		return printer.Text(string(payload))
	}
	return string(payload)
}

// readEvent takes the argument EVENT of invoke.
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
			return nil, hint.Wrap(err, "give a file, '-' for standard input, or a name that mage event list shows; after -zip=FILE.zip comes the event, and no function's name")
		}
	}
	if err != nil {
		return nil, err
	}
	if !json.Valid(payload) {
		return nil, hint.New("Lambda takes JSON alone; a text needs quotes", "event %q is not JSON", argument)
	}
	return payload, nil
}

// functionVariables are the variables of a function: the caller's credentials for AWS,
// where there are any, and what -env says.
func functionVariables(env *string) ([]string, error) {
	var all []string
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if value := os.Getenv(name); value != "" {
			all = append(all, name+"="+value)
		}
	}
	if env == nil || *env == "" {
		return all, nil
	}
	for pair := range strings.SplitSeq(*env, ",") {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return nil, hint.New("write -env=KEY=value,KEY=value", "variable %q has no value", pair)
		}
		all = append(all, pair)
	}
	return all, nil
}

func number(flag *int) int {
	if flag == nil {
		return 0
	}
	return *flag
}
