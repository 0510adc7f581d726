// Package htmlpage has the frame of the pages that bootzip writes: each is one file,
// without scripts, and with nothing from elsewhere.
package htmlpage

import (
	_ "embed"
	"fmt"
	"html/template"
)

//go:embed frame.html
var frame string

// New parses the body of a page. Its data has a Title. What is in the data is text: a page
// escapes it.
func New(body string, functions template.FuncMap) *template.Template {
	t := template.New("page").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.3f%%", x) },
	}).Funcs(functions)
	template.Must(t.Parse(frame))
	template.Must(t.New("body").Parse(body))
	return t
}
