package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/scaffold"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/sample"
)

func (a *app) newCommand() *cobra.Command {
	var c scaffold.Config
	var here bool
	var templates []string
	long := `New makes the directory NAME with a function that builds and can be deployed:
source, bootzip.yaml, .gitignore, a workflow for GitHub Actions and a deploy file; in
Go with a test as well. Nothing is overwritten. The templates are:

`
	for _, t := range scaffold.Templates() {
		templates = append(templates, t.Name)
		long += fmt.Sprintf("  %-10s %s\n", t.Name, t.About)
	}
	long += `
With --here it writes a bootzip.yaml into an existing project, with what bootzip
finds without one.`
	cmd := &cobra.Command{
		Use:        "new NAME",
		Short:      "Make a new project, or the bootzip.yaml of an existing one",
		SuggestFor: []string{"init"},
		Long:       long,
		Example:    "  bootzip new hello && cd hello && bootzip verify\n  bootzip new shop --template=site --module=github.com/owner/shop\n  bootzip new --here",
		Args: func(cmd *cobra.Command, given []string) error {
			if here {
				return named()(cmd, given)
			}
			return named("NAME")(cmd, given)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if here {
				return writeConfig()
			}
			c.Name = args[0]
			return newProject(cmd.Context(), c)
		},
	}
	f := cmd.Flags()
	choice(cmd, &c.Template, "template", "template to start from: "+enumerate(templates), templates...)
	f.StringVar(&c.Module, "module", "", "the `PATH` of the Go module (default: NAME)")
	f.BoolVar(&c.Mage, "mage", false, "add a tools module with a magefile")
	f.BoolVar(&here, "here", false, "write bootzip.yaml for the project in the current directory")
	return cmd
}

func newProject(ctx context.Context, c scaffold.Config) error {
	if err := project.CheckName(c.Name); err != nil {
		return misuse(err)
	}
	if err := module.CheckImportPath(c.Module); c.Module != "" && err != nil { // as go mod init does
		return misuse(hint.Wrap(fmt.Errorf("path of the module: %w", err), "give it as in --module=github.com/OWNER/NAME"))
	}
	if _, err := os.Lstat(c.Name); !errors.Is(err, fs.ErrNotExist) {
		err = cmp.Or(err, fmt.Errorf("%s already exists; nothing was written", c.Name))
		return misuse(hint.Wrap(err, "choose another name, or move it away"))
	}
	if v := ownVersion().version; v != development {
		c.Version = v
	}
	c.Toolchain, c.Samples = releasedGo(runtime.Version()), sample.Files
	files, err := scaffold.Files(c)
	if err != nil {
		return err
	}
	if err := scaffold.Write(c.Name, files); err != nil {
		return err
	}
	for _, dir := range []string{"", "tools"} {
		if _, ok := files[filepath.ToSlash(filepath.Join(dir, "go.mod"))]; ok {
			tidy(ctx, filepath.Join(c.Name, dir))
		}
	}
	note("made %s: cd %s && bootzip verify", c.Name, c.Name)
	return nil
}

// tidy completes go.mod and go.sum. If that fails it says so, and leaves the files.
func tidy(ctx context.Context, dir string) {
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		said := strings.TrimSpace(string(out))
		if i := strings.LastIndexByte(said, '\n'); i >= 0 {
			said = said[i+1:]
		}
		note("run `go mod tidy` in %s before you build; it failed now: %s (%v)", dir, strings.TrimSpace(said), err)
	}
}

// releasedGo returns a version of Go in the form of go.mod's toolchain line; "" for one in
// development.
func releasedGo(version string) string {
	version, _, _ = strings.Cut(version, " ")
	if !strings.HasPrefix(version, "go1.") || strings.Count(version, ".") != 2 {
		return ""
	}
	return version
}

// writeConfig writes a bootzip.yaml with the functions that are found without one.
func writeConfig() error {
	if _, err := os.Lstat(project.ConfigFile); !errors.Is(err, fs.ErrNotExist) {
		return misuse(cmp.Or(err, fmt.Errorf("%s already exists; nothing was written", project.ConfigFile)))
	}
	p, err := project.Load(".")
	if err != nil {
		return misuse(err)
	}
	var b strings.Builder
	b.WriteString("# What bootzip builds. It finds the same without this file.\n" +
		"# Keys: https://github.com/bootzip/bootzip/blob/main/docs/bootzip-yaml.md\nfunctions:\n")
	for _, f := range p.Functions {
		fmt.Fprintf(&b, "  %s:\n    source: %s\n", f.Name, f.Source)
		if f.Kind != "" {
			fmt.Fprintf(&b, "    kind: %s\n", f.Kind)
		}
		if len(f.Arch) == 1 {
			fmt.Fprintf(&b, "    arch: [%s]\n", f.Arch[0])
		}
	}
	b.WriteString("    # arch: [arm64]         # default: amd64 and arm64\n" +
		"    # handlers: [httpevent]  # values of _HANDLER that it accepts\n" +
		"    # env: {TABLE: orders}   # variables for local runs\n" +
		"    # event: s3              # what the boot check sends: a ready-made event, or a file\n")
	if err := atomicfile.WriteBytes(project.ConfigFile, 0o644, []byte(b.String())); err != nil {
		return err
	}
	note("wrote %s, functions: %d", project.ConfigFile, len(p.Functions))
	return nil
}
