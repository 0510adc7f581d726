// Package htmlpage has the frame of the pages that bootzip writes. Each page is one file,
// has no scripts, and loads nothing.
package htmlpage

import (
	_ "embed"
	"fmt"
	"html/template"
)

//go:embed frame.html
var frame string

// New parses the body of a page, and panics if that is not possible. The data with which
// the page is executed must have a Title; the page escapes strings in it.
func New(body string, functions template.FuncMap) *template.Template {
	t := template.New("page").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.3f%%", x) },
	}).Funcs(functions)
	template.Must(t.Parse(frame))
	template.Must(t.New("body").Parse(body))
	return t
}
