package verify

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/bootzip/bootzip/internal/printer"
)

// TextOptions say how [WriteText] writes.
type TextOptions struct {
	Color   bool // for a terminal
	Verbose bool // write each check and each fact, not only what was found
}

// WriteText writes reports for people: a table with a line for each report, then each
// finding with Lambda's words for it, if they are known, and how to fix it.
func WriteText(w io.Writer, reports []Report, o TextOptions) error {
	t := textWriter{bufio.NewWriter(w), o}
	t.table(reports)
	for _, r := range reports {
		t.report(r)
	}
	return t.w.Flush()
}

type textWriter struct {
	w *bufio.Writer // it keeps the first error
	o TextOptions
}

// table writes one line for each zip, image and deploy file. Each kind has its own head.
// Colours would misalign the columns, so only the last column has them.
func (t textWriter) table(reports []Report) {
	tables := []struct {
		head   string
		layers []Layer
		rows   []string
	}{
		{head: "ZIP\tARCH\tSIZE\tSTRUCTURE\tLAYOUT\tBINARY\tBOOT\tRESULT", layers: []Layer{Structure, Layout, Binary, Boot}},
		{head: "IMAGE\tARCH\tSIZE\tIMAGE\tBINARY\tBOOT\tRESULT", layers: []Layer{InImage, Binary, Boot}},
		{head: "DEPLOY FILE\tKIND\tFUNCTIONS\tCHECKS\tRESULT", layers: []Layer{Deploy}},
	}
	for _, r := range reports {
		kind, about := 0, fmt.Sprintf("%s\t%s", cmp.Or(r.Program, r.Arch, "any"), size(r.Size))
		if r.Deploy != nil {
			kind, about = 2, fmt.Sprintf("%s\t%d", r.Deploy.Kind, r.Deploy.Functions)
		} else if r.Image != nil {
			kind, about = 1, fmt.Sprintf("%s\t%s", cmp.Or(r.Program, "any"), size(r.Image.Unpacked))
		}
		row := printer.Line(r.Path) + "\t" + about
		for _, l := range tables[kind].layers {
			row += "\t" + r.layer(l)
		}
		tables[kind].rows = append(tables[kind].rows, row+"\t"+t.result(r))
	}
	before := ""
	for _, kind := range tables {
		if len(kind.rows) > 0 {
			tw := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
			fmt.Fprintf(tw, "%s%s\n%s\n", before, kind.head, strings.Join(kind.rows, "\n"))
			tw.Flush()
			before = "\n"
		}
	}
}

// result sums up a report.
func (t textWriter) result(r Report) string {
	switch {
	case !r.OK():
		return t.status(Fail)
	case r.Count(Warn) > 0:
		return t.status(Warn)
	}
	return t.status(Pass)
}

// layer sums up how the checks of a layer ended.
func (r Report) layer(l Layer) string {
	count := map[Status]int{}
	answered := false
	for _, x := range r.Results {
		if x.Check.Layer == l {
			count[x.Status]++
			answered = answered || x.Shown && x.Status == Pass
		}
	}
	switch {
	case answered:
		return "error answered"
	case count[Fail] > 0:
		return fmt.Sprintf("%d failed", count[Fail])
	case count[Warn] == 1:
		return "1 warning"
	case count[Warn] > 1:
		return fmt.Sprintf("%d warnings", count[Warn])
	case count[Waived] > 0:
		return fmt.Sprintf("%d waived", count[Waived])
	case count[Pass] > 0:
		return fmt.Sprintf("%d passed", count[Pass])
	}
	return "skipped"
}

// report writes what was found in one zip, image or deploy file.
func (t textWriter) report(r Report) {
	var lines []Result
	for _, x := range r.Results {
		if t.o.Verbose || x.Shown || x.Status.isFinding() {
			lines = append(lines, x)
		}
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(t.w, "\n%s\n", printer.Line(r.Path))
	if t.o.Verbose {
		fmt.Fprintf(t.w, "  sha256: %s\n", r.SHA256)
		for _, f := range r.Facts {
			fmt.Fprintf(t.w, "  %s: %s\n", f.Name, printer.Line(f.Value))
		}
	}
	last := ""
	for _, x := range lines {
		fmt.Fprintf(t.w, "  %s  %s", t.status(x.Status), x.Check.ID)
		if x.Line > 0 {
			fmt.Fprintf(t.w, ": %s:%d:%d", printer.Line(cmp.Or(x.Source, r.Path)), x.Line, x.Column)
		}
		if x.File != "" {
			fmt.Fprintf(t.w, ": %s", printer.Line(x.File))
		}
		if x.Detail != "" {
			fmt.Fprintf(t.w, ": %s", printer.Line(x.Detail))
		}
		fmt.Fprintln(t.w)
		if x.Reason != "" {
			fmt.Fprintf(t.w, "        rule: %s\n", printer.Line(x.Reason))
		}
		if (x.Status == Fail || x.Status == Warn || x.Shown) && x.Check.ID != last {
			if x.Check.Lambda != "" {
				fmt.Fprintf(t.w, "        Lambda says: %s\n", x.Check.Lambda)
			}
			fmt.Fprintf(t.w, "        hint: %s\n        see: %s\n", x.Check.Hint, x.Check.page())
		}
		last = x.Check.ID
	}
}

// status returns a word of four letters, coloured on a terminal.
func (t textWriter) status(s Status) string {
	word := strings.ToUpper(string(s))
	if s == Waived {
		word = "WAIV"
	}
	if !t.o.Color {
		return word
	}
	code := map[Status]string{Pass: "32", Fail: "31;1", Warn: "33", Skip: "2", Waived: "36"}[s]
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

// size formats a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
