package command

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/cli.md")

// TestCommandsPage compares the page of the commands with the program's help.
func TestCommandsPage(t *testing.T) {
	const name = "../../docs/cli.md"
	want := commandsPage()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is not what the commands are (%v): go test ./internal/command -run CommandsPage -update", name, err)
	}
}

func commandsPage() []byte {
	var b bytes.Buffer
	b.WriteString("# Commands\n\n<!-- Made from the commands: go test ./internal/command -run CommandsPage -update -->\n")
	root := (&app{caller: "bootzip"}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	fmt.Fprintf(&b, "%s\n\n", root.Long)
	b.WriteString("With Mage, most commands are targets of the same name, and flags have one dash: `mage verify -strict`. `cache`, `completion`, `debug`, `doctor` and `new` are not targets.\n")
	fmt.Fprintf(&b, "\n## Flags of all commands\n\n%s", flagsTable(root.PersistentFlags()))
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n", strings.TrimSuffix(g.Title, ":"))
		for _, c := range root.Commands() {
			if c.GroupID == g.ID && c.IsAvailableCommand() {
				describe(&b, c)
			}
		}
	}
	return b.Bytes()
}

// describe writes a command, and those below it.
func describe(b *bytes.Buffer, c *cobra.Command) {
	fmt.Fprintf(b, "\n### %s\n\n", c.CommandPath())
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	fmt.Fprintf(b, "%s\n\n```text\n%s\n```\n", strings.TrimSpace(prose(text)), c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", unindent(c.Example))
	}
	if table := flagsTable(c.NonInheritedFlags()); table != "" {
		fmt.Fprintf(b, "\n%s", table)
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			describe(b, below)
		}
	}
}

// prose returns a help text as Markdown, in which indented lines are unchanged.
func prose(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, "\t") || strings.HasPrefix(paragraph, "  ") {
			paragraph = "```text\n" + unindent(paragraph) + "\n```"
		} else {
			paragraph = escaped(paragraph)
		}
		paragraphs = append(paragraphs, paragraph)
	}
	return strings.Join(paragraphs, "\n\n")
}

var address = regexp.MustCompile(`https?://[\w./:-]*[\w/]`)

// escaped returns a text in which Markdown finds no markup.
func escaped(text string) string {
	return address.ReplaceAllString(strings.NewReplacer("|", "\\|", "<", "\\<", "*", "\\*").Replace(text), "`$0`")
}

func unindent(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(line, "\n"), "\t"), "  "))
	}
	return strings.Join(lines, "\n")
}

func flagsTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, about := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			about += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, escaped(about))
	})
	if b.Len() == 0 {
		return ""
	}
	return "| flag | |\n|---|---|\n" + b.String()
}
