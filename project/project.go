package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// ConfigFile is the name of the file in the project's root that lists the functions.
const ConfigFile = "bootzip.yaml"

// ErrNoProject is an error of [Load]: there is neither a bootzip.yaml nor a Go module.
var ErrNoProject = errors.New("neither " + ConfigFile + " nor go.mod")

// maxConfig is the size in bytes of the largest bootzip.yaml that is read. A thousand
// functions need a tenth of it.
const maxConfig = 1 << 20

// A Project is a directory with functions in it.
type Project struct {
	Root      string     // absolute path
	Config    string     // absolute path of bootzip.yaml; empty without one
	Functions []Function // in the order of bootzip.yaml, else by name

	// Go is the toolchain for modules that name none, such as "go1.26.8"; ""
	// if bootzip.yaml has none.
	Go string

	// Cache is the address of a store with what other machines built; "" for none.
	Cache string

	// Exclude lists directories: main packages in them, and below them, are not functions;
	// "." excludes only the one in the root. LeftOut lists the main packages that were
	// found and are not functions.
	Exclude []string
	LeftOut []LeftOut
}

// Load reads the project in the directory root. With a bootzip.yaml the functions are
// those that it lists. Without one, or without its key functions, every main package that
// uses a Lambda runtime is a function, for the architectures for which it has files: those
// of the modules that a go.work in root lists, or else of the Go modules in root and below.
//
// Errors name the place in the file and carry a hint (package
// internal/hint). A project without any function is an error.
func Load(root string) (Project, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return Project{}, err
	}
	// Links in the root's own path are resolved here, once, so that "leaves
	// the project" can be decided by comparing paths.
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return Project{}, fmt.Errorf("project %q: %w", root, err)
	}
	p := Project{Root: abs}

	data, err := readConfig(filepath.Join(abs, ConfigFile))
	switch {
	case err == nil:
		p.Config = filepath.Join(abs, ConfigFile)
		err = parseConfig(&p, ConfigFile, data)
	case errors.Is(err, fs.ErrNotExist):
		if other := misnamed(abs); other != "" {
			return Project{}, hint.New("call it "+ConfigFile, "%s is not read: the file is called %s", other, ConfigFile)
		}
		err = findMainPackages(&p, Architectures())
	}
	if err != nil {
		return Project{}, err
	}
	return p, nil
}

// misnamed returns a file in the directory root that was likely meant to be bootzip.yaml, ""
// if there is none.
func misnamed(root string) string {
	entries, _ := os.ReadDir(root)
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); !e.IsDir() && (name == ConfigFile || name == "bootzip.yml") {
			return e.Name()
		}
	}
	return ""
}

func readConfig(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if _, there := os.Lstat(path); there == nil && errors.Is(err, fs.ErrNotExist) {
		return nil, hint.New("remove it, or make it a file", "%s is a link to a file that does not exist", ConfigFile)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, hint.New("remove it, or make it a file", "%s is not a file", ConfigFile)
	}
	if info.Size() > maxConfig {
		return nil, hint.New("is it the right file?", "%s has %d bytes, at most %d are read", ConfigFile, info.Size(), maxConfig)
	}
	return os.ReadFile(path)
}

// Names returns the names of functions.
func Names(functions []Function) (names []string) {
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return names
}

// Select returns the functions called name, or all of them for "". With an arch other
// than "" it reduces each to that architecture, and omits functions that are not built
// for it.
func (p Project) Select(name string, arch Arch) ([]Function, error) {
	var selected []Function
	for _, f := range p.Functions {
		if name != "" && f.Name != name {
			continue
		}
		if arch != "" {
			if !slices.Contains(f.Arch, arch) {
				continue
			}
			f.Arch = []Arch{arch}
		}
		selected = append(selected, f)
	}
	if len(selected) > 0 {
		return selected, nil
	}
	names := Names(p.Functions)
	if slices.Contains(names, name) {
		return nil, hint.New("add it to the function's arch, or omit --arch",
			"function %q is not built for %s", name, arch)
	}
	if name != "" {
		return nil, hint.New(didYouMean(name, names), "function %q is not in this project", name)
	}
	return nil, hint.New("add it to a function's arch, or omit --arch", "no function is built for %s", arch)
}
