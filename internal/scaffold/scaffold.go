// Package scaffold makes new projects: the files of a template, filled in with the
// project's names.
package scaffold

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// RuntimeVersion is the version of bootzip's runtime that new projects
// require.
const RuntimeVersion = "v0.1.0"

// A Template is one kind of project.
type Template struct {
	Name  string
	About string

	golang bool
	sample string // the directory of the sample that has its sources
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
	Name     string // of the function; must be a valid function name
	Module   string // the Go module's path; default: Name
	Template string // the name of one of Templates; default: the first
	Mage     bool   // a tools module with a magefile as well

	Toolchain string // for go.mod, such as "go1.26.8"; "" omits the line
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
	require, toolchain, andTests, tests, testLine := "", "", "", "", ""
	if t.golang {
		andTests, tests, testLine = ", and tests the code", "      - run: go test ./...\n", "    go test ./...\n"
	}
	if t.golang && t.Name != "extension" {
		require = "\nrequire github.com/bootzip/bootzip/runtime " + RuntimeVersion + "\n"
	}
	if c.Toolchain != "" {
		toolchain = "\ntoolchain " + c.Toolchain + "\n"
	}
	replace := strings.NewReplacer("@NAME@", c.Name, "@MODULE@", cmp.Or(c.Module, c.Name), "@TOOLCHAIN@\n", toolchain, "@REQUIRE@\n", require,
		"@BOOTZIP@", cmp.Or(c.Version, "latest"), "@ANDTESTS@", andTests, "@GOTEST@\n", tests, "@GOTESTLINE@\n", testLine)
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
	if t.golang { // its files replace common ones
		err = errors.Join(err, add(templates, "template/go", ""), add(templates, "template/"+t.Name, ""))
	} else {
		err = errors.Join(err, add(templates, "template/other", ""), add(c.Samples, t.sample, c.Name))
	}
	if c.Mage {
		err = errors.Join(err, add(templates, "template/mage", ""))
	}
	return files, err
}

// Write makes the directory dir with the files in it, all or none. It must not exist.
func Write(dir string, files map[string][]byte) (err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	for name, data := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
