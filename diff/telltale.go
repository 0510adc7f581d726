package diff

import (
	"regexp"
	"slices"
	"strings"
)

// A class is what a string that differs looks like.
type class int

const (
	classTime class = iota
	classPath
	classVersion
	classText
	classes
)

var classNames = [classes]string{"time", "path", "version", "text"}

// Times as compilers, loggers and `date` write them. Ten digits are seconds
// since 1970, from 2017 to 2033.
var timePattern = regexp.MustCompile(
	`(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12]\d|3[01])(?:[T _][0-2]\d[:.-]?[0-5]\d(?:[:.-]?[0-5]\d)?(?:\.\d+)?(?: ?Z| ?UTC| ?[+-]\d\d:?\d\d)?)?` +
		`|20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[T.-]?[0-2]\d[0-5]\d(?:[0-5]\d)?Z?` +
		`|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3]?\d(?:,? [0-2]\d:[0-5]\d:[0-5]\d(?: [A-Z]{3,4})?)?,? (?:19|20)\d\d` +
		`|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?[0-3]?\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:19|20)\d\d(?: [0-2]\d:[0-5]\d(?::[0-5]\d)?)?` +
		`|[0-2]\d:[0-5]\d:[0-5]\d` +
		`|1[5-9]\d{8}`)

// Paths of a machine: below a folder that machines have, or from a drive.
var pathPattern = regexp.MustCompile(
	`(?:/(?:home|root|tmp|Users|usr|opt|var|private|build|builds|src|srv|mnt|data|work|workspace|workdir|go|app|code|github|__w|nix|runner|Volumes|snap)|\b[A-Za-z]:)` +
		`(?:[/\\][\w.+@~%=-]+)+`)

var versionPattern = regexp.MustCompile(`\bv\d+\.\d+\.\d+(?:[-+][\w.]+)?|\bgo1\.\d+(?:\.\d+|rc\d+|beta\d+)?|\b\d+\.\d+\.\d+(?:[-+~][\w.]+)?`)

// A piece is text that one side has and the other has not, with what stands
// around it in both, since a cut may fall inside of a value.
type piece struct {
	before, text, after string
	begins              bool // before is the beginning of its run
}

// A version that Go made of a commit has its time in it.
var pseudoVersion = regexp.MustCompile(`\bv\d+\.\d+\.\d+-(?:[\w.]+\.)?\d{14}-[0-9a-f]{12}`)

// patterns are looked for in this order: what is inside of a path is no time
// and no version.
var patterns = []struct {
	class   class
	pattern *regexp.Regexp
}{{classVersion, pseudoVersion}, {classPath, pathPattern}, {classTime, timePattern}, {classVersion, versionPattern}}

// classify finds the values in a piece that look like something.
func (p piece) classify() (values [classes][]string) {
	all := p.before + p.text + p.after
	var taken [][]int
	for _, k := range patterns {
		for _, at := range k.pattern.FindAllStringIndex(all, -1) {
			inside := slices.ContainsFunc(taken, func(t []int) bool { return at[0] < t[1] && t[0] < at[1] })
			switch value := all[at[0]:at[1]]; {
			case inside, at[1] <= len(p.before), at[0] >= len(p.before)+len(p.text):
			case k.class == classTime && !isTime(all, at):
			case k.class == classPath && !p.isPath(all, at[0]):
			default:
				taken = append(taken, at)
				if !slices.Contains(values[k.class], value) {
					values[k.class] = append(values[k.class], value)
				}
			}
		}
	}
	return values
}

// isTime is false for part of a longer number, and for the reference time by
// which Go programs say how a time is written (package time, "Layout").
func isTime(s string, at []int) bool {
	if v := s[at[0]:at[1]]; strings.Contains(v, "2006") || v == "15:04:05" {
		return false
	}
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	return !digit(at[0]-1) && !digit(at[1])
}

// isPath is false for the end of a path that is relative, as Go writes those
// of -trimpath, and where only what follows a path differs: Go's strings stand
// one behind the other.
func (p piece) isPath(all string, at int) bool {
	if at > 0 && (isWord(all[at-1]) || strings.IndexByte("/.-_@", all[at-1]) >= 0) {
		return false
	}
	return at >= len(p.before) || at == 0 && p.begins
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

var word = regexp.MustCompile(`[A-Za-z]{4}`)

// value is the text for a person, "" if it says nothing to one.
func (p piece) value() string {
	if !word.MatchString(p.text) {
		return ""
	}
	text := p.text
	if p.before != "" {
		text = "…" + text
	}
	if p.after != "" {
		text += "…"
	}
	return text
}

// around is how much is shown of what two texts have in common, on each side
// of the difference.
const around = 16

// narrow cuts off what two texts begin and end with alike.
func narrow(a, b string) (string, string) {
	n := min(len(a), len(b))
	from := 0
	for from < n && a[from] == b[from] {
		from++
	}
	to := 0
	for to < n-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	cut := func(s string) string {
		if to > around+len("…") {
			s = s[:len(s)-to+around] + "…"
		}
		if from > around+len("…") {
			s = "…" + s[from-around:]
		}
		return strings.ToValidUTF8(s, "") // where a character was cut
	}
	return cut(a), cut(b)
}
