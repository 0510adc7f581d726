package project

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The languages that build knows.
const (
	Go      Language = "go"
	Crystal Language = "crystal"
	C       Language = "c"
	Rust    Language = "rust"
	Nim     Language = "nim"
	Command Language = "command" // any command that leaves $OUT/bootstrap
)

// Languages lists the names that bootzip.yaml may give.
func Languages() []Language { return []Language{Go, Crystal, C, Rust, Nim, Command} }

// languageMarks are the files in a source directory by which a language is found. The
// surest come first: a Rust or Crystal project may contain a .c file.
var languageMarks = []struct {
	pattern  string
	language Language
}{
	{"Cargo.toml", Rust},
	{"shard.yml", Crystal},
	{"*.nimble", Nim},
	{"*.go", Go},
	{"*.cr", Crystal},
	{"src/*.cr", Crystal},
	{"*.nim", Nim},
	{"src/*.nim", Nim},
	{"*.c", C},
	{"src/*.c", C},
}

// findLanguage returns the language of the program in the source directory.
func findLanguage(root fs.FS, source string) (Language, error) {
	for _, mark := range languageMarks {
		found, err := fs.Glob(root, path.Join(escapeGlob(source), mark.pattern))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return mark.language, nil
		}
	}
	return "", fmt.Errorf("no program of a known language in %q", source)
}

// escapeGlob returns a glob pattern that matches only s.
func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

func languageNames() []string {
	var names []string
	for _, l := range Languages() {
		names = append(names, string(l))
	}
	slices.Sort(names)
	return names
}
