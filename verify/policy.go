package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/suggest"
	"github.com/bootzip/bootzip/project"
)

// A policy says what findings mean for one zip.
type policy struct {
	rules  map[string]project.CheckRule
	strict bool // warnings fail
	static bool // dynamically linked programs fail
}

// newPolicy checks the options, and returns their policy.
func newPolicy(o Options) (policy, error) {
	p := policy{rules: map[string]project.CheckRule{}, strict: o.Strict, static: o.Static}
	switch {
	case !slices.Contains([]project.Arch{"", project.AMD64, project.ARM64}, o.Arch):
		return p, hint.New("amd64 (Lambda's x86_64) or arm64", "architecture %q is not one of Lambda's", o.Arch)
	case !slices.Contains([]project.Runtime{"", project.AL2023, project.AL2}, o.Runtime):
		return p, hint.New("al2023 or al2", "runtime %q is not one of Lambda's OS-only runtimes", o.Runtime)
	case !slices.Contains([]Kind{"", KindFunction, KindLayer}, o.Kind):
		return p, hint.New("function or layer", "kind %q of zip is unknown", o.Kind)
	}
	for _, r := range o.Rules {
		if err := p.add(r); err != nil {
			if r.Pos.Line > 0 {
				err = fmt.Errorf("%s: %w", r.Pos, err)
			}
			return p, err
		}
	}
	return p, nil
}

// ValidateRules checks the rules of a function, so that a mistake in bootzip.yaml is found
// before anything is built: an unknown id or severity, a missing reason, two rules for one
// check, or a rule that lowers a check that cannot be lowered. The error names the place of
// the rule, if that is known.
func ValidateRules(rules []project.CheckRule) error {
	_, err := newPolicy(Options{Rules: rules})
	return err
}

// add adds a rule. It refuses a second rule for a check, which would silently replace the
// first.
func (p *policy) add(r project.CheckRule) error {
	c, ok := CheckByID(r.ID)
	_, twice := p.rules[r.ID]
	severity := Severity(r.Severity)
	switch {
	case !ok:
		return hint.New(idHint(r.ID), "check %q is unknown", r.ID)
	case twice:
		return hint.New("leave one of them out", "check %q has two rules", r.ID)
	case severity != SeverityFail && severity != SeverityWarn && severity != Waive:
		return hint.New("fail, warn or waive", "severity %q of check %q is unknown", r.Severity, r.ID)
	case strings.TrimSpace(r.Reason) == "":
		return hint.New("write down why; the report shows it", "rule for check %q has no reason", r.ID)
	case c.Fixed && severity != SeverityFail:
		return hint.New("after this fault nothing else can be examined, or Lambda itself sets the limit: fix the zip", "check %q cannot be lowered or waived", r.ID)
	}
	p.rules[r.ID] = r
	return nil
}

// severity returns what a finding of c means, and the reason if a rule decides it.
func (p policy) severity(c Check) (Severity, string) {
	if r, ok := p.rules[c.ID]; ok {
		return Severity(r.Severity), r.Reason
	}
	if p.strict || p.static && c.ID == idDynamic {
		return SeverityFail, ""
	}
	return c.Severity, ""
}

// status returns the status of a finding with a severity.
func (s Severity) status() Status {
	return map[Severity]Status{SeverityFail: Fail, SeverityWarn: Warn, Waive: Waived}[s]
}

// results makes the results of checks. skipped returns why a check without findings was not
// run; "" if it was run.
func (p policy) results(checks []Check, found findings, skipped func(Check) string) []Result {
	all := make([]Result, 0, len(checks))
	for _, c := range checks {
		severity, reason := p.severity(c)
		for _, f := range found[c.ID] {
			all = append(all, Result{Check: c, Status: severity.status(), Severity: severity, Detail: f.detail, File: f.file, Reason: reason})
		}
		if len(found[c.ID]) > 0 {
			continue
		}
		r := Result{Check: c, Status: Pass, Severity: severity}
		if why := skipped(c); why != "" {
			r.Status, r.Detail = Skip, why
		}
		all = append(all, r)
	}
	return all
}

// idHint returns the hint for an id that does not exist.
func idHint(id string) string {
	var ids []string
	for _, c := range Checks() {
		ids = append(ids, c.ID)
	}
	if word := suggest.Word(id, ids); word != "" {
		return fmt.Sprintf("did you mean %q? %schecks lists the checks", word, hint.Site)
	}
	return hint.Site + "checks lists the checks"
}
