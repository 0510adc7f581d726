// Package pages runs the commands in the documentation's pages, straight from their text.
package pages

import (
	"fmt"
	"regexp"
	"strings"
)

// A Block is a fenced block of commands, with the output that the page shows for it.
type Block struct {
	Line     int    // of the first command
	Commands string // for bash
	Prints   []string
	NotRun   string // why it is not run; empty if it is
}

// setup is the line that begins hidden commands, which end at a line "-->".
const setup = "<!-- setup"

var (
	fence  = regexp.MustCompile("^```([A-Za-z]*)$")
	reason = regexp.MustCompile(`^<!-- not run: (.+) -->$`)
)

// Blocks returns the blocks of commands on a page: those that begin with ```sh. A line
// <!-- not run: REASON --> before a block excludes it. A block ```text that follows has lines
// of its output, in order, where … stands for anything within a line. A comment <!-- setup
// has commands that readers need not see, which prepare what the next block assumes.
//
// Commands in any other form are an error, since they would not be run: a block without a
// kind, a block ```console, and indented code.
func Blocks(page string) (all []Block, err error) {
	var kind, why string
	var text []string
	start, open := 0, false // open: the output of the last commands may follow
	blank := true           // the previous line was blank
	for n, line := range strings.Split(page, "\n") {
		f := fence.FindStringSubmatch(strings.TrimSpace(line))
		indented := blank && start == 0 && strings.HasPrefix(line, "    ")
		blank = line == ""
		switch {
		case indented && f == nil:
			return nil, fmt.Errorf("line %d: indented code; write ```sh, ```text or another kind", n+1)
		case start > 0 && kind == setup && line == "-->":
			all = append(all, Block{Line: start, Commands: strings.Join(text, "\n")})
			start, why, open = 0, "", false
		case start > 0 && (f == nil || kind == setup):
			text = append(text, line)
		case line == setup:
			kind, start, text = setup, n+2, nil
		case f == nil:
			if m := reason.FindStringSubmatch(line); m != nil {
				why = m[1]
			} else if line != "" {
				why, open = "", false
			}
		case start == 0 && (f[1] == "" || f[1] == "console"):
			return nil, fmt.Errorf("line %d: a block without a kind; commands are ```sh, their output ```text", n+1)
		case start == 0:
			kind, start, text = f[1], n+2, nil
		default:
			switch {
			case kind == "sh":
				all = append(all, Block{Line: start, Commands: strings.Join(text, "\n"), NotRun: why})
			case kind == "text" && open:
				all[len(all)-1].Prints = text
			}
			start, why, open = 0, "", kind == "sh"
		}
	}
	if start > 0 {
		return nil, fmt.Errorf("the block at line %d has no end", start-1)
	}
	return all, nil
}

// Missing returns the first expected line that an output lacks after the lines before it;
// empty if the output has them all.
func (b Block) Missing(output string) string {
	lines := strings.Split(output, "\n")
	for _, want := range b.Prints {
		if strings.TrimSpace(want) == "" {
			continue
		}
		parts := strings.Split(strings.Join(strings.Fields(want), " "), "…")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		pattern := regexp.MustCompile(strings.Join(parts, ".*"))
		found := -1
		for i, line := range lines {
			if pattern.MatchString(strings.Join(strings.Fields(line), " ")) {
				found = i
				break
			}
		}
		if found < 0 {
			return want
		}
		lines = lines[found+1:]
	}
	return ""
}
