package compare

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

// classify finds what a string that differs looks like: its values, of the
// first class that has any.
func (p piece) classify() (class, []string) {
	all := p.before + p.text + p.after
	for k, pattern := range []*regexp.Regexp{timePattern, pathPattern, versionPattern} {
		var values []string
		for _, at := range pattern.FindAllStringIndex(all, -1) {
			value := all[at[0]:at[1]]
			switch {
			case at[1] <= len(p.before), at[0] >= len(p.before)+len(p.text):
			case class(k) == classTime && !timeStandsAlone(all, at):
			case class(k) == classPath && !p.isPath(all, at[0]):
			case !slices.Contains(values, value):
				values = append(values, value)
			}
		}
		if len(values) > 0 {
			return class(k), values
		}
	}
	return classText, []string{p.value()}
}

// timeStandsAlone is false for part of a longer number.
func timeStandsAlone(s string, at []int) bool {
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
	const most = 100
	text := p.text
	if p.before != "" {
		text = "…" + text
	}
	if p.after != "" && len(text) < most {
		text += "…"
	}
	return printable(text, most)
}
