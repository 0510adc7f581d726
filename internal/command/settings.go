package command

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// distFolder is where everything that a target makes goes.
const distFolder = "dist"

// settings are what the flags and the environment say.
type settings struct {
	engine    string
	baseImage string
	cache     string
	arch      project.Arch // "" for all
	function  string       // "" for all
	force     bool
	locked    bool
}

func readSettings(engine, arch, function *string) (settings, error) {
	s := settings{
		engine:    choose(engine, os.Getenv("BOOTZIP_ENGINE"), "auto"),
		baseImage: os.Getenv("BOOTZIP_BASE_IMAGE"),
		cache:     os.Getenv("BOOTZIP_CACHE"),
		function:  choose(function, "", ""),
	}
	if err := build.CheckEngine(s.engine); err != nil {
		return s, misuse(err)
	}
	if a := choose(arch, "", ""); a != "" {
		var err error
		if s.arch, err = project.ParseArch(a); err != nil {
			return s, misuse(err)
		}
	}
	if s.cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return s, misuse(hint.Wrap(err, "set BOOTZIP_CACHE to a folder for what is kept between runs"))
		}
		s.cache = filepath.Join(user, "bootzip")
	}
	var err error
	s.cache, err = filepath.Abs(s.cache)
	return s, err
}

// isSet reads an optional flag.
func isSet(flag *bool) bool { return flag != nil && *flag }

// list reads an optional flag of several values, with commas.
func list(flag *string) []string {
	if flag == nil || *flag == "" {
		return nil
	}
	return strings.Split(*flag, ",")
}

// choose returns the first value that was given.
func choose(flag *string, variable, fallback string) string {
	switch {
	case flag != nil && *flag != "":
		return *flag
	case variable != "":
		return variable
	}
	return fallback
}

// load reads the project in the current folder, and the functions of it that
// the settings select.
func (s settings) load() (project.Project, []project.Function, error) {
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
	if err != nil {
		return p, nil, misuse(err)
	}
	return p, functions, nil
}

func (s settings) buildConfig(p project.Project, functions []project.Function, progress func(build.Event)) build.Config {
	return build.Config{
		Root: p.Root, Dist: filepath.Join(p.Root, distFolder), Cache: s.cache,
		Functions: functions, Project: p.Functions, Engine: s.engine, BaseImage: s.baseImage,
		Environ: os.Environ(), Force: s.force, Locked: s.locked, Progress: progress,
	}
}

// misuse is an error with exit status 2.
func misuse(err error) error {
	if err == nil {
		return nil
	}
	return mg.Fatal(2, withHint(err))
}
