package attest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/verify"
)

func report(t *testing.T, name string, results map[string][]verify.Result) verify.Report {
	t.Helper()
	r := verify.Report{Path: "/somewhere/dist/" + name, SHA256: strings.Repeat("a", 64)}
	for _, c := range verify.Checks() {
		for _, x := range results[c.ID] {
			x.Check = c
			r.Results = append(r.Results, x)
		}
	}
	return r
}

type parsedResult struct {
	Type          string `json:"_type"`
	PredicateType string `json:"predicateType"`
	Subject       []descriptor
	Predicate     struct {
		Result        string
		Configuration []struct {
			Name, URI   string
			Digest      map[string]string
			Annotations struct {
				Bootzip                   string
				SkippedTests, WaivedTests map[string]string
			}
		}
		PassedTests, WarnedTests, FailedTests []string
	}
}

func parseResult(t *testing.T, c TestResultConfig) (parsedResult, []byte) {
	t.Helper()
	data, err := TestResult(c)
	if err != nil {
		t.Fatal(err)
	}
	var p parsedResult
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p, data
}

func TestTestResult(t *testing.T) {
	hello := report(t, "hello-amd64.zip", map[string][]verify.Result{
		"zip-not-a-zip":     {{Status: verify.Pass}},
		"file-mode":         {{Status: verify.Waived, File: "a", Reason: "read by root alone"}},
		"zip-unknown-extra": {{Status: verify.Waived, File: "a"}, {Status: verify.Warn, File: "b"}},
		"zip-wrong-crc":     {{Status: verify.Skip, Detail: "nothing to look at"}},
	})
	world := report(t, "world.zip", map[string][]verify.Result{
		"zip-not-a-zip": {{Status: verify.Pass}},
		"zip-wrong-crc": {{Status: verify.Fail, File: "a"}, {Status: verify.Warn, File: "b"}},
	})
	c := TestResultConfig{
		Reports:        []verify.Report{world, hello},
		Config:         Subject{"bootzip.yaml", strings.Repeat("c", 64)},
		BootzipVersion: "v0.4.0",
	}
	p, data := parseResult(t, c)
	if p.Type != statementType || p.PredicateType != testResultType || len(p.Subject) != 2 || p.Subject[0].Name != "hello-amd64.zip" || p.Subject[0].Digest["sha256"] != hello.SHA256 {
		t.Errorf("%s", data)
	}
	got := p.Predicate
	for what, lists := range map[string][2]any{
		"result": {got.Result, "FAILED"},
		"passed": {got.PassedTests, []string{"hello-amd64.zip: zip-not-a-zip", "world.zip: zip-not-a-zip"}},
		"warned": {got.WarnedTests, []string{"hello-amd64.zip: file-mode", "hello-amd64.zip: zip-unknown-extra"}},
		"failed": {got.FailedTests, []string{"world.zip: zip-wrong-crc"}},
	} {
		if !reflect.DeepEqual(lists[0], lists[1]) {
			t.Errorf("%s is %v, want %v", what, lists[0], lists[1])
		}
	}
	notes := got.Configuration[0].Annotations
	if notes.Bootzip != "v0.4.0" || !reflect.DeepEqual(notes.SkippedTests, map[string]string{"hello-amd64.zip: zip-wrong-crc": "nothing to look at"}) ||
		!reflect.DeepEqual(notes.WaivedTests, map[string]string{"hello-amd64.zip: file-mode": "read by root alone"}) {
		t.Errorf("annotations: %+v", notes)
	}
	if last := got.Configuration[1]; last.Name != "bootzip.yaml" || last.Digest["sha256"] != strings.Repeat("c", 64) {
		t.Errorf("configuration: %+v", last)
	}
	if bytes.Contains(data, []byte("somewhere")) {
		t.Errorf("a path is in it:\n%s", data)
	}
	slices.Reverse(c.Reports)
	if _, again := parseResult(t, c); !bytes.Equal(data, again) {
		t.Error("the order of the reports matters")
	}
}

// A result is never better than the worst that happened, and a function that was not
// booted has not passed.
func TestResultOf(t *testing.T) {
	boot := ""
	for _, c := range verify.Checks() {
		if c.Layer == verify.Boot {
			boot = c.ID
		}
	}
	for name, c := range map[string]struct {
		results map[string][]verify.Result
		want    string
	}{
		"all pass":        {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Pass}}, boot: {{Status: verify.Pass}}}, "PASSED"},
		"not applicable":  {map[string][]verify.Result{"zip-wrong-crc": {{Status: verify.Skip}}, boot: {{Status: verify.Pass}}}, "PASSED"},
		"not booted":      {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Pass}}, boot: {{Status: verify.Skip}}}, "WARNED"},
		"warning":         {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Warn}}}, "WARNED"},
		"waived":          {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Waived}}}, "WARNED"},
		"failed":          {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Fail}}, boot: {{Status: verify.Skip}}}, "FAILED"},
		"fail, then skip": {map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Fail}, {Status: verify.Skip}, {Status: verify.Pass}}}, "FAILED"},
		"a new status":    {map[string][]verify.Result{"zip-not-a-zip": {{Status: "odd"}, {Status: verify.Fail}}}, "FAILED"},
	} {
		p, data := parseResult(t, TestResultConfig{Reports: []verify.Report{report(t, "a.zip", c.results)}})
		if p.Predicate.Result != c.want {
			t.Errorf("%s: %s, want %s", name, p.Predicate.Result, c.want)
		}
		all := slices.Concat(p.Predicate.PassedTests, p.Predicate.WarnedTests, p.Predicate.FailedTests)
		for test := range p.Predicate.Configuration[0].Annotations.SkippedTests {
			if slices.Contains(all, test) {
				t.Errorf("%s: skipped test %q is in one of the lists:\n%s", name, test, data)
			}
		}
		if len(p.Predicate.Configuration) != 1 {
			t.Errorf("%s: configuration %+v", name, p.Predicate.Configuration)
		}
	}
}

func TestNoTestResult(t *testing.T) {
	one := report(t, "a.zip", map[string][]verify.Result{"zip-not-a-zip": {{Status: verify.Pass}}})
	for name, reports := range map[string][]verify.Report{
		"no report":         nil,
		"no results":        {{Path: "a.zip", SHA256: one.SHA256}},
		"two of one name":   {one, one},
		"one without, last": {one, {Path: "b.zip"}},
	} {
		if data, err := TestResult(TestResultConfig{Reports: reports}); err == nil {
			t.Errorf("%s: written as\n%s", name, data)
		}
	}
}
