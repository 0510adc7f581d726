package diff

import (
	"encoding/json"
	"io"
)

// JSONVersion is the version of the form that [WriteJSON] writes. It grows
// when a field is removed or changes its meaning; new fields do not change it.
const JSONVersion = 1

type jsonDocument struct {
	Version     int          `json:"version"`
	Equal       bool         `json:"equal"` // all of them
	Comparisons []jsonReport `json:"comparisons"`
}

type jsonReport struct {
	A      jsonSide    `json:"a"`
	B      jsonSide    `json:"b"`
	Equal  bool        `json:"equal"`
	Causes []jsonCause `json:"causes"`
	Layers []jsonLayer `json:"layers"`
}

type jsonSide struct {
	File       string `json:"file"`
	Size       int64  `json:"size"`
	SHA256     string `json:"sha256"`
	CodeSha256 string `json:"codeSha256"`
	Content    string `json:"contentDigest,omitempty"`
}

type jsonCause struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Hint string `json:"hint"`
}

type jsonLayer struct {
	Name    string      `json:"name"`
	Fields  []jsonField `json:"fields"`
	Omitted int         `json:"omitted"`
}

type jsonField struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// WriteJSON writes reports for a program, in the form that docs/diff.md
// describes.
func WriteJSON(w io.Writer, reports []Report) error {
	doc := jsonDocument{Version: JSONVersion, Equal: true, Comparisons: []jsonReport{}}
	for _, r := range reports {
		doc.Equal = doc.Equal && r.Equal
		j := jsonReport{A: jsonSide(r.A), B: jsonSide(r.B), Equal: r.Equal, Causes: []jsonCause{}, Layers: []jsonLayer{}}
		for _, c := range r.Causes {
			j.Causes = append(j.Causes, jsonCause(c))
		}
		for _, l := range r.Layers {
			layer := jsonLayer{Name: l.Name, Fields: []jsonField{}, Omitted: l.Omitted}
			for _, f := range l.Fields {
				layer.Fields = append(layer.Fields, jsonField(f))
			}
			j.Layers = append(j.Layers, layer)
		}
		doc.Comparisons = append(doc.Comparisons, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}
