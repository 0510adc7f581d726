package verify_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A report without findings comes back from its verdict unchanged; others have no verdict.
func TestVerdict(t *testing.T) {
	options := verify.Options{Function: "hello", Arch: project.AMD64, Rules: []project.CheckRule{{ID: "go-trimpath", Severity: "fail", Reason: "ours are"}}}
	r := check(t, zspec{files: []zfile{boot()}}.bytes(), options)
	started := func(r verify.Report, status verify.Status) verify.Report {
		r.Results = append([]verify.Result(nil), r.Results...)
		r.AddBoot(verify.BootOutcome{Status: status, Detail: "started", Answered: "no table"})
		return r
	}
	if _, ok := started(r, verify.Fail).Verdict(); ok {
		t.Error("a verdict on a function that failed")
	}
	r = started(r, verify.Pass)
	text, ok := r.Verdict()
	if !ok || len(text) > 4096 {
		t.Fatalf("%t: %d bytes: %s", ok, len(text), text)
	}
	target := verify.Target{Path: r.Path, Options: options}
	again, err := verify.Recall(text, target, r.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Errorf("it was\n%+v\nand is\n%+v", r, again)
	}
	if r.Count(verify.Skip) == 0 {
		t.Error("nothing was skipped, so a skip was not tried")
	}
	// What was skipped is skipped again.
	skipped := check(t, zspec{files: []zfile{boot()}}.bytes(), options)
	skipped.AddBoot(verify.BootOutcome{Status: verify.Skip, Detail: "another architecture"})
	text, ok = skipped.Verdict()
	if again, err := verify.Recall(text, verify.Target{Path: skipped.Path, Options: options}, r.SHA256); !ok || err != nil || !reflect.DeepEqual(skipped, again) {
		t.Errorf("%t, %v: it was\n%+v\nand is\n%+v", ok, err, skipped, again)
	}
	for _, wrong := range []string{"", "{", "{}", `{"boot":""}`, strings.Replace(text, `"skips":{`, `"skips":{"zip-future":"x",`, 1)} {
		if _, err := verify.Recall(wrong, target, r.SHA256); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
	bad := check(t, zspec{files: []zfile{{name: "main", data: boot().data, mode: 0o755}}}.bytes(), options)
	if _, ok := started(bad, verify.Pass).Verdict(); ok {
		t.Error("a verdict on a zip with findings")
	}
}
