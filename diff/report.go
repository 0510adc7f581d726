package diff

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// A Report lists what differs in two files, and the likely causes.
type Report struct {
	A      Side    `json:"a"`
	B      Side    `json:"b"`
	Equal  bool    `json:"equal"`  // byte for byte
	Causes []Cause `json:"causes"` // most likely first
	Layers []Layer `json:"layers"` // those that differ, outermost first; empty if Equal
}

// A Side is one of the two files.
type Side struct {
	File       string `json:"file"`                    // base name
	Size       int64  `json:"size"`                    // in bytes
	SHA256     string `json:"sha256"`                  // in hexadecimal; of two images that are not both archives, of their manifests
	CodeSha256 string `json:"codeSha256"`              // the same in base64, as Lambda shows it for a deployed zip
	Content    string `json:"contentDigest,omitempty"` // of a zip: the digest that pack.ContentDigest returns
}

// A Layer is one level at which the files differ. docs/diff.md lists the names.
type Layer struct {
	Name    string  `json:"name"`
	Fields  []Field `json:"fields"`
	Omitted int     `json:"omitted"` // fields that differ and are not listed
}

// A Field has one value in A and another in B. A missing value is "absent".
// Values are cut to 160 bytes and hold no control characters.
type Field struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A Cause is a likely reason for a difference. Its Text says what was found, and has
// the word "likely" where the reason is inferred. docs/diff.md lists the IDs.
type Cause struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Hint string `json:"hint"` // what makes the two equal
}

// JSONVersion is the version of the output of [WriteJSON]. It increases when a field
// is removed or changes its meaning, not when one is added.
const JSONVersion = 1

// WriteJSON writes reports in the form that docs/diff.md describes.
func WriteJSON(w io.Writer, reports []Report) error {
	return encode(w, struct {
		Version     int      `json:"version"`
		Equal       bool     `json:"equal"` // all of them
		Comparisons []Report `json:"comparisons"`
	}{JSONVersion, !slices.ContainsFunc(reports, func(r Report) bool { return !r.Equal }), append([]Report{}, reports...)})
}

// MarshalJSON writes an empty list as [], not null.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	r.Causes, r.Layers = append([]Cause{}, r.Causes...), append([]Layer{}, r.Layers...)
	var b bytes.Buffer
	err := encode(&b, plain(r))
	return b.Bytes(), err
}

func encode(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(document)
}
