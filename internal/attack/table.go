package attack

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// Places are where code of others runs; "PLACE/user" is the same when the
// caller is a plain user rather than root.
var places = []struct{ name, what string }{
	{"sandbox", "a build by the engine sandbox"},
	{"docker", "a build by docker"},
	{"podman", "a build by podman"},
	{"boot", "the boot check"},
	{"invoke", "an invocation of a static program"},
	{"script", "an invocation of a script"},
}

// unmended begins the reason of what is open and should not be.
const unmended = "not closed yet"

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

// parseOpenings reads lines of three fields with tabs between: the attempt,
// the places with spaces between, and the reason. One that begins with "#" is
// a comment.
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

// FormatOpenings writes the table as open.tsv has it.
func FormatOpenings(all []Opening) string {
	var b strings.Builder
	b.WriteString("# What succeeds, where, and why. go test ./internal/endtoend -run TestAttack -update\n")
	for _, o := range all {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", o.Attempt, strings.Join(o.Places, " "), o.Why)
	}
	return b.String()
}

// Record returns the table with what succeeded in a place in place of what it
// says of that. New attempts get the reason "not closed yet".
func Record(table []Opening, place string, succeeded []string) []Opening {
	var all []Opening
	for _, o := range table {
		o.Places = slices.DeleteFunc(slices.Clone(o.Places), func(p string) bool { return p == place })
		if slices.Contains(succeeded, o.Attempt) {
			o.Places = append(o.Places, place)
			slices.SortFunc(o.Places, comparePlaces)
		}
		if len(o.Places) > 0 {
			all = append(all, o)
		}
	}
	for _, id := range succeeded {
		if !slices.ContainsFunc(all, func(o Opening) bool { return o.Attempt == id }) {
			all = append(all, Opening{id, []string{place}, unmended})
		}
	}
	slices.SortFunc(all, func(a, b Opening) int { return strings.Compare(a.Attempt, b.Attempt) })
	return all
}

// comparePlaces puts places into the order of the table, root first.
func comparePlaces(a, b string) int {
	rank := func(place string) int {
		name, user, _ := strings.Cut(place, "/")
		i := slices.IndexFunc(places, func(p struct{ name, what string }) bool { return p.name == name })
		return 2*i + len(user)/4
	}
	return rank(a) - rank(b)
}

// Expected returns the attempts that the table says succeed in a place, by
// name.
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
