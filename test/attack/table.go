package attack

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

type place struct{ name, what string }

// places are where untrusted code runs. "PLACE/user" is the same place if the
// caller is a plain user rather than root.
var places = []place{
	{"sandbox", "a build by the engine sandbox"},
	{"docker", "a build by docker"},
	{"podman", "a build by podman"},
	{"boot", "the boot check"},
	{"invoke", "an invocation of a static program"},
	{"script", "an invocation of a script"},
}

// notClosed is the reason for what is open and should not be.
const notClosed = "not closed yet"

// An Opening is an attempt that succeeds in some places.
type Opening struct {
	Attempt string
	Places  []string // "boot", "boot/user" …
	Why     string
}

//go:embed open.tsv
var openText string

// Openings returns the table of what is open, by attempt.
func Openings() ([]Opening, error) { return parseOpenings(openText) }

// parseOpenings reads lines of three tab-separated fields: the attempt, the places
// with spaces between them, and the reason. A line that begins with "#" is a comment.
func parseOpenings(text string) ([]Opening, error) {
	var all []Opening
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("open.tsv: %q has %d fields, want 3", line, len(fields))
		}
		all = append(all, Opening{fields[0], strings.Fields(fields[1]), fields[2]})
	}
	return all, nil
}

// FormatOpenings returns the table in the format of open.tsv.
func FormatOpenings(all []Opening) string {
	var b strings.Builder
	b.WriteString("# What succeeds, where, and why. go test ./test/endtoend -run TestAttack -update\n")
	for _, o := range all {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", o.Attempt, strings.Join(o.Places, " "), o.Why)
	}
	return b.String()
}

// Record returns the table, updated with the attempts that succeeded in one place.
// An attempt may have several rows, for places with different reasons. One that
// newly succeeds gets the reason "not closed yet".
func Record(table []Opening, place string, succeeded []string) []Opening {
	var all []Opening
	known := map[string]bool{}
	for _, o := range table {
		open := slices.Contains(succeeded, o.Attempt)
		known[o.Attempt] = known[o.Attempt] || open && slices.Contains(o.Places, place)
		o.Places = slices.DeleteFunc(slices.Clone(o.Places), func(p string) bool { return p == place && !open })
		all = append(all, o)
	}
	for _, id := range succeeded {
		if known[id] {
			continue
		}
		i := slices.IndexFunc(all, func(o Opening) bool { return o.Attempt == id && o.Why == notClosed })
		if i < 0 {
			i, all = len(all), append(all, Opening{Attempt: id, Why: notClosed})
		}
		all[i].Places = append(all[i].Places, place)
		slices.SortFunc(all[i].Places, comparePlaces)
	}
	all = slices.DeleteFunc(all, func(o Opening) bool { return len(o.Places) == 0 })
	slices.SortStableFunc(all, compareOpenings)
	return all
}

func compareOpenings(a, b Opening) int {
	return cmp.Or(strings.Compare(a.Attempt, b.Attempt), strings.Compare(a.Why, b.Why))
}

// comparePlaces orders places as in the list places, root first.
func comparePlaces(a, b string) int {
	rank := func(full string) int {
		name, _, user := strings.Cut(full, "/")
		i := 2 * slices.IndexFunc(places, func(p place) bool { return p.name == name })
		if user {
			i++
		}
		return i
	}
	return rank(a) - rank(b)
}

// Expected returns the ids of the attempts that succeed in a place according to
// the table, sorted.
func Expected(table []Opening, place string) []string {
	var ids []string
	for _, o := range table {
		if slices.Contains(o.Places, place) {
			ids = append(ids, o.Attempt)
		}
	}
	slices.Sort(ids)
	return ids
}
