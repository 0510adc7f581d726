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
	Check Check  // would have caught it
	Hint  string // what to do
}

var glibcVersion = regexp.MustCompile(`GLIBC_2\.(\d+)`)

// quotes replaces variants of quotation marks by one, also those that are escaped in JSON. It
// writes a CR in a line as shells show it.
var quotes = strings.NewReplacer("\u2018", "'", "\u2019", "'", "`", "'", `\u0027`, "'", `\u0060`, "'", `\u0022`, `"`, "\r\n", "\n", "\r", `\r`)

// Explain returns the likely causes of a message from Lambda's log, which may have lines
// around it. The most likely cause comes first, each with the check that would have caught
// it. It returns nothing for an unknown message.
func Explain(text string) []Explanation {
	low := strings.ToLower(quotes.Replace(text))
	list := explain(low, sayings)
	if len(list) == 0 { // a table may have broken a line
		list = explain(strings.Join(strings.Fields(low), " "), sayings)
	}
	if len(list) == 0 {
		list = explain(low, vague)
	}
	for i := range list {
		if m := glibcVersion.FindStringSubmatch(text); m != nil && list[i].Check.ID == idGlibc {
			list[i].Cause += fmt.Sprintf(": glibc 2.%s is asked for; al2023 has 2.%d, al2 has 2.%d", m[1], imageOf(project.AL2023).glibc, imageOf(project.AL2).glibc)
		}
	}
	return list
}

func explain(low string, sayings []saying) []Explanation {
	var list []Explanation
	seen := map[string]bool{}
	said := false
	for _, s := range sayings {
		if s.says != nil {
			said = s.says.MatchString(low) && (s.not == nil || !s.not.MatchString(low))
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
