package reproduce

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/release/attest"
)

// A RebuildResult compares a zip with a rebuild from its sources.
type RebuildResult struct {
	Zip        string // base name of the file
	Provenance attest.Provenance
	Commit     string
	Source     string // where the commit was taken from, without credentials
	Engine     string // the engine that built it here
	Report     diff.Report

	// Differences describe which materials differ from the recorded ones. If the
	// bytes are the same, they did not matter.
	Differences []string

	packers [2]string // what packed the zip, and what packs here; empty if one of them is unknown
}

// Matches reports whether the zip is what its sources give, byte for byte. If it was
// packed with a different compressor than the one here, everything but the compressed
// bytes must match: names, order, modes and contents of its files, and the rest of the
// zip's structure.
func (r RebuildResult) Matches() bool { return r.Report.Equal || r.sameContent() }

func (r RebuildResult) sameContent() bool {
	if r.packers[0] == r.packers[1] || r.Report.A.Content == "" || r.Report.A.Content != r.Report.B.Content {
		return false
	}
	return !slices.ContainsFunc(r.Report.Causes, func(c diff.Cause) bool { return c.ID != "compressor" }) &&
		!slices.ContainsFunc(r.Report.Layers, func(l diff.Layer) bool { return l.Name != "compressed bytes only" })
}

func (r *RebuildResult) differ(what, recorded, here string) {
	if recorded != here && recorded != "" {
		r.Differences = append(r.Differences, fmt.Sprintf("%s: recorded %s, here %s", what, recorded, here))
	}
}

// WriteText writes the result as text: a line with the digest if the bytes are the
// same, and the explanation if they differ.
func (r RebuildResult) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "commit %s, from %s, built with %s\n", r.Commit, r.Source, r.Engine)
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "not as recorded: %s\n", d)
	}
	if !r.Provenance.Signed {
		b.WriteString("the provenance is not signed: only equal bytes prove its commit\n")
	}
	switch {
	case r.Report.Equal:
		fmt.Fprintf(&b, "PASS %s  sha256:%s\n", r.Zip, r.Report.A.SHA256)
	case r.sameContent():
		fmt.Fprintf(&b, "compared were names, order, modes and contents of the files, and not their compressed bytes: the zip was packed with %s, and here packs %s\n",
			r.packers[0], r.packers[1])
		fmt.Fprintf(&b, "PASS %s  content sha256:%s\n", r.Zip, r.Report.A.Content)
	default:
		fmt.Fprintf(&b, "FAIL %s\n", r.Zip)
		if err := writeIndented(&b, r.Report); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the result for programs, in the form that docs/reproduce.md describes.
func (r RebuildResult) WriteJSON(w io.Writer) error {
	return writeJSON(w, struct {
		Version     int         `json:"version"`
		Equal       bool        `json:"equal"`
		Matches     bool        `json:"matches"`
		File        string      `json:"file"`
		SHA256      string      `json:"sha256"`
		Commit      string      `json:"commit"`
		Source      string      `json:"source"`
		Engine      string      `json:"engine"`
		Signed      bool        `json:"signed"`
		Differences []string    `json:"differences"`
		Comparison  diff.Report `json:"comparison"`
	}{1, r.Report.Equal, r.Matches(), r.Zip, r.Report.A.SHA256, r.Commit, r.Source, r.Engine, r.Provenance.Signed, append([]string{}, r.Differences...), r.Report})
}

// writeIndented writes the explanation of a difference below a line.
func writeIndented(b *strings.Builder, r diff.Report) error {
	var text strings.Builder
	if err := diff.WriteText(&text, r); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if line != "\n" {
			line = "  " + line
		}
		b.WriteString(line)
	}
	return nil
}
