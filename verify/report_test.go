package verify_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

func TestChecksPageIsCurrent(t *testing.T) {
	const page = "../docs/checks.md"
	var want bytes.Buffer
	if err := verify.WriteChecks(&want); err != nil {
		t.Fatal(err)
	}
	if *verify.Update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the table of checks says: go test ./verify -run ChecksPage -update", page)
	}
}

// someReports are a good report, a bad one with two findings of one check, and one with a
// warning and a waived finding.
func someReports(t *testing.T) []verify.Report {
	t.Helper()
	o := verify.Options{Arch: project.AMD64, Function: "hello"}
	good := check(t, function().bytes(), o)
	good.Path = "dist/hello-amd64.zip"
	bad := boot()
	bad.mode = 0o100644
	failed := check(t, zspec{files: []zfile{bad, mode("a", 0o100600), mode("b\x1b[2J", 0o100600)}}.bytes(), o)
	failed.Path = "dist/b d,a:100%.zip"
	o.Rules = []project.CheckRule{{ID: "file-symlink", Severity: "waive", Reason: "the framework needs it"}}
	waived := check(t, function(link("link", "bootstrap"), extra(field(0xbeef, "?"))).bytes(), o)
	waived.Path = "/tmp/waived.zip"
	return []verify.Report{good, failed, waived}
}

func TestTextShowsWhatAPersonNeeds(t *testing.T) {
	var b bytes.Buffer
	if err := verify.WriteText(&b, someReports(t), verify.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"ZIP ", "RESULT", "dist/hello-amd64.zip", "PASS\n", "FAIL\n", "WARN\n",
		"FAIL  bootstrap-mode: bootstrap: it has mode 0644",
		"Lambda says: fork/exec /var/task/bootstrap: permission denied",
		"hint: chmod 0755 bootstrap",
		"FAIL  file-mode: a: ",
		"WAIV  file-symlink: link: ", "rule: the framework needs it",
		"WARN  zip-unknown-extra: asset: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("there are control characters in a text without colour")
	}
	if strings.Count(text, "hint: 0644 for files") != 1 {
		t.Error("the hint of a check with two findings does not stand there once")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestTextHasColourOnlyIfAsked(t *testing.T) {
	var b bytes.Buffer
	if err := verify.WriteText(&b, someReports(t), verify.TextOptions{Color: true, Verbose: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[31;1mFAIL\x1b[0m", "\x1b[32mPASS\x1b[0m", "SKIP", "sha256: ", "unzipped size: "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(b.String(), "\x1b[2J") {
		t.Error("a name in the zip writes to the terminal")
	}
}

// The schema and what is written must have the same fields, and every field must have the
// type that the schema gives.
func TestJSONIsWhatItsSchemaSays(t *testing.T) {
	var b bytes.Buffer
	if err := verify.WriteJSON(&b, someReports(t)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../docs/verify-report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	conform(t, "", schema, doc, used)
	for _, field := range []string{"/version", "/ok", "/reports/results/check", "/reports/results/reason", "/reports/results/lambda", "/reports/function", "/reports/arch", "/reports/facts/value"} {
		if !used[field] {
			t.Errorf("%s does not occur", field)
		}
	}
	if doc.(map[string]any)["ok"] != false {
		t.Error("ok is true, with a report that fails")
	}
}

// conform checks a value against the few keywords of JSON Schema that our schema uses.
func conform(t *testing.T, at string, schema map[string]any, v any, used map[string]bool) {
	t.Helper()
	used[at] = true
	kind := map[string]string{"map[string]interface {}": "object", "[]interface {}": "array", "string": "string", "bool": "boolean", "float64": "integer"}[fmt.Sprintf("%T", v)]
	if schema["type"] != kind {
		t.Errorf("%s is of type %s, and %v in the schema", at, kind, schema["type"])
		return
	}
	if list, ok := schema["enum"].([]any); ok && !slices.Contains(list, v) {
		t.Errorf("%s is %v, and one of %v in the schema", at, v, list)
	}
	switch v := v.(type) {
	case map[string]any:
		properties := schema["properties"].(map[string]any)
		for _, name := range schema["required"].([]any) {
			if _, ok := v[name.(string)]; !ok {
				t.Errorf("%s has no %s", at, name)
			}
		}
		for name, inner := range v {
			p, ok := properties[name].(map[string]any)
			if !ok {
				t.Errorf("%s/%s is not in the schema", at, name)
				continue
			}
			conform(t, at+"/"+name, p, inner, used)
		}
	case []any:
		for _, inner := range v {
			conform(t, at, schema["items"].(map[string]any), inner, used)
		}
	}
}

// A log has what SARIF 2.1.0 requires in its sections 3.13 to 3.50, and what GitHub's code
// scanning requires beyond that.
func TestSARIFHasWhatTheStandardRequires(t *testing.T) {
	var b bytes.Buffer
	if err := verify.WriteSARIF(&b, someReports(t)); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID                     string
						ShortDescription, Help struct{ Text string }
						DefaultConfiguration   struct{ Level string }
					}
				}
			}
			Artifacts []struct {
				Location struct{ URI string }
				Length   int64
				Hashes   map[string]string
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct {
							URI   string
							Index int
						}
					}
				}
				Suppressions []struct{ Kind, Justification string }
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || !strings.Contains(log.Schema, "sarif-schema-2.1.0") {
		t.Fatalf("version %q, %d runs, schema %q", log.Version, len(log.Runs), log.Schema)
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || len(run.Tool.Driver.Rules) != len(verify.Checks()) || len(run.Artifacts) != 3 {
		t.Errorf("driver %q with %d rules, %d artifacts", run.Tool.Driver.Name, len(run.Tool.Driver.Rules), len(run.Artifacts))
	}
	levels := []string{"none", "note", "warning", "error"}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || r.ShortDescription.Text == "" || r.Help.Text == "" || !slices.Contains(levels, r.DefaultConfiguration.Level) {
			t.Errorf("rule %+v lacks something", r)
		}
	}
	var got []string
	for _, r := range run.Results {
		got = append(got, r.RuleID+" "+r.Level)
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" || len(r.Locations) != 1 {
			t.Errorf("result %+v lacks something, or its rule is another", r)
		}
		place := r.Locations[0].PhysicalLocation.ArtifactLocation
		if u, err := url.Parse(place.URI); err != nil || place.URI != run.Artifacts[place.Index].Location.URI || strings.Contains(place.URI, " ") {
			t.Errorf("place %+v: %v, %v", place, u, err)
		}
		if waived := r.RuleID == "file-symlink"; waived != (len(r.Suppressions) == 1 && r.Suppressions[0].Kind == "external") {
			t.Errorf("result %+v has suppressions %v", r.RuleID, r.Suppressions)
		}
	}
	want := []string{"file-mode error", "file-mode error", "bootstrap-mode error", "zip-unknown-extra warning", "file-symlink note", "zip-unsafe-name error"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("results %v", got)
	}
}

func TestGitHubAnnotationsAreEscaped(t *testing.T) {
	var b bytes.Buffer
	if err := verify.WriteGitHub(&b, someReports(t)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 6 {
		t.Errorf("%d lines", len(lines))
	}
	for _, want := range []string{
		"::error file=dist/b d%2Ca%3A100%25.zip,title=bootstrap-mode::bootstrap: it has mode 0644. Lambda says: fork/exec",
		"::notice file=/tmp/waived.zip,title=file-symlink::",
		"::warning file=/tmp/waived.zip,title=zip-unknown-extra::",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in %s", want, b.String())
		}
	}
}

func TestJUnitCountsWhatItHolds(t *testing.T) {
	var b bytes.Buffer
	reports := someReports(t)
	if err := verify.WriteJUnit(&b, reports); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Cases    []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Suites) != len(reports) {
		t.Fatalf("%d suites", len(doc.Suites))
	}
	for i, s := range doc.Suites {
		failures, skipped := 0, 0
		for _, c := range s.Cases {
			if c.Failure != nil {
				failures++
			}
			if c.Skipped != nil {
				skipped++
			}
		}
		r := reports[i]
		if s.Name != r.Path || s.Tests != len(s.Cases) || s.Failures != failures || failures != r.Count(verify.Fail) || s.Skipped != skipped || skipped != r.Count(verify.Skip) {
			t.Errorf("suite %q: %d tests, %d failures, %d skipped", s.Name, s.Tests, s.Failures, s.Skipped)
		}
	}
}

func TestWritersReportThatTheyCannotWrite(t *testing.T) {
	reports := someReports(t)
	full, err := os.OpenFile(filepath.Join(t.TempDir(), "closed"), os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	full.Close()
	for name, write := range map[string]func() error{
		"text":   func() error { return verify.WriteText(full, reports, verify.TextOptions{}) },
		"json":   func() error { return verify.WriteJSON(full, reports) },
		"sarif":  func() error { return verify.WriteSARIF(full, reports) },
		"github": func() error { return verify.WriteGitHub(full, reports) },
		"junit":  func() error { return verify.WriteJUnit(full, reports) },
		"checks": func() error { return verify.WriteChecks(full) },
	} {
		if write() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
