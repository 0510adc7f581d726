//go:build linux

package attack

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/isolation.md")

// docs/isolation.md matches the table.
func TestIsolationPage(t *testing.T) {
	table, err := Openings()
	if err != nil {
		t.Fatal(err)
	}
	want, err := Page(table)
	if err != nil {
		t.Fatal(err)
	}
	const page = "../../docs/isolation.md"
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says: go test ./test/attack -run IsolationPage -update", page)
	}
}

// Each row names an existing attempt and existing places, and has a reason.
func TestTable(t *testing.T) {
	table, err := Openings()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range table {
		if _, err := Find(o.Attempt); err != nil {
			t.Error(err)
		}
		if o.Why == "" || len(o.Places) == 0 {
			t.Errorf("%s has no reason or no place", o.Attempt)
		}
		for _, p := range o.Places {
			name := strings.TrimSuffix(p, "/user")
			if !slices.ContainsFunc(places, func(known place) bool { return known.name == name }) {
				t.Errorf("%s: there is no place %q", o.Attempt, p)
			}
		}
	}
	if text := FormatOpenings(table); text != openText {
		t.Error("open.tsv is not as FormatOpenings writes it")
	}
	if !slices.IsSortedFunc(table, compareOpenings) {
		t.Error("open.tsv is not sorted")
	}
}

// Ids are unique, and each attempt has a description.
func TestAttempts(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range All() {
		if a.ID == "" || a.What == "" || a.Try == nil || seen[a.ID] {
			t.Errorf("attempt %+v is incomplete or there twice", a)
		}
		seen[a.ID] = true
	}
	if len(seen) < 60 {
		t.Errorf("there are %d attempts", len(seen))
	}
}

// Record replaces what is known about one place and leaves the others unchanged.
func TestRecord(t *testing.T) {
	table := []Opening{{"a", []string{"boot", "invoke"}, "why"}, {"b", []string{"boot"}, "why"}}
	got := FormatOpenings(Record(table, "boot", []string{"a", "c"}))
	want := FormatOpenings([]Opening{{"a", []string{"boot", "invoke"}, "why"}, {"c", []string{"boot"}, notClosed}})
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	// A reason holds only for the places for which it was given.
	got = FormatOpenings(Record(table, "boot/user", []string{"a"}))
	want = FormatOpenings([]Opening{{"a", []string{"boot/user"}, notClosed}, {"a", []string{"boot", "invoke"}, "why"}, {"b", []string{"boot"}, "why"}})
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}
