package reproduce

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/pack"
)

// A Result compares a second build of a commit with the first.
type Result struct {
	Commit string

	// Dirty are the files of the working tree that differ from the commit,
	// relative to the repository. Only the first build used them.
	Dirty []string

	First, Second string // the engines of the two builds

	// Variations are the intended differences between the two builds: those of
	// package build, and "engine", "file times" and "cache".
	Variations []build.Variation

	Results []ZipResult // for each zip, in their order
}

// A ZipResult compares one zip with what the second build made.
type ZipResult struct {
	Zip    pack.Zip // of the first build
	Second string   // SHA-256 of the second build's zip, in hexadecimal
	Report diff.Report

	SecondImage string // digest of the second build's image; empty: it made none
}

// OK reports whether all zips and images are the same in both builds.
func (r Result) OK() bool {
	for _, one := range r.Results {
		if !one.Report.Equal || !one.imageEqual() {
			return false
		}
	}
	return true
}

// DirtyLine returns a line with the files that differ from the commit, "" if there are none.
func (r Result) DirtyLine() string {
	if len(r.Dirty) == 0 {
		return ""
	}
	return "the tree is dirty: " + git.List(r.Dirty)
}

// WriteText writes the result as text: the variations, then a line for each zip and
// image, with an explanation below a zip that differs.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "commit %s, built with %s and again with %s\n", r.Commit, r.First, r.Second)
	for _, v := range r.Variations {
		if v.Why != "" {
			v.Value += " (" + v.Why + ")"
		}
		if v.Applied {
			fmt.Fprintf(&b, "varied     %-10s  %s\n", v.Name, v.Value)
		}
	}
	for _, v := range r.Variations {
		if !v.Applied {
			fmt.Fprintf(&b, "not varied %-10s  %s\n", v.Name, v.Why)
		}
	}
	for _, one := range r.Results {
		if one.Report.Equal {
			fmt.Fprintf(&b, "PASS %s  sha256:%s\n", one.Zip.File, one.Zip.SHA256)
			one.writeImage(&b)
			continue
		}
		fmt.Fprintf(&b, "FAIL %s\n", one.Zip.File)
		if err := writeIndented(&b, one.Report); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeImage writes the line for an image.
func (z ZipResult) writeImage(b *strings.Builder) {
	switch {
	case z.Zip.Image == nil:
	case z.imageEqual():
		fmt.Fprintf(b, "PASS %s  %s\n", z.Zip.Image.File, z.Zip.Image.Digest)
	default:
		fmt.Fprintf(b, "FAIL %s  %s, and %s the second time\n", z.Zip.Image.File, z.Zip.Image.Digest, z.SecondImage)
	}
}

// imageEqual reports whether both builds made the same image, or the first made none.
func (z ZipResult) imageEqual() bool {
	return z.Zip.Image == nil || z.Zip.Image.Digest == z.SecondImage
}

type jsonReproduced struct {
	Function string `json:"function"`
	Arch     string `json:"arch"`
	File     string `json:"file"`
	Equal    bool   `json:"equal"`
	SHA256   string `json:"sha256"`
	Second   string `json:"secondSha256"`

	Image       string `json:"imageDigest,omitempty"`
	SecondImage string `json:"secondImageDigest,omitempty"`

	Comparison diff.Report `json:"comparison"`
}

// WriteJSON writes the result for programs, in the form that docs/reproduce.md describes.
func (r Result) WriteJSON(w io.Writer) error {
	document := struct {
		Version int               `json:"version"`
		Equal   bool              `json:"equal"` // all of them
		Commit  string            `json:"commit"`
		Dirty   []string          `json:"dirty"`
		First   string            `json:"firstEngine"`
		Second  string            `json:"secondEngine"`
		Varied  []build.Variation `json:"variations"`
		Zips    []jsonReproduced  `json:"zips"`
	}{1, r.OK(), r.Commit, append([]string{}, r.Dirty...), r.First, r.Second, append([]build.Variation{}, r.Variations...), []jsonReproduced{}}
	for _, one := range r.Results {
		line := jsonReproduced{
			Function: one.Zip.Function, Arch: string(one.Zip.Arch), File: one.Zip.File, Equal: one.Report.Equal && one.imageEqual(),
			SHA256: one.Zip.SHA256, Second: one.Second, SecondImage: one.SecondImage, Comparison: one.Report,
		}
		if m := one.Zip.Image; m != nil {
			line.Image = m.Digest
		}
		document.Zips = append(document.Zips, line)
	}
	return writeJSON(w, document)
}

func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
