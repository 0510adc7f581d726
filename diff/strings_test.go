package diff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tokensOf returns the tokens of a text, in order.
func tokensOf(text string, lines bool) []string {
	var list []string
	t := newTokenizer(lines)
	t.emit = func(token []byte, _, _ bool) { list = append(list, string(token)) }
	t.write([]byte(text))
	t.end()
	return list
}

// numbers is text without repetitions.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "word%dof", i*i*7919)
	}
	return b.String()
}

func TestTokens(t *testing.T) {
	long := numbers(1000)
	for _, text := range []string{long, strings.Repeat("a", 2000), "short text"} {
		if got := strings.Join(tokensOf(text, false), ""); got != text {
			t.Errorf("tokens together are %.100q, not %.100q", got, text)
		}
	}
	for _, token := range tokensOf(long, false) {
		if len(token) > longestToken {
			t.Errorf("token of %d characters", len(token))
		}
	}
	if got := tokensOf("tiny\x00\x01text of its own\x00\x02\x03", false); !slices.Equal(got, []string{"text of its own"}) {
		t.Errorf("runs %q", got)
	}
	if got := tokensOf("a\r\n\r\nline two\r\nähnlich\n", true); !slices.Equal(got, []string{"a", "line two", "ähnlich"}) {
		t.Errorf("lines %q", got)
	}
}

// A text that is longer by some characters has the same tokens, but for those
// around the place.
func TestTokensFindTogetherAgain(t *testing.T) {
	long := numbers(2000)
	at := len(long) / 2
	a, b := tokensOf(long, false), tokensOf(long[:at]+"INSERTED"+long[at:], false)
	if len(a) < 100 {
		t.Fatalf("only %d tokens", len(a))
	}
	if only := without(b, a); len(only) > 3 || !strings.Contains(strings.Join(only, ""), "INSERTED") {
		t.Errorf("tokens that are new: %q", only)
	}
}

func TestTokenSetIsBounded(t *testing.T) {
	var s tokenSet
	for i := range maxTokens + 10 {
		s.add([]byte{byte(i), byte(i >> 8), byte(i >> 16)}, true, true)
	}
	if !s.full || len(s.hashes) > maxTokens {
		t.Errorf("full %v, %d tokens", s.full, len(s.hashes))
	}
	s = tokenSet{}
	for range maxTokens + 10 {
		s.add([]byte("the same"), true, true)
	}
	if s.full || !s.has([]byte("the same")) {
		t.Error("a set of one token is full")
	}
}

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		before, text, after string
		begins              bool
		class               class
		want                []string
	}{
		{"", "built 2026-11-22T10:20:30Z", "", true, classTime, []string{"2026-11-22T10:20:30Z"}},
		{"built 2026-", "11-22 10:20:30 +01", "00 here", true, classTime, []string{"2026-11-22 10:20:30 +0100"}},
		{"", "Sun, 22 Nov 2026 10:20:30 GMT", "", true, classTime, []string{"Sun, 22 Nov 2026 10:20:30"}},
		{"", "Sun Nov 22 10:20:30 UTC 2026", "", true, classTime, []string{"Sun Nov 22 10:20:30 UTC 2026"}},
		{"", "Nov  1 2026", "", true, classTime, []string{"Nov  1 2026"}},
		{"", "20261122T102030Z", "", true, classTime, []string{"20261122T102030Z"}},
		{"", "at 1763806830.", "", true, classTime, []string{"1763806830"}},
		{"", "number 17638068301", "", true, classText, nil},
		{"", "2006-01-02T15:04:05Z07:00", "", true, classText, nil},
		{"", "x/mod v0.0.0-20251223195805-0123456789ab", "", true, classVersion, []string{"v0.0.0-20251223195805-0123456789ab"}},
		{"2026-11-22 before", "only this", "2026-11-23", true, classText, nil},
		{"", "/home/ann/project/main.go", "", true, classPath, []string{"/home/ann/project/main.go"}},
		{"/home/", "ann/project/", "main.go", true, classPath, []string{"/home/ann/project/main.go"}},
		{"", `C:\Users\ann\main.go`, "", true, classPath, []string{`C:\Users\ann\main.go`}},
		{"", "/tmp/build1763806830/x.c", "", true, classPath, []string{"/tmp/build1763806830/x.c"}},
		{"/usr/share/mime/types", "another string", "", false, classText, nil},
		{"", "example.com/src/main.go", "", true, classText, nil},
		{"", "/2018-06-01/runtime/", "", true, classTime, []string{"2018-06-01"}},
		{"", "vendor/golang.org/x/net", "", true, classText, nil},
		{"", "go1.26.8", "", true, classVersion, []string{"go1.26.8"}},
		{"", "library v1.2.3-rc1", "", true, classVersion, []string{"v1.2.3-rc1"}},
	} {
		p := piece{before: test.before, text: test.text, after: test.after, begins: test.begins}
		values := p.classify()
		for k := range classText {
			var want []string
			if k == test.class {
				want = test.want
			}
			if !slices.Equal(values[k], want) {
				t.Errorf("%q: %s %q, not %q", test.before+"|"+test.text+"|"+test.after, classNames[k], values[k], want)
			}
		}
	}
}

// What stands in both programs in other surroundings is no difference.
func TestStringsInOtherSurroundings(t *testing.T) {
	read := func(s string) *program {
		p := &program{content: content{strings.NewReader(s), int64(len(s))}}
		p.layOut()
		if _, err := p.read(context.Background()); err != nil {
			t.Fatal(err)
		}
		return p
	}
	c := &comparison{}
	a := "\x00one text\x00/home/ann/x.go and one\x00"
	b := "\x00one text\x00/home/ann/x.go and two\x00"
	f, err := c.stringData(context.Background(), "", read(a), read(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.a[classPath])+len(f.b[classPath]) > 0 || !slices.Equal(f.a[classText], []string{"/home/ann/x.go and one"}) {
		t.Errorf("%q", f.a)
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
			t.Errorf("%q and %q become %q and %q", test[0], test[1], a, b)
		}
	}
}

// Ten digits are a time where both sides have such, and may be any number
// where one has.
func TestNumbersAsTimes(t *testing.T) {
	for b, want := range map[string]int{"1763806831": 1, "nothing of the kind": 0} {
		c := &comparison{}
		f := findings{}
		f.a[classTime] = []string{"1763806830"}
		if b[0] == '1' {
			f.b[classTime] = []string{b}
		}
		p := &program{}
		p.Format = "ELF"
		c.explainStrings("", p, p, f)
		if len(c.causes) != want {
			t.Errorf("%q: causes %v", b, c.causes)
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
