package verify

import (
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
	Verbose bool // each check and each fact, not only what was found
}

// WriteText writes reports for people: a table with a line for each zip, then each finding
// with Lambda's words for it, if they are known, and how to fix it.
func WriteText(w io.Writer, reports []Report, o TextOptions) error {
	t := textWriter{w: &errWriter{w: w}, o: o}
	t.table(reports)
	for _, r := range reports {
		t.report(r)
	}
	return t.w.err
}

type textWriter struct {
	w *errWriter
	o TextOptions
}

// An errWriter keeps the first error, so that not every write needs a check.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) Write(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	var n int
	n, e.err = e.w.Write(b)
	return n, e.err
}

// table writes one line for each zip. Colours would misalign the columns, so only the last
// one has them.
func (t textWriter) table(reports []Report) {
	tw := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	deploys, images := 0, 0
	for i, r := range reports {
		if r.Deploy != nil {
			deploys++
			continue
		}
		if r.Image != nil {
			images++
			continue
		}
		if i == 0 {
			fmt.Fprintln(tw, "ZIP\tARCH\tSIZE\tSTRUCTURE\tLAYOUT\tBINARY\tBOOT\tRESULT")
		}
		arch := string(cmp.Or(r.Program, r.Arch, "any"))
		fmt.Fprintf(tw, "%s\t%s\t%s", printer.Line(r.Path), arch, size(r.Size))
		for _, l := range []Layer{Structure, Layout, Binary, Boot} {
			fmt.Fprintf(tw, "\t%s", r.layer(l))
		}
		fmt.Fprintf(tw, "\t%s\n", t.result(r))
	}
	tw.Flush()
	if images > 0 {
		if images+deploys < len(reports) {
			fmt.Fprintln(t.w)
		}
		fmt.Fprintln(tw, "IMAGE\tARCH\tSIZE\tIMAGE\tBINARY\tBOOT\tRESULT")
		for _, r := range reports {
			if r.Image != nil {
				fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", printer.Line(r.Path), cmp.Or(string(r.Program), "any"), size(r.Image.Unpacked), r.layer(InImage), r.layer(Binary), r.layer(Boot), t.result(r))
			}
		}
		tw.Flush()
	}
	if deploys == 0 {
		return
	}
	if deploys < len(reports) {
		fmt.Fprintln(t.w)
	}
	fmt.Fprintln(tw, "DEPLOY FILE\tKIND\tFUNCTIONS\tCHECKS\tRESULT")
	for _, r := range reports {
		if r.Deploy != nil {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", printer.Line(r.Path), r.Deploy.Kind, r.Deploy.Functions, r.layer(Deploy), t.result(r))
		}
	}
	tw.Flush()
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

// report writes what was found in one zip.
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
