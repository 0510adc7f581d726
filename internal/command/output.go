package command

// The rules of what is printed, obeyed by every command:
//
//   - Results go to standard output, all else to standard error.
//   - An error is one message and, where a person can fix it, a line
//     "hint: …", after "Error: ".
//   - Colour is used on a terminal only, and not if NO_COLOR is set
//     (no-color.org).
//   - What comes from a file or a server is made harmless first (package
//     printer). What a function prints is shown on a terminal and on GitHub
//     Actions with "| " before each line; a file or another program gets it
//     unchanged.
//   - A table can also be printed as JSON.

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/bootzip/bootzip/internal/printer"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" }

// isShown reports whether a terminal acts on what is written to a file, or GitHub Actions,
// which reads commands from a job's output.
func isShown(f *os.File) bool {
	info, err := f.Stat()
	return isTerminal(f) || os.Getenv("GITHUB_ACTIONS") == "true" && err == nil && !info.Mode().IsRegular()
}

// useColor reports whether results may be coloured.
func useColor() bool {
	_, refused := os.LookupEnv("NO_COLOR")
	return !refused && isTerminal(os.Stdout)
}

// note prints a message to standard error.
func note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if isShown(os.Stderr) {
		text = printer.Text(text)
	}
	fmt.Fprintf(os.Stderr, "bootzip: %s\n", text)
}

// A table is what a command prints: rows of cells in columns.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table to standard output; with the format "json", value.
func (t *table) print(format string, value any) error {
	if format == "json" {
		return printJSON(value)
	}
	rows := t.rows
	if t.header != nil {
		rows = append([][]string{t.header}, rows...)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

func printJSON(value any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// choice adds a flag to a command, which then refuses unknown values before it runs. The
// first is the default.
func choice(c *cobra.Command, value *string, name, usage string, known ...string) {
	c.Flags().StringVar(value, name, known[0], usage)
	complete(c, name, known...)
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := oneOf(name, *value, known...); err != nil {
			return err
		}
		return run(c, args)
	}
}

// tableFormat adds --format to a command that prints a table.
func (a *app) tableFormat(c *cobra.Command) {
	choice(c, &a.format, "format", "text or json", "text", "json")
}

// enumerate writes words as in "a, b or c".
func enumerate(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// size writes a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 10e6:
		return fmt.Sprintf("%d MB", (n+5e5)/1e6)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%d kB", (n+500)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
