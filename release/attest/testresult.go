package attest

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/verify"
)

// TestResultConfig is the content of a test result.
type TestResultConfig struct {
	// Reports are the reports of the zips. The zips are the statement's subjects,
	// by the base names of the reports' paths.
	Reports []verify.Report

	// Config is bootzip.yaml, whose rules can raise, lower and waive checks;
	// its zero value says that the project has none.
	Config Subject

	BootzipVersion string // may be empty
}

type testResult struct {
	Result        string       `json:"result"`
	Configuration []descriptor `json:"configuration"`
	Passed        []string     `json:"passedTests"`
	Warned        []string     `json:"warnedTests"`
	Failed        []string     `json:"failedTests"`
}

// The names in the annotations of the checks.
const (
	skippedTests = "skippedTests"
	waivedTests  = "waivedTests"
)

// TestResult returns an in-toto test result v0.1 as JSON, from the results of
// verify and the boot check. A test is called "ZIP: CHECK-ID". The same reports
// give the same bytes, in any order.
//
// A skipped check is in none of the three lists: the annotations of
// the configuration "bootzip-checks" have it under skippedTests, with the
// reason. A waived finding is in warnedTests, since the fault was found, and
// with the rule's reason under waivedTests.
//
// The result is FAILED if anything failed, WARNED if there was a warning or a
// waived finding, or if a zip was not booted, and PASSED otherwise. It is an error
// if there are no reports, if a report has no results, or if two reports are of
// files with the same name.
func TestResult(c TestResultConfig) ([]byte, error) {
	if len(c.Reports) == 0 {
		return nil, errors.New("test result: there is no report")
	}
	t := testResult{Passed: []string{}, Warned: []string{}, Failed: []string{}}
	skipped, waived := map[string]string{}, map[string]string{}
	var subjects []Subject
	lists := map[verify.Status]*[]string{verify.Pass: &t.Passed, verify.Warn: &t.Warned, verify.Waived: &t.Warned}
	worst := verify.Pass
	for _, r := range c.Reports {
		s := Subject{Name: filepath.Base(r.Path), SHA256: r.SHA256}
		switch {
		case len(r.Results) == 0:
			return nil, fmt.Errorf("test result: the report of %q has no results", s.Name)
		case slices.ContainsFunc(subjects, func(other Subject) bool { return other.Name == s.Name }):
			return nil, fmt.Errorf("test result: there are two reports of %q", s.Name)
		}
		subjects = append(subjects, s)
		for _, x := range summary(r) {
			test := s.Name + ": " + x.Check.ID
			switch x.Status {
			case verify.Skip:
				skipped[test] = x.Detail
				if x.Check.Layer == verify.Boot {
					worst = worse(worst, verify.Warn)
				}
				continue
			case verify.Waived:
				waived[test] = x.Reason
			}
			list := cmp.Or(lists[x.Status], &t.Failed) // an unknown status is not a pass
			*list = append(*list, test)
			worst = worse(worst, x.Status)
		}
	}
	results := map[verify.Status]string{verify.Pass: "PASSED", verify.Warn: "WARNED", verify.Waived: "WARNED"}
	t.Result = cmp.Or(results[worst], "FAILED")
	for _, list := range [][]string{t.Passed, t.Warned, t.Failed} {
		slices.Sort(list)
	}
	t.Configuration = configuration(c, skipped, waived)
	return encode(subjects, testResultType, t)
}

// configuration says which checks were made, and by which rules.
func configuration(c TestResultConfig, skipped, waived map[string]string) []descriptor {
	checks := descriptor{Name: "bootzip-checks", URI: checksPage, Annotations: map[string]any{
		skippedTests: skipped,
		waivedTests:  waived,
	}}
	if c.BootzipVersion != "" {
		checks.Annotations["bootzip"] = c.BootzipVersion
	}
	list := []descriptor{checks}
	if c.Config != (Subject{}) {
		list = append(list, descriptor{Name: c.Config.Name, Digest: map[string]string{"sha256": c.Config.SHA256}})
	}
	return list
}

// summary returns the worst result of each check, by the check's id.
func summary(r verify.Report) map[string]verify.Result {
	all := map[string]verify.Result{}
	for _, x := range r.Results {
		if before, ok := all[x.Check.ID]; !ok || worse(before.Status, x.Status) != before.Status {
			all[x.Check.ID] = x
		}
	}
	return all
}

// worse returns the worse of two statuses. An unknown one is the worst.
func worse(a, b verify.Status) verify.Status {
	order := []verify.Status{verify.Fail, verify.Warn, verify.Waived, verify.Skip, verify.Pass}
	if slices.Index(order, b) < slices.Index(order, a) {
		return b
	}
	return a
}
