package verify

import (
	"encoding/json"
	"io"
)

// jsonVersion is the version of the format that [WriteJSON] writes. It is raised when a
// field is removed or changes its meaning, not for new fields.
const jsonVersion = 1

type jsonDocument struct {
	Version int          `json:"version"`
	OK      bool         `json:"ok"`
	Reports []jsonReport `json:"reports"`
}

type jsonReport struct {
	Path     string       `json:"path"`
	Function string       `json:"function,omitempty"`
	Arch     string       `json:"arch,omitempty"`
	Size     int64        `json:"size"`
	SHA256   string       `json:"sha256"`
	OK       bool         `json:"ok"`
	Deploy   *DeployFile  `json:"deploy,omitempty"`
	Image    *jsonImage   `json:"image,omitempty"`
	Facts    []Fact       `json:"facts"`
	Results  []jsonResult `json:"results"`
}

type jsonImage struct {
	Digest   string `json:"digest"`
	Layers   int    `json:"layers"`
	Unpacked int64  `json:"unpackedSize"`
}

type jsonResult struct {
	Check    string `json:"check"`
	Layer    string `json:"layer"`
	Status   string `json:"status"`
	Severity string `json:"severity"`
	File     string `json:"file,omitempty"`
	Source   string `json:"source,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Lambda   string `json:"lambda,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// WriteJSON writes reports for programs, in the format that
// docs/verify-report.schema.json describes. It writes every result, including passes and
// skips. "ok" is true if nothing failed.
func WriteJSON(w io.Writer, reports []Report) error {
	doc := jsonDocument{Version: jsonVersion, OK: true, Reports: []jsonReport{}}
	for _, r := range reports {
		doc.OK = doc.OK && r.OK()
		j := jsonReport{
			Path: r.Path, Function: r.Function, Arch: string(r.Arch), Size: r.Size, SHA256: r.SHA256, OK: r.OK(),
			Deploy: r.Deploy, Facts: append([]Fact{}, r.Facts...), Results: []jsonResult{},
		}
		if r.Image != nil {
			j.Image = &jsonImage{r.Image.Digest, len(r.Image.Layers), r.Image.Unpacked}
		}
		for _, x := range r.Results {
			result := jsonResult{
				Check: x.Check.ID, Layer: string(x.Check.Layer), Status: string(x.Status), Severity: string(x.Severity),
				File: x.File, Source: x.Source, Line: x.Line, Column: x.Column, Detail: x.Detail, Reason: x.Reason,
			}
			if x.Status.isFinding() {
				result.Lambda, result.Hint = x.Check.Lambda, x.Check.Hint
			}
			j.Results = append(j.Results, result)
		}
		doc.Reports = append(doc.Reports, j)
	}
	return writeIndented(w, doc)
}

// isFinding reports whether a check found its fault.
func (s Status) isFinding() bool { return s == Fail || s == Warn || s == Waived }

// writeIndented writes a value as indented JSON.
func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
