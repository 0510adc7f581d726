package verify

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/bootzip/bootzip/internal/printer"
)

// WriteGitHub writes the findings of reports as annotations of GitHub Actions
// (GitHub's documentation, "Workflow commands for GitHub Actions"): errors
// for failures, warnings, and notices for what was waived.
func WriteGitHub(w io.Writer, reports []Report) error {
	b := bufio.NewWriter(w) // it keeps the first error
	for _, r := range reports {
		for _, x := range r.Results {
			if !x.Status.isFinding() {
				continue
			}
			command := map[Status]string{Fail: "error", Warn: "warning", Waived: "notice"}[x.Status]
			message := x.message()
			if x.Reason != "" {
				message += ". Rule: " + x.Reason
			}
			place := ""
			if x.Line > 0 {
				place = fmt.Sprintf(",line=%d,col=%d", x.Line, x.Column)
			}
			fmt.Fprintf(b, "::%s file=%s%s,title=%s::%s\n", command, propertyEscapes.Replace(printer.Line(cmp.Or(x.Source, r.Path))), place, propertyEscapes.Replace(x.Check.ID), dataEscapes.Replace(message))
		}
	}
	return b.Flush()
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
