package verify

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Update makes tests write the pages instead of comparing them.
var Update = flag.Bool("update", false, "write docs/checks.md and docs/failures.md")

// WriteChecks writes the table of checks as the Markdown page docs/checks.md.
func WriteChecks(w io.Writer) error {
	e := bufio.NewWriter(w)
	fmt.Fprint(e, `# What verify checks

<!-- Made from the table of checks in the code: go test ./verify -run ChecksPage -update -->

`+"`bootzip verify` checks what was built, `bootzip check FILE.zip`"+` any zip made by any tool. Each check has an id, which
names the fault that it finds. It ends as pass, fail, warn, waived or skip; a skip is never a pass.

A rule in bootzip.yaml can raise, lower or waive a check for one function, and must give a reason, which the
report shows. Checks that are marked as fixed cannot be lowered or waived: after such a fault nothing else can be
examined, Lambda could not start the function at all, or Lambda itself sets the limit.

"Lambda says" are Lambda's own words for the fault, from AWS's documentation, its open-source emulator and issue
threads. Where they are missing, we do not know what Lambda does: the check is then our policy.
`)
	titles := map[Layer]string{
		Structure: "Structure: the bytes of the zip",
		Layout:    "Layout: the files that Lambda will find",
		Binary:    "Binary: the programs among them",
		Boot:      "Boot: starting it",
		InImage:   "Image: a function as an image",
		Deploy:    "Deploy: deploy files",
	}
	for _, l := range []Layer{Structure, Layout, Binary, Boot, InImage, Deploy} {
		fmt.Fprintf(e, "\n## %s\n\n| id | finding | proves that |\n|---|---|---|\n", titles[l])
		for _, c := range Checks() {
			if c.Layer == l {
				fmt.Fprintf(e, "| [`%s`](#%s) | %s | %s |\n", c.ID, c.ID, c.weight(), cell(c.Proves))
			}
		}
	}
	for _, c := range Checks() {
		fmt.Fprintf(e, "\n### %s\n\nProves that %s.\n\n- A finding: %s.\n", c.ID, c.Proves, c.weight())
		if c.Lambda != "" {
			fmt.Fprintf(e, "- Lambda says: `%s`\n", strings.ReplaceAll(c.Lambda, "`", "'"))
		}
		fmt.Fprintf(e, "- To fix it: %s.\n", c.Hint)
	}
	return e.Flush()
}

// weight says what a finding means.
func (c Check) weight() string {
	word := "fails"
	if c.Severity == SeverityWarn {
		word = "warns"
	}
	if c.Fixed {
		word += ", fixed"
	}
	return word
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
