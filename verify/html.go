package verify

import (
	_ "embed"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/htmlpage"
	"github.com/bootzip/bootzip/internal/printer"
)

// A Section is a table of a page in addition to its reports, such as where zips come from.
type Section struct {
	Title string
	Rows  [][2]string
}

//go:embed report.html
var reportPage string

var reportTemplate = htmlpage.New(reportPage, template.FuncMap{"size": size, "clean": printer.Text, "where": Result.where})

// A pageReport is a report as a page shows it.
type pageReport struct {
	Report
	Name     string // base name
	Outcome  string // CSS class and word
	Findings []Result
	Rest     []Result // passes and skips
}

// WriteHTML writes reports as one page: what each check found and proves, how to fix it, and
// what is known about the zips. The page has no scripts, and loads nothing.
func WriteHTML(w io.Writer, reports []Report, sections ...Section) error {
	type count struct {
		Status Status
		N      int
	}
	var pages []pageReport
	totals := []count{{Fail, 0}, {Warn, 0}, {Waived, 0}, {Skip, 0}, {Pass, 0}}
	failed := 0
	for _, r := range reports {
		p := pageReport{Report: r, Name: filepath.Base(r.Path), Outcome: "pass"}
		if !r.OK() {
			p.Outcome = "fail"
			failed++
		}
		for i := range totals {
			totals[i].N += r.Count(totals[i].Status)
		}
		for _, x := range r.Results {
			if x.Status.isFinding() || x.Shown {
				p.Findings = append(p.Findings, x)
			} else {
				p.Rest = append(p.Rest, x)
			}
		}
		pages = append(pages, p)
	}
	// "fail" comes before "pass".
	slices.SortStableFunc(pages, func(a, b pageReport) int { return strings.Compare(a.Outcome, b.Outcome) })
	return reportTemplate.Execute(w, map[string]any{
		"Title": "bootzip verify", "Reports": pages, "Totals": totals, "Failed": failed, "All": len(reports), "Sections": sections,
	})
}

// where returns the place of a finding.
func (x Result) where() string {
	if x.Source != "" && x.File != "" {
		return x.Source + ", " + x.File
	}
	return x.Source + x.File
}
