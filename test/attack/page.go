//go:build linux

package attack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Page writes docs/isolation.md from the table of what is open.
func Page(table []Opening) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `# How builds and functions are isolated from the machine

<!-- Generated: go test ./test/attack -run IsolationPage -update -->

A test makes %d attempts to get out of each place where bootzip runs untrusted
code. It makes them twice, with bootzip started by root and by a plain user. This
page lists the attempts that succeed; the test fails if there are more or fewer. In
the table, a place in **bold** is open in both cases. "(root)" and "(user)" mark a
place that is open only if that user starts bootzip.

The code shares the machine's kernel. A vulnerability in the kernel is a way out
that no test finds, so run code that you do not trust at all in a virtual machine.

No attempt covers memory that only the kernel holds. If a plain user starts bootzip
and there is no control group, a function can keep more than its memory size in the
buffers of sockets and pipes, in memfds that are in transit through a Unix socket or
open in a thread with its own descriptor table, and in shared pages that it has mapped
and then dropped (MADV_DONTNEED). Where invoke reports that a control group bounds
memory, as it usually does for root, the kernel counts all of these.

`, len(All()))
	for _, p := range places {
		fmt.Fprintf(&b, "- **%s** is %s.\n", p.name, p.what)
	}
	for _, part := range []struct {
		title string
		open  func(Opening) bool
	}{
		{"Open by design", func(o Opening) bool { return o.Why != notClosed }},
		{"Not closed yet", func(o Opening) bool { return o.Why == notClosed }},
	} {
		rows := slices.DeleteFunc(slices.Clone(table), func(o Opening) bool { return !part.open(o) })
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| attempt | what the code can do | where | why |\n|---|---|---|---|\n", part.title)
		for _, o := range rows {
			a, err := Find(o.Attempt)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Attempt, a.What, strings.Join(inWords(o.Places), ", "), o.Why)
		}
	}
	b.WriteString("\n## All attempts\n\n")
	for _, a := range slices.SortedFunc(slices.Values(All()), func(a, b Attempt) int { return cmp.Compare(a.ID, b.ID) }) {
		fmt.Fprintf(&b, "- `%s`: %s\n", a.ID, a.What)
	}
	return b.String(), nil
}

// inWords formats a list of places, with root and a plain user joined into one entry.
func inWords(list []string) (words []string) {
	for _, p := range places {
		root, user := slices.Contains(list, p.name), slices.Contains(list, p.name+"/user")
		switch {
		case root && user:
			words = append(words, "**"+p.name+"**")
		case root:
			words = append(words, p.name+" (root)")
		case user:
			words = append(words, p.name+" (user)")
		}
	}
	return words
}
