package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/reproduce"
)

// Main runs the program with its arguments and returns its exit status.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := Run(ctx, "bootzip", args...)
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "Error: %v\n", err)
	var e *exitError
	if errors.As(err, &e) {
		return e.status
	}
	return 1
}

// Run runs the command that the arguments name. Caller is the program that
// people typed, "bootzip" or "mage": hints name commands in its form. The
// error has the text to show, hint included, and a method ExitStatus.
func Run(ctx context.Context, caller string, args ...string) error {
	if caller == "mage" {
		caller = imported(os.Args[1:], args[0])
	}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop() // not at the first: a terminal that closes sends several
	}
	a := &app{caller: caller}
	root := a.root()
	root.SetArgs(args)
	found, err := root.ExecuteContextC(ctx)
	var e *exitError
	if a.out.err != nil && !errors.As(err, &e) {
		err = &exitError{1, a.out.err}
	}
	if err != nil && !errors.As(err, &e) {
		// It is about the command line itself, and cobra says what is wrong with it.
		if found == root {
			err = unknownCommand(err)
		}
		e = &exitError{2, a.shown(err)}
	}
	if e == nil {
		return nil
	}
	return e
}

// An app is one run of the program.
type app struct {
	caller  string
	verbose bool
	format  string // of the results; "text" unless a flag of the command says another
	out     remembering
}

// A remembering is standard output for cobra, which drops its errors when it shows help.
type remembering struct{ err error }

func (r *remembering) Write(p []byte) (int, error) {
	n, err := os.Stdout.Write(p)
	r.err = cmp.Or(r.err, err)
	return n, err
}

// The groups of commands, in the order of the pipeline.
var groups = []*cobra.Group{
	{ID: "pipeline", Title: "Build, pack and verify:"},
	{ID: "run", Title: "Run locally:"},
	{ID: "deploy", Title: "Deploy and release:"},
	{ID: "about", Title: "More:"},
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "bootzip",
		Short: "Build, verify and run bootstrap zips for AWS Lambda",
		Long: `bootzip builds a static bootstrap in a Debian container, packs it into a zip with
the same bytes every time, and checks before you deploy that Lambda will start it.

It works on the project in the current directory: what bootzip.yaml lists, or
else every Go main package that uses a Lambda runtime. Results go into dist.

Exit status: 0 ok; 1 findings, or code that cannot be built; 2 misuse.`,
		Example:           "  bootzip verify\n  bootzip check function.zip\n  bootzip invoke hello s3",
		Version:           ownVersion().version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.SetOut(&a.out)
	root.SetVersionTemplate("bootzip {{.Version}}\n")
	cobra.AddTemplateFunc("page", pageOf)
	root.SetUsageTemplate(strings.TrimSuffix(root.UsageTemplate(), "\n") + "\nSee {{page .}}\n")
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddGroup(groups...)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("pipeline", a.buildCommand(), a.packageCommand(), a.verifyCommand(), a.checkCommand(), a.explainCommand(),
		a.imageCommand(), a.lockCommand(), a.cacheCommand(), a.shardCommand(), a.mergeCommand(), a.cleanCommand())
	add("about", a.newCommand())
	add("run", a.invokeCommand(), a.debugCommand(), a.benchCommand(), a.serveCommand(), a.eventCommand())
	add("deploy", a.changedCommand(), a.pushCommand(), a.sizeCommand(), a.diffCommand(), a.reproduceCommand(), a.releaseCommand(), a.rebuildCommand())
	add("about", a.doctorCommand(), a.versionCommand())
	root.SetHelpCommandGroupID("about")
	root.SetCompletionCommandGroupID("about")

	var dir string
	root.PersistentFlags().StringVarP(&dir, "directory", "C", "", "change to `DIR` first")
	_ = root.MarkPersistentFlagDirname("directory")
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "print more: checks that passed, main packages that are not functions")
	// Cobra adds its own only once the command is known; until then, "--help build" would be a
	// flag with a value.
	root.PersistentFlags().BoolP("help", "h", false, "help for the command")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if dir == "" {
			return nil
		}
		if err := os.Chdir(dir); err != nil {
			return misuse(a.shown(ofPath(err)))
		}
		return nil
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		err = fmt.Errorf("%w\nusage: %s", plain(err), c.UseLine())
		return misuse(a.shown(hint.Wrap(err, c.CommandPath()+" --help lists the flags")))
	})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			refuseUnknownTopics(c)
		}
		a.wrap(c)
	}
	return root
}

// plain rewrites an error of pflag about a number or a boolean, which has the words of package
// strconv.
func plain(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	wrong := map[string]string{"int": "not a whole number", "bool": "not true or false"}[invalid.GetFlag().Value.Type()]
	switch {
	case errors.Is(err, strconv.ErrRange):
		wrong = "too large"
	case wrong == "":
		return err
	}
	return fmt.Errorf("--%s is %q, %s", invalid.GetFlag().Name, invalid.GetValue(), wrong)
}

// refuseUnknownTopics makes cobra's help command return an error for an unknown topic, for
// which it would show the help of all commands, or of the command above.
func refuseUnknownTopics(help *cobra.Command) {
	help.Args = cobra.ArbitraryArgs
	show := help.Run
	help.RunE = func(c *cobra.Command, topic []string) error {
		found, rest, err := c.Root().Find(topic)
		if err != nil {
			return misuse(unknownCommand(err))
		}
		if len(rest) > 0 {
			err = found.ValidateArgs(rest)
		}
		if err != nil {
			return misuse(err)
		}
		show(c, topic)
		return nil
	}
}

// unknownCommand adds a hint to cobra's error about an unknown command.
func unknownCommand(err error) error {
	return hint.Wrap(errors.New(strings.TrimSpace(err.Error())), "bootzip --help lists the commands")
}

// pageOf returns the address of a command's documentation.
func pageOf(c *cobra.Command) string {
	return hint.Site + "cli#" + strings.ReplaceAll(c.CommandPath(), " ", "-")
}

// wrap makes errors of a command, and of those below it, show their hint in the caller's form,
// and errors about arguments show the usage. A command that does nothing by itself requires
// one of those below it.
func (a *app) wrap(c *cobra.Command) {
	for _, below := range c.Commands() {
		a.wrap(below)
	}
	if c.RunE == nil {
		c.Args = func(c *cobra.Command, given []string) error {
			var known []string
			for _, below := range c.Commands() {
				known = append(known, below.Name())
			}
			if len(given) > 0 {
				return fmt.Errorf("unknown command %q: use %s", given[0], enumerate(known))
			}
			return fmt.Errorf("missing command: use %s", enumerate(known))
		}
		c.RunE = func(*cobra.Command, []string) error { return nil }
	}
	run, args := c.RunE, c.Args
	c.RunE = func(c *cobra.Command, given []string) error {
		err := functionNamed(c)
		if err == nil {
			err = run(c, given)
		}
		if err == nil {
			return nil
		}
		var e *exitError
		if !errors.As(err, &e) {
			e = &exitError{1, err}
			if errors.As(err, new(*reproduce.ConfigError)) || errors.Is(err, build.ErrUnsuitable) {
				e.status = 2
			}
		}
		if e.status == 2 {
			err = ofPath(err)
		}
		if hint.Of(err) == "" && errors.Is(err, syscall.EROFS) {
			err = hint.Wrap(err, "run it in a copy of the project that can be written to: results go into its directory dist")
		}
		return &exitError{e.status, a.shown(err)}
	}
	c.Args = func(c *cobra.Command, given []string) error {
		if args == nil {
			args = named()
		}
		if err := args(c, given); err != nil {
			return fmt.Errorf("%w\nusage: %s", err, c.UseLine())
		}
		return nil
	}
}

// ofPath adds a hint to an error about a path that was given.
func ofPath(err error) error {
	wrong := []error{fs.ErrNotExist, syscall.ENOTDIR, syscall.EISDIR}
	if hint.Of(err) == "" && slices.ContainsFunc(wrong, func(w error) bool { return errors.Is(err, w) }) {
		return hint.Wrap(err, "correct the path; relative paths start at the current directory, or at that of -C")
	}
	return err
}

// functionNamed refuses an empty --function, as from an unset variable of a shell: it would
// mean all functions.
func functionNamed(c *cobra.Command) error {
	if f := c.Flags().Lookup("function"); f != nil && f.Changed && f.Value.String() == "" {
		return misuse(hint.New("give it a value, or omit it", "--function is empty"))
	}
	return nil
}

// some requires at least one argument, of that name in the usage line.
func some(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, given []string) error {
		if len(given) == 0 {
			return errors.New("missing argument " + name)
		}
		return nil
	}
}

// named requires exactly the arguments that the usage line names.
func named(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, given []string) error {
		switch {
		case len(given) < len(names):
			return fmt.Errorf("missing argument %s", names[len(given)])
		case len(given) > len(names):
			return fmt.Errorf("unexpected argument %q", given[len(names)])
		}
		return nil
	}
}
