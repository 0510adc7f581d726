package main

import (
	"archive/tar"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

var (
	//go:embed npm/bootzip.js
	launcher []byte
	//go:embed npm/README.md
	npmReadme []byte
)

// npm returns Node.js' name of the platform: process.platform and process.arch.
func (p platform) npm() string {
	return strings.NewReplacer("windows", "win32", "amd64", "x64").Replace(p.os + "-" + p.arch)
}

// packageJSON is an npm package (npm documentation, "package.json").
type packageJSON struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Description          string            `json:"description"`
	Homepage             string            `json:"homepage"`
	Repository           map[string]string `json:"repository"`
	License              string            `json:"license"`
	OS                   []string          `json:"os,omitempty"`
	CPU                  []string          `json:"cpu,omitempty"`
	Bin                  map[string]string `json:"bin,omitempty"`
	Engines              map[string]string `json:"engines,omitempty"`
	OptionalDependencies map[string]string `json:"optionalDependencies,omitempty"`
}

func (s source) packageJSON(name string) packageJSON {
	return packageJSON{
		Name: name, Version: s.version, Description: summary, Homepage: homepage, License: "MIT",
		Repository: map[string]string{"type": "git", "url": "git+" + homepage + ".git"},
	}
}

// npmMain writes the package that users install: it depends on the packages of all
// platforms, and npm installs the one that fits.
func (s source) npmMain(w io.Writer) error {
	about := s.packageJSON("bootzip")
	about.Bin = map[string]string{"bootzip": "bin/bootzip.js"}
	about.Engines = map[string]string{"node": ">=18"}
	about.OptionalDependencies = map[string]string{}
	for _, p := range platforms {
		about.OptionalDependencies["@bootzip/"+p.npm()] = s.version
	}
	return s.writeNPM(w, about, file{"bin/bootzip.js", 0o755, launcher}, file{"README.md", 0o644, npmReadme})
}

// npmProgram writes the package of one platform.
func (s source) npmProgram(w io.Writer, p platform) error {
	about := s.packageJSON("@bootzip/" + p.npm())
	goos, cpu, _ := strings.Cut(p.npm(), "-")
	about.Description, about.OS, about.CPU = "The program of package bootzip for "+p.npm(), []string{goos}, []string{cpu}
	program, err := os.ReadFile(s.executable(p))
	if err != nil {
		return err
	}
	name := "bin/bootzip"
	if p.os == "windows" {
		name += ".exe"
	}
	return s.writeNPM(w, about, file{name, 0o755, program})
}

type file struct {
	name string
	mode int64
	text []byte
}

// writeNPM writes a package as npm pack does: all below "package/", package.json first.
func (s source) writeNPM(w io.Writer, about packageJSON, files ...file) error {
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(s.root, "LICENSE"))
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, f := range append([]file{{"package.json", 0o644, append(text, '\n')}, {"LICENSE", 0o644, licence}}, files...) {
		err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "package/" + f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: epoch, Format: tar.FormatUSTAR})
		if err != nil {
			return err
		}
		if _, err := t.Write(f.text); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}
