package diff

import (
	"slices"
	"strings"
	"testing"
)

func TestChangedLines(t *testing.T) {
	for _, test := range []struct {
		name, a, b string
		want       []Field
	}{
		{"equal", "one\n", "one\n", nil},
		{"changed", "mode = slow\nname = x\n", "mode = quick\nname = x\n", []Field{{"line 1", "mode = slow", "mode = quick"}}},
		{"removed", "1\n2\n3\n", "1\n3\n", []Field{{"line 2", "2", "absent"}}},
		{"added", "1\n3\n", "1\n2\n3\n", []Field{{"line 2 of B", "absent", "2"}}},
		{"two places", "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n", "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
			[]Field{{"line 1", "1", "one"}, {"line 10", "ten", "10"}}},
		{"more lines than before", "a\nx\n", "b\nc\nx\n", []Field{{"line 1", "a", "b"}, {"line 2 of B", "absent", "c"}}},
		{"order", "one\ntwo\n", "two\none\n", []Field{{"line 1", "one", "absent"}, {"line 2 of B", "absent", "one"}}},
		{"all", "", "one\n", []Field{{"line 1 of B", "absent", "one"}}},
		{"no newline", "one", "one\n", []Field{{"line 1", "one (no newline at the end)", "one"}}},
		{"no newline in B", "a\nb\n", "a\nc", []Field{{"line 2", "b", "c (no newline at the end)"}}},
		// Lines that look like those of the diff.
		{"marks", "-- A\n@@ -1 @@\n\\ No\n", "++ B\n@@ -2 @@\n\\ Yes\n",
			[]Field{{"line 1", "-- A", "++ B"}, {"line 2", "@@ -1 @@", "@@ -2 @@"}, {"line 3", `\ No`, `\ Yes`}}},
		{"empty line", "a\n\n", "a\nb\n", []Field{{"line 2", "", "b"}}},
		{"long line", strings.Repeat("x", 500) + "one" + strings.Repeat("y", 500), strings.Repeat("x", 500) + "two" + strings.Repeat("y", 500),
			[]Field{{"line 1", "…xxxxxxxxxxxxxxxxoneyyyyyyyyyyyyyyyy…", "…xxxxxxxxxxxxxxxxtwoyyyyyyyyyyyyyyyy…"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := changedLines([]byte(test.a), []byte(test.b)); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	long := strings.Repeat("x", 50)
	for _, test := range [][4]string{
		{"one", "two", "one", "two"},
		{"hello world", "hello there", "hello world", "hello there"},
		{long + "0123456789abcdefABC" + long, long + "0123456789abcdefOTHER" + long,
			"…0123456789abcdefABCxxxxxxxxxxxxxxxx…", "…0123456789abcdefOTHERxxxxxxxxxxxxxxxx…"},
		{long, long + "end", "…xxxxxxxxxxxxxxxx", "…xxxxxxxxxxxxxxxxend"},
		{"aaa", "aaaa", "aaa", "aaaa"},
		{strings.Repeat("ä", 20) + "1", strings.Repeat("ä", 20) + "2", "…ääääääää1", "…ääääääää2"},
		{"1" + strings.Repeat("aä", 20), "2" + strings.Repeat("aä", 20), "1aäaäaäaäaäa…", "2aäaäaäaäaäa…"},
	} {
		if a, b := narrow(test[0], test[1]); a != test[2] || b != test[3] {
			t.Errorf("narrow(%q, %q) = %q, %q", test[0], test[1], a, b)
		}
	}
}

func TestStringLines(t *testing.T) {
	if got, want := string(stringLines([]byte("tiny\x00\x01text of its own\x00\x02\nähnlich und gut\x7f"))), "text of its own\nhnlich und gut\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		a, b  string
		wantA string
		wantB string
		ok    bool
	}{
		{"built 2026-11-22T10:20:30Z", "built 2026-11-22T10:20:31Z", "2026-11-22T10:20:30Z", "2026-11-22T10:20:31Z", true},
		{"2026/11/22 10:20:30", "2026/11/23 10:20:30", "2026/11/22 10:20:30", "2026/11/23 10:20:30", true},
		{"20261122T102030Z", "20261122T102031Z", "20261122T102030Z", "20261122T102031Z", true},
		{"Nov  1 2026", "Nov 21 2026", "Nov  1 2026", "Nov 21 2026", true},
		{"Sun Nov 22 10:20:30 2026", "Sun Nov 22 10:20:31 2026", "Nov 22 10:20:30 2026", "Nov 22 10:20:31 2026", true},
		{"at 1763806830.", "at 1763806831.", "1763806830", "1763806831", true},
		{"none", "built 2026-11-22", "absent", "2026-11-22", true},
		{"none", "number 1763806830", "absent", "1763806830", false},     // any number
		{"none", "2006-01-02T15:04:05Z07:00", "absent", "absent", false}, // a layout
		{"2018-06-01/one", "2018-06-01/two", "absent", "absent", false},  // both have it
		{"version v1.2.3", "version v1.2.4", "absent", "absent", false},  // no time
		{"id 17638068301", "id 9", "1763806830", "absent", false},        // part of a number
		{"aaaa 15:04:05", "aaaa 10:20:30", "absent", "10:20:30", true},   // not the layout
		{"2026-13-40 and", "2026-14-41 and", "absent", "absent", false},  // no such day
		{"2026-11-22 a", "2026-11-22 b 2026-11-23", "absent", "2026-11-23", true},
	} {
		if a, b, ok := times(Field{"", test.a, test.b}); a != test.wantA || b != test.wantB || ok != test.ok {
			t.Errorf("times of %q and %q are %q, %q, %v", test.a, test.b, a, b, ok)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                "plain",
		"a\x1b[m\u202eb\xff":   "a\uFFFD[m\uFFFDb\uFFFD",
		strings.Repeat("ä", 9): "äää…",
	} {
		if got := printable(in, 10); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -123456: "-123,456", 1234567: "1,234,567", -12: "-12"} {
		if got := count(n); got != want {
			t.Errorf("%d becomes %q", n, got)
		}
	}
}

// Every cause has its place, and its hint.
func TestHints(t *testing.T) {
	seen := map[string]bool{}
	for _, h := range hints {
		if h.text == "" || seen[h.id] {
			t.Errorf("cause %q has no hint, or two", h.id)
		}
		seen[h.id] = true
	}
	all := []cause{causeLanguage, causeArchitecture, causeGoVersion, causeCompiler, causeCPULevel, causeModule, causeGoFlags, causePath,
		causeTime, causeCommit, causeSource, causeStripped, causeBuildID, causeAdded, causeRemoved, causeRenamed, causeContent, causeLineEndings,
		causeMode, causeOrder, causeZipTime, causeZipTool, causeCompressor}
	for i, c := range all {
		if int(c) != i || len(hints) != len(all) {
			t.Errorf("cause %q is not in its place, or is not listed here", hints[c].id)
		}
	}
}
