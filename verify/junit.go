package verify

import (
	"encoding/xml"
	"io"

	"github.com/bootzip/bootzip/internal/printer"
)

// The elements that readers of JUnit's reports agree on.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes reports as JUnit's XML: a suite for each report, a case for each
// result. Warnings and waived findings are passes with a text, since the format has
// nothing between pass and failure.
func WriteJUnit(w io.Writer, reports []Report) error {
	doc := junitSuites{Name: "bootzip verify"}
	for _, r := range reports {
		s := junitSuite{Name: printer.Line(r.Path)}
		for _, x := range r.Results {
			c := junitCase{Class: string(x.Check.Layer), Name: x.Check.ID}
			if x.File != "" {
				c.Name += " " + printer.Line(x.File)
			}
			switch x.Status {
			case Fail:
				c.Failure = &junitMessage{Message: printer.Line(x.Detail), Text: x.message()}
				s.Failures++
			case Skip:
				c.Skipped = &junitMessage{Message: printer.Line(x.Detail)}
				s.Skipped++
			case Warn, Waived:
				c.Output = x.message()
				if x.Reason != "" {
					c.Output += ". Rule: " + printer.Line(x.Reason)
				}
			}
			s.Cases = append(s.Cases, c)
		}
		s.Tests = len(s.Cases)
		doc.Suites = append(doc.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
