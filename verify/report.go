package verify

import (
	"slices"

	"github.com/bootzip/bootzip/project"
)

// A Report is what is known about one zip, image or deploy file.
type Report struct {
	Path     string
	Function string       // Options.Function
	Arch     project.Arch // Options.Arch; empty if either was accepted
	Program  project.Arch // the architecture of its program; empty: unknown, such as for a script
	Size     int64        // bytes of the file, or of all in a directory
	SHA256   string       // of the file, in hexadecimal; empty for a directory
	Kind     Kind         // Options.Kind
	Deploy   *DeployFile  // of a report about a deploy file
	Image    *ImageFile   // of a report about an image
	Facts    []Fact       // what was seen
	Results  []Result     // at least one for each check, in the order of the table

	policy policy
}

// A Result is how one check ended. A check that finds something in several files has a
// result for each, up to a limit; beyond it, the last one says that there are more.
type Result struct {
	Check    Check
	Status   Status
	Severity Severity // what a finding means here, from the table, the rules and Strict
	Detail   string   // what was found, or why the check was skipped; of a pass, only the boot check has one
	File     string   // the file in the zip; empty for the zip itself. The function in a deploy file
	Source   string   // one of several deploy files, if it is not the report's Path
	Line     int      // in a deploy file, from 1; 0: unknown
	Column   int      // likewise
	Reason   string   // the rule's reason, if a rule decided what the finding means
	Shown    bool     // people should see it, even if it is a pass or a skip
}

// A Fact is something worth knowing about a zip, e.g. the compiler.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// OK reports whether nothing failed. A report without results is not OK.
func (r Report) OK() bool {
	return len(r.Results) > 0 && r.Count(Fail) == 0
}

// Count returns how many results have a status.
func (r Report) Count(s Status) int {
	n := 0
	for _, x := range r.Results {
		if x.Status == s {
			n++
		}
	}
	return n
}

// A BootOutcome is how the boot check ended.
type BootOutcome struct {
	Status   Status // Pass, Fail or Skip
	Detail   string // what happened
	Answered string // for a pass, the error with which the function answered; empty: none
	Hint     string // replaces the check's hint, unless it is empty
}

// AddBoot replaces the skip of the boot check with its result. Rules apply to it as to other
// checks. One that lowers or waives it also applies if the function could not be started
// on this machine.
func (r *Report) AddBoot(b BootOutcome) {
	c, _ := CheckByID(IDBoot)
	severity, reason := r.policy.severity(c)
	if b.Hint != "" {
		c.Hint = b.Hint
	}
	x := Result{Check: c, Status: b.Status, Severity: severity, Detail: b.Detail, Shown: b.Answered != ""}
	if b.Status == Fail || b.Status == Skip && severity != SeverityFail && r.startable() {
		x.Status, x.Reason = severity.status(), reason
	}
	if x.Status == Skip {
		x.Shown = r.startable()
	}
	if i := r.boot(); i >= 0 {
		r.Results[i] = x
	} else {
		r.Results = append(r.Results, x)
	}
}

// boot returns the index of the boot check's result, or -1.
func (r *Report) boot() int {
	return slices.IndexFunc(r.Results, func(x Result) bool { return x.Check.ID == IDBoot })
}

// startable reports whether the zip is one that could be started: only then is a skip of the
// boot check news.
func (r *Report) startable() bool { return r.Kind != KindLayer && r.OK() }

// FailUnproven makes a report fail if the zip could have been started and was not.
func (r *Report) FailUnproven() {
	i := r.boot()
	if i < 0 || !r.startable() {
		return
	}
	if x := &r.Results[i]; x.Status == Skip {
		x.Status, x.Severity, x.Detail = Fail, SeverityFail, "it was not started: "+x.Detail
	}
}
