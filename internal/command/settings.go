package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/internal/suggest"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// distDir is the directory for everything that a command makes.
const distDir = "dist"

// settings are the settings of a build, from flags and environment.
type settings struct {
	build.Config              // what is the same for every project; read completes it
	arch         project.Arch // "" for all
	function     string       // "" for all
	only         []string     // engines that the command takes; nil for all
	images       bool         // make images of all functions
	quiet        bool         // the engine was named before
	checks       bool         // the zips are checked afterwards, which uses the store as well
	shard        shardFlag
	verbose      *bool // the program's flag
}

// flags adds the flags of a command that builds.
func (s *settings) flags(c *cobra.Command, names ...string) {
	for _, name := range names {
		switch name {
		case "engine":
			if s.only == nil {
				s.only = []string{"auto", "docker", "podman", "sandbox", "host", "buildkit"}
			}
			c.Flags().StringVar(&s.Engine, name, "", "where to build: "+enumerate(s.only)+" (BOOTZIP_ENGINE)")
			complete(c, name, s.only...)
		case "arch":
			c.Flags().StringVar((*string)(&s.arch), name, "", "amd64 or arm64 (default: each function's own)")
			complete(c, name, "amd64", "arm64")
		case "function":
			c.Flags().StringVar(&s.function, name, "", "only the function `NAME` (default: all)")
			_ = c.RegisterFlagCompletionFunc(name, functionNames)
		case "locked":
			c.Flags().BoolVar(&s.Locked, name, false, "fail if image or toolchain differs from bootzip.lock")
		case "shard":
			c.Flags().StringVar(&s.shard.text, name, "", "only this `SHARD` of the functions, such as 2/8; bootzip merge joins them")
		case "since":
			c.Flags().StringVar(&s.shard.since, name, "", "only functions that changed since this `COMMIT`")
		case "force":
			c.Flags().BoolVar(&s.Force, name, false, "also build what has not changed")
		}
	}
}

// complete makes the shell complete the values of a flag.
func complete(c *cobra.Command, flag string, values ...string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// functionNames completes names of the project's functions. While the shell completes, the
// program has not changed to the directory of -C.
func functionNames(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	dir, _ := c.Flags().GetString("directory")
	p, err := project.Load(cmp.Or(dir, "."))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return project.Names(p.Functions), cobra.ShellCompDirectiveNoFileComp
}

// read completes the settings from the environment, and checks them.
func (s *settings) read() (err error) {
	s.Engine = cmp.Or(s.Engine, os.Getenv("BOOTZIP_ENGINE"), "auto")
	s.BaseImage, s.Cache = os.Getenv("BOOTZIP_BASE_IMAGE"), os.Getenv("BOOTZIP_CACHE")
	s.Environ, s.Tool = os.Environ(), ownVersion().version
	if err := build.CheckEngine(s.Engine); err != nil {
		return misuse(err)
	}
	if s.only != nil && !slices.Contains(s.only, s.Engine) {
		return misuse(hint.New("use --engine="+enumerate(s.only), "engine %q is not for this command", s.Engine))
	}
	if err := s.shard.read(); err != nil {
		return misuse(err)
	}
	if err := checkArch(s.arch); err != nil {
		return err
	}
	if s.Cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return misuse(hint.Wrap(err, "set HOME, or BOOTZIP_CACHE and GOPATH, to directories that are kept between runs"))
		}
		s.Cache = filepath.Join(user, "bootzip")
	}
	s.Cache, err = filepath.Abs(s.Cache)
	return err
}

// checkArch refuses a value of --arch; "" is the default.
func checkArch(arch project.Arch) error {
	if arch == "" {
		return nil
	}
	_, err := project.ParseArch(string(arch))
	return misuse(err)
}

// load reads the settings and the project in the current directory, and selects its functions.
func (s *settings) load() (project.Project, []project.Function, error) {
	if err := s.read(); err != nil {
		return project.Project{}, nil, err
	}
	if info, err := os.Stat(s.Cache); err == nil && !info.IsDir() || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return project.Project{}, nil, misuse(hint.New("set BOOTZIP_CACHE to a directory that is kept between runs", "cache %s is not a usable directory", s.Cache))
	}
	p, err := project.Load(".")
	if err != nil {
		return p, nil, misuse(err)
	}
	for _, f := range p.Functions {
		if err := verify.ValidateRules(f.Checks); err != nil {
			return p, nil, misuse(err)
		}
	}
	functions, err := p.Select(s.function, s.arch)
	return p, functions, misuse(err)
}

// store opens the store that the environment or bootzip.yaml names; nil: none. The token and
// the right to write apply to the environment's address only: bootzip.yaml is not trusted.
func (s *settings) store(ctx context.Context, p project.Project) (*store.Store, error) {
	c := store.Config{Address: os.Getenv("BOOTZIP_CACHE_URL"), Tool: ownVersion().version}
	switch c.Address {
	case "off":
		return nil, nil
	case "":
		if c.Address, c.Anonymous = p.Cache, true; c.Address == "" {
			return nil, nil
		}
	default:
		c.Token = os.Getenv("BOOTZIP_CACHE_TOKEN")
		if text := os.Getenv("BOOTZIP_CACHE_WRITE"); text != "" {
			var err error
			if c.Write, err = strconv.ParseBool(text); err != nil {
				return nil, misuse(hint.New("set it to true or false", "BOOTZIP_CACHE_WRITE is %q", text))
			}
		}
	}
	if c.Write {
		c.Commit = commitOf(ctx, p.Root)
		if repository := os.Getenv("GITHUB_REPOSITORY"); repository != "" {
			c.Writer = repository + " run " + os.Getenv("GITHUB_RUN_ID")
		}
	}
	opened, err := store.Open(c)
	return opened, misuse(err)
}

// oneOf refuses a value that is not a known one.
func oneOf(what, value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	advice := "use " + enumerate(known)
	if word := suggest.Word(value, known); word != "" {
		advice = fmt.Sprintf("did you mean %q? %s", word, advice)
	}
	return misuse(hint.New(advice, "unknown %s %q", what, value))
}
