package git

import (
	"fmt"
	"strings"

	"github.com/bootzip/bootzip/internal/printer"
)

// maxNames bounds how many names List shows.
const maxNames = 10

// List joins the names of files for display: the first ten, and the number of
// others.
func List(names []string) string {
	var all []string
	for _, name := range names[:min(len(names), maxNames)] {
		all = append(all, printer.Quoted(name))
	}
	text := strings.Join(all, ", ")
	if extra := len(names) - maxNames; extra > 0 {
		text += fmt.Sprintf(" and %d more", extra)
	}
	return text
}
