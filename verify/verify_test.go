package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

func TestMisuseIsAnErrorAndNotAReport(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.zip")
	if err := os.WriteFile(good, function().bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	rule := func(id, severity, reason string) verify.Options {
		return verify.Options{Rules: []project.CheckRule{{ID: id, Severity: severity, Reason: reason}}}
	}
	for _, c := range []struct {
		name, path string
		o          verify.Options
		want, hint string
	}{
		{"no such file", filepath.Join(dir, "none.zip"), verify.Options{}, "no such file", ""},
		{"a folder", dir, verify.Options{}, "not a regular file", "path of a zip"},
		{"unknown check", good, rule("elf-not-striped", "warn", "x"), `check "elf-not-striped" is unknown`, `did you mean "elf-not-stripped"?`},
		{"no check at all", good, rule("", "warn", "x"), `check "" is unknown`, "https://bootzip.github.io/bootzip/checks"},
		{"unknown severity", good, rule("elf-not-stripped", "ignore", "x"), `severity "ignore"`, "fail, warn or waive"},
		{"no reason", good, rule("elf-not-stripped", "waive", " "), "has no reason", "write down why"},
		{"fixed check", good, rule("bootstrap-missing", "waive", "x"), "cannot be lowered or waived", "fix the zip"},
		{"two rules", good, verify.Options{Rules: []project.CheckRule{{ID: "go-cgo", Severity: "warn", Reason: "x"}, {ID: "go-cgo", Severity: "fail", Reason: "x"}}}, "two rules", "leave one"},
		{"unknown architecture", good, verify.Options{Arch: "x86_64"}, `architecture "x86_64"`, "amd64"},
		{"unknown runtime", good, verify.Options{Runtime: "go1.x"}, `runtime "go1.x"`, "al2023"},
		{"unknown kind", good, verify.Options{Kind: "image"}, `kind "image"`, "function or layer"},
	} {
		_, err := verify.File(context.Background(), c.path, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("%s: error %v, hint %q", c.name, err, hint.Of(err))
		}
	}
	if _, err := verify.File(context.Background(), filepath.Join(dir, "none.zip"), verify.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file is %v", err)
	}
}

func TestRulesChangeWhatAFindingMeans(t *testing.T) {
	zip := func() []byte {
		return function(link("link", "nowhere"), extra(field(0xbeef, "?"))).bytes()
	}
	for _, c := range []struct {
		name         string
		rules        string // severities of file-link-target and zip-unknown-extra
		strict       bool
		link, field  verify.Status
		ok           bool
		showsReasons int
	}{
		{"as they are", "", false, verify.Fail, verify.Warn, false, 0},
		{"strict", "", true, verify.Fail, verify.Fail, false, 0},
		{"lowered", "warn", false, verify.Warn, verify.Warn, true, 1},
		{"waived", "waive", false, verify.Waived, verify.Warn, true, 1},
		{"waived, and raised", "waive fail", false, verify.Waived, verify.Fail, false, 2},
		{"waived, and left at warn in a strict run", "waive warn", true, verify.Waived, verify.Warn, true, 2},
		{"both waived in a strict run", "waive waive", true, verify.Waived, verify.Waived, true, 2},
	} {
		o := verify.Options{Arch: project.AMD64, Strict: c.strict}
		for i, s := range strings.Fields(c.rules) {
			o.Rules = append(o.Rules, project.CheckRule{ID: []string{"file-link-target", "zip-unknown-extra"}[i], Severity: s, Reason: "because"})
		}
		r := check(t, zip(), o)
		got := map[string]verify.Status{}
		reasons := 0
		for _, x := range r.Results {
			got[x.Check.ID] = x.Status
			if x.Reason == "because" {
				reasons++
			}
		}
		if got["file-link-target"] != c.link || got["zip-unknown-extra"] != c.field || r.OK() != c.ok || reasons != c.showsReasons {
			t.Errorf("%s: %s and %s, OK is %v, %d reasons", c.name, got["file-link-target"], got["zip-unknown-extra"], r.OK(), reasons)
		}
	}
}

// A report must not be OK because something could not be read: whatever is skipped because
// the zip is unreadable comes with a failure that no rule can lower or waive.
func TestASkipIsNeverAPass(t *testing.T) {
	var waiveAll []project.CheckRule
	for _, c := range verify.Checks() {
		if !c.Fixed {
			waiveAll = append(waiveAll, project.CheckRule{ID: c.ID, Severity: "waive", Reason: "all"})
		}
	}
	for _, c := range badZips() {
		r := check(t, c.zip(), verify.Options{Arch: project.AMD64, Kind: kindOf(c.layer), Rules: waiveAll})
		if !r.OK() {
			continue
		}
		for _, x := range r.Results {
			if x.Status == verify.Skip && x.Check.Layer != verify.Boot && strings.Contains(x.Detail, "cannot be") {
				t.Errorf("%s: the report is good, and %s was skipped: %s", c.name, x.Check.ID, x.Detail)
			}
		}
	}
	if (verify.Report{}).OK() {
		t.Error("a report without results is good")
	}
	r := check(t, function().bytes(), verify.Options{})
	if last := r.Results[len(r.Results)-1]; last.Check.Layer != verify.Boot || last.Status != verify.Skip {
		t.Errorf("the boot layer ends as %s", last.Status)
	}
}

// The boot check's result replaces its skip, and rules apply to it.
func TestBootObeysRules(t *testing.T) {
	rule := func(severity string) []project.CheckRule {
		return []project.CheckRule{{ID: "boot-answers", Severity: severity, Reason: "needs a table"}}
	}
	for _, c := range []struct {
		o        verify.Options
		status   verify.Status
		want     verify.Status
		unproven verify.Status // after FailUnproven
	}{
		{verify.Options{}, verify.Pass, verify.Pass, verify.Pass},
		{verify.Options{}, verify.Fail, verify.Fail, verify.Fail},
		{verify.Options{}, verify.Skip, verify.Skip, verify.Fail},
		{verify.Options{Rules: rule("waive")}, verify.Fail, verify.Waived, verify.Waived},
		{verify.Options{Rules: rule("warn"), Strict: true}, verify.Fail, verify.Warn, verify.Warn},
		{verify.Options{Rules: rule("waive")}, verify.Skip, verify.Waived, verify.Waived},
		{verify.Options{Rules: rule("fail")}, verify.Skip, verify.Skip, verify.Fail},
		{verify.Options{Kind: verify.KindLayer}, verify.Skip, verify.Skip, verify.Skip},
	} {
		z := function()
		if c.o.Kind == verify.KindLayer {
			z.files[0].name = "bin/app"
		}
		r := check(t, z.bytes(), c.o)
		n := len(r.Results)
		r.AddBoot(verify.BootOutcome{Status: c.status, Detail: "what happened", Hint: "do this"})
		x := r.Results[n-1]
		if len(r.Results) != n || x.Status != c.want || x.Detail != "what happened" || x.Check.Hint != "do this" {
			t.Errorf("%+v, %s: %d results, the last is %+v", c.o, c.status, len(r.Results), x)
		}
		if waived := c.want == verify.Waived || c.want == verify.Warn; waived != (x.Reason == "needs a table") {
			t.Errorf("%+v, %s: reason %q", c.o, c.status, x.Reason)
		}
		r.FailUnproven()
		if got := r.Results[n-1].Status; got != c.unproven {
			t.Errorf("%+v, %s: %s where each must be proven", c.o, c.status, got)
		}
	}
	r := check(t, zspec{files: []zfile{asset("a")}}.bytes(), verify.Options{})
	r.AddBoot(verify.BootOutcome{Status: verify.Skip, Detail: "other checks failed"})
	r.FailUnproven()
	if x := r.Results[len(r.Results)-1]; x.Status != verify.Skip || x.Shown {
		t.Errorf("what failed already: %+v", x)
	}
}

// The text says why a function was not started, and what error it answered.
func TestTextShowsTheBoot(t *testing.T) {
	for want, boot := range map[string]verify.BootOutcome{
		"skipped  PASS":                     {Status: verify.Skip, Detail: "no qemu", Hint: "install it"},
		"SKIP  boot-answers: no qemu":       {Status: verify.Skip, Detail: "no qemu", Hint: "install it"},
		"hint: install it":                  {Status: verify.Skip, Detail: "no qemu", Hint: "install it"},
		"error answered  PASS":              {Status: verify.Pass, Detail: "with an error (no table)", Answered: "no table"},
		"PASS  boot-answers: with an error": {Status: verify.Pass, Detail: "with an error (no table)", Answered: "no table"},
	} {
		r := check(t, function().bytes(), verify.Options{Arch: project.AMD64})
		r.AddBoot(boot)
		var b strings.Builder
		if err := verify.WriteText(&b, []verify.Report{r}, verify.TextOptions{}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing: %v\n%s", want, err, b.String())
		}
	}
}

func TestFilesKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	var targets []verify.Target
	for i := range 40 {
		z := function()
		if i%3 == 0 {
			z.files[0].mode = 0o100644
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.zip", i))
		if err := os.WriteFile(path, z.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		targets = append(targets, verify.Target{Path: path, Options: verify.Options{Function: fmt.Sprint(i)}})
	}
	reports, err := verify.Files(context.Background(), targets)
	if err != nil || len(reports) != len(targets) {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	for i, r := range reports {
		if r.Path != targets[i].Path || r.Function != fmt.Sprint(i) || r.OK() != (i%3 != 0) || len(r.SHA256) != 64 {
			t.Errorf("report %d is of %s, OK is %v", i, r.Path, r.OK())
		}
	}
	targets[20].Path = filepath.Join(dir, "none.zip")
	if _, err := verify.Files(context.Background(), targets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("with a missing file: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := verify.Files(ctx, targets); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if list, err := verify.Files(context.Background(), nil); err != nil || len(list) != 0 {
		t.Errorf("no zips: %d reports, %v", len(list), err)
	}
}

// A failingReader has a disk error in the middle.
type failingReader struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("disk error")

func (f failingReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestADiskErrorIsNoFinding(t *testing.T) {
	b := string(function(zfile{name: "big", data: content(300_000)}).bytes())
	for _, from := range []int64{0, 100, 9000, 200_000, int64(len(b)) - 1} {
		_, err := verify.ReaderAt(context.Background(), "x.zip", failingReader{strings.NewReader(b), from}, int64(len(b)), verify.Options{})
		if !errors.Is(err, errDisk) {
			t.Errorf("error at %d: %v", from, err)
		}
	}
	// The file is shorter than its size, as if it had been truncated in the meantime.
	if _, err := verify.ReaderAt(context.Background(), "x.zip", strings.NewReader(b[:5000]), int64(len(b)), verify.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("shrunk: %v", err)
	}
}

// A hugeZip is a zip of one stored bootstrap and one stored asset of zeros, of
// which only the headers are in memory.
type hugeZip struct {
	head, tail []byte
	zeros      int64
}

func newHugeZip(zeros int64, crc uint32) hugeZip {
	z := function(zfile{name: "zeros", store: true, raw: []byte{}, data: nil})
	z.files[1].local = func(h []byte) {
		le.PutUint32(h[14:], crc)
		le.PutUint32(h[18:], uint32(zeros))
		le.PutUint32(h[22:], uint32(zeros))
	}
	z.files[1].central = func(h []byte) {
		le.PutUint32(h[16:], crc)
		le.PutUint32(h[20:], uint32(zeros))
		le.PutUint32(h[24:], uint32(zeros))
	}
	var start uint32
	z.end = func(h []byte) {
		start = le.Uint32(h[16:])
		le.PutUint32(h[16:], start+uint32(zeros))
	}
	b := z.bytes()
	return hugeZip{b[:start], b[start:], zeros}
}

func (h hugeZip) size() int64 { return int64(len(h.head)+len(h.tail)) + h.zeros }

func (h hugeZip) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		switch tail := int64(len(h.head)) + h.zeros; {
		case at < int64(len(h.head)):
			n += copy(p[n:], h.head[at:])
		case at < tail:
			k := int(min(int64(len(p)-n), tail-at))
			clear(p[n : n+k])
			n += k
		case at < h.size():
			n += copy(p[n:], h.tail[at-tail:])
		default:
			return n, io.EOF
		}
	}
	return n, nil
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestALargeZipIsAStream(t *testing.T) {
	for _, c := range []struct {
		zeros int64
		crc   uint32
		fired string
	}{
		{100_000_000, 0x2142554d, "size-upload"},
		{300_000_000, 0, "size-unzipped size-upload"}, // beyond the limit, the content is not read
	} {
		z := newHugeZip(c.zeros, c.crc)
		var r verify.Report
		var err error
		used := allocated(func() {
			r, err = verify.ReaderAt(context.Background(), "huge.zip", z, z.size(), verify.Options{})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(fired(r), " "); got != c.fired {
			t.Errorf("%d: %s found something", c.zeros, got)
			logFindings(t, r)
		}
		if used > 4<<20 {
			t.Errorf("%d: %d bytes allocated", c.zeros, used)
		}
	}
}

// Many entries cost memory only for themselves and their names.
func TestAsManyEntriesAsAZipCanHave(t *testing.T) {
	z := function()
	for i := range 65533 {
		z.files = append(z.files, zfile{name: fmt.Sprintf("some/folder/with/a/name/of/its/own/%06d.txt", i), store: true})
	}
	b := z.bytes()
	var r verify.Report
	used := allocated(func() { r = check(t, b, verify.Options{}) })
	if got := fired(r); len(got) > 0 {
		t.Errorf("%v found something", got)
		logFindings(t, r)
	}
	if used > 32<<20 {
		t.Errorf("%d bytes allocated", used)
	}
}

func TestNamesThatWouldFillTheMemoryAreRefused(t *testing.T) {
	z := function()
	for i := range 200 {
		z.files = append(z.files, zfile{name: fmt.Sprint(i, strings.Repeat("n", 65000)), store: true})
	}
	r := check(t, z.bytes(), verify.Options{})
	if got := fired(r); len(got) != 1 || got[0] != "zip-too-many-names" || r.OK() {
		t.Errorf("%v found something", got)
	}
}

func TestBudget(t *testing.T) {
	z := function(asset("asset")).bytes()
	for _, c := range []struct {
		budget project.Budget
		status verify.Status
		detail string
	}{
		{project.Budget{}, verify.Skip, "no budget"},
		{project.Budget{Start: 1.2}, verify.Skip, "no budget"},
		{project.Budget{Zip: int64(len(z)), Unzipped: 1 << 20}, verify.Pass, ""},
		{project.Budget{Zip: int64(len(z)) - 1}, verify.Fail, "1 more than its budget"},
		{project.Budget{Unzipped: 100}, verify.Fail, "more than their budget of 100"},
	} {
		r := check(t, z, verify.Options{Budget: c.budget})
		for _, x := range r.Results {
			if x.Check.ID == "size-budget" && (x.Status != c.status || !strings.Contains(x.Detail, c.detail)) {
				t.Errorf("%+v: %s: %s", c.budget, x.Status, x.Detail)
			}
		}
		if r.OK() != (c.status != verify.Fail) {
			t.Errorf("%+v: the report", c.budget)
		}
	}
	waived := check(t, z, verify.Options{Budget: project.Budget{Zip: 1}, Rules: []project.CheckRule{{ID: "size-budget", Severity: "waive", Reason: "until the next release"}}})
	if !waived.OK() || waived.Count(verify.Waived) != 1 {
		t.Error("a budget cannot be waived")
	}
}
