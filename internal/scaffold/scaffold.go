// Package scaffold makes new projects: the files of a template with the
// project's names in them.
package scaffold

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// RuntimeVersion is the version of bootzip's runtime that new projects
// require.
const RuntimeVersion = "v0.1.0"

// A Template is one kind of project.
type Template struct {
	Name  string
	About string

	golang bool
	sample string // the directory of the samples that has its sources
}

// Templates returns all templates; the first is the default.
func Templates() []Template {
	return []Template{
		{"http", "an HTTP API in Go, with net/http", true, ""},
		{"event", "a function in Go for the events of a service, here S3", true, ""},
		{"site", "a web site in Go, its pages compiled in", true, ""},
		{"extension", "an external extension in Go, in a layer", true, ""},
		{"crystal", "a function in Crystal", false, "hello-crystal"},
		{"c", "a function in C", false, "hello-c"},
		{"rust", "a function in Rust", false, "hello-rust"},
	}
}

// Config says what to make.
type Config struct {
	Name     string // of the function; a valid name of one
	Module   string // the Go module's path; default: Name
	Template string // the name of one of Templates; default: the first
	Mage     bool   // a tools module with a magefile as well

	Toolchain string // for go.mod, such as "go1.26.8"; "" leaves the line out
	Version   string // of bootzip, such as "v1.2.3"; "" takes the latest
	Samples   fs.FS  // sources of the templates in other languages
}

//go:embed all:template
var templates embed.FS

// Files returns the contents of the new project's files, by slash-separated name.
func Files(c Config) (map[string][]byte, error) {
	all := Templates()
	i := slices.IndexFunc(all, func(t Template) bool { return t.Name == c.Template || c.Template == "" })
	if i < 0 {
		return nil, fmt.Errorf("unknown template %q", c.Template)
	}
	t := all[i]
	require, toolchain, tests, testLine := "", "", "", ""
	if t.golang {
		tests, testLine = "      - run: go test ./...\n", "    go test ./...\n"
	}
	if t.golang && t.Name != "extension" {
		require = "\nrequire github.com/bootzip/bootzip/runtime " + RuntimeVersion + "\n"
	}
	if c.Toolchain != "" {
		toolchain = "\ntoolchain " + c.Toolchain + "\n"
	}
	replace := strings.NewReplacer("@NAME@", c.Name, "@MODULE@", cmp.Or(c.Module, c.Name), "@TOOLCHAIN@\n", toolchain, "@REQUIRE@\n", require,
		"@BOOTZIP@", cmp.Or(c.Version, "latest"), "@GOTEST@\n", tests, "@GOTESTLINE@\n", testLine)
	files := map[string][]byte{}
	add := func(from fs.FS, dir, to string) error {
		return fs.WalkDir(from, dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(from, name)
			relative := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
			if ours, ok := strings.CutSuffix(relative, ".tmpl"); ok {
				relative, data = ours, []byte(replace.Replace(string(data)))
			}
			files[path.Join(to, relative)] = data
			return err
		})
	}
	err := add(templates, "template/common", "")
	if t.golang {
		err = errors.Join(err, add(templates, "template/go", ""), add(templates, "template/"+t.Name, ""))
	} else {
		err = errors.Join(err, add(templates, "template/other", ""), add(c.Samples, t.sample, c.Name))
	}
	if c.Mage {
		err = errors.Join(err, add(templates, "template/mage", ""))
	}
	return files, err
}

// Write writes the files into dir, all or none. It overwrites nothing.
func Write(dir string, files map[string][]byte) (err error) {
	var made []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range slices.Backward(made) {
			_ = os.Remove(name) // a directory only if it is empty
		}
	}()
	var mkdir func(string) error
	mkdir = func(name string) error {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return nil
		}
		if parent := filepath.Dir(name); parent != name {
			if err := mkdir(parent); err != nil {
				return err
			}
		}
		if err := os.Mkdir(name, 0o755); err != nil {
			return err
		}
		made = append(made, name)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := mkdir(filepath.Dir(to)); err != nil {
			return err
		}
		f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return hint.New("take another directory, or move it away", "%s is there already; nothing was written", to)
		}
		if err != nil {
			return err
		}
		made = append(made, to)
		_, err = f.Write(files[name])
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
