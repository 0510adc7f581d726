package verify

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// An Explanation is a likely cause of a message.
type Explanation struct {
	Cause string
	Check Check  // the check that would have caught it
	Hint  string // what to do
}

var glibcVersion = regexp.MustCompile(`GLIBC_2\.(\d+)`)

// broken matches the place where a table, such as SAM's of events, has broken a line.
var broken = regexp.MustCompile(`[ \t]*\n[ \t│|]+`)

// quotes replaces variants of quotation marks, including those escaped in JSON, with plain
// ones. It writes a CR inside a line as \r, as shells show it.
var quotes = strings.NewReplacer("\u2018", "'", "\u2019", "'", "`", "'", `\u0027`, "'", `\u0060`, "'", `\u0022`, `"`, "\r\n", "\n", "\r", `\r`)

// Explain returns the likely causes of a message from Lambda's log, which may have lines
// around it. The most likely cause comes first, each with the check that would have caught
// it. It returns nothing for an unknown message.
func Explain(text string) []Explanation {
	low := strings.ToLower(quotes.Replace(text))
	list := explain(low, sayings)
	if len(list) == 0 {
		list = explain(broken.ReplaceAllString(low, " "), sayings)
	}
	if len(list) == 0 {
		list = explain(low, vague)
	}
	for i := range list {
		if m := glibcVersion.FindStringSubmatch(text); m != nil && list[i].Check.ID == idGlibc {
			list[i].Cause += fmt.Sprintf(": glibc 2.%s is needed; al2023 has 2.%d, al2 has 2.%d", m[1], imageOf(project.AL2023).glibc, imageOf(project.AL2).glibc)
		}
	}
	return list
}

// saidIn reports whether a text has the message, on a line that s.not does not match. The
// text must be in lower case.
func (s saying) saidIn(low string) bool {
	if s.unless != nil && s.unless().MatchString(low) {
		return false
	}
	for _, at := range s.says().FindAllStringIndex(low, -1) {
		from, to := strings.LastIndexByte(low[:at[0]], '\n')+1, len(low)
		if end := strings.IndexByte(low[at[1]:], '\n'); end >= 0 {
			to = at[1] + end
		}
		if s.not == nil || !s.not().MatchString(low[from:to]) {
			return true
		}
	}
	return false
}

func explain(low string, sayings []saying) []Explanation {
	var list []Explanation
	seen := map[string]bool{}
	said := false
	for _, s := range sayings {
		if s.says != nil {
			said = s.saidIn(low)
		}
		if !said || seen[s.id] {
			continue
		}
		seen[s.id] = true
		if check, ok := CheckByID(s.id); ok {
			list = append(list, Explanation{Cause: s.why, Check: check, Hint: cmp.Or(s.hint, check.Hint)})
		}
	}
	return list
}
