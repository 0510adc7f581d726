package verify

import "github.com/bootzip/bootzip/project"

// A Report is what is known about one zip.
type Report struct {
	Path     string
	Function string       // Options.Function
	Arch     project.Arch // Options.Arch; empty if either was accepted
	Program  project.Arch // what its program is for; empty where that is not known, as of a script
	Size     int64        // bytes of the zip
	SHA256   string       // of the zip, in hexadecimal digits
	Kind     Kind         // Options.Kind
	Deploy   *DeployFile  // of a report about a deploy file, in place of a zip
	Image    *ImageFile   // of a report about an image
	Facts    []Fact       // what was seen, without a judgement
	Results  []Result     // at least one for each check, in the order of the table

	policy policy
}

// A Result is how one check ended; a check that finds something in several
// files has a result for each, up to a bound that the last one tells.
type Result struct {
	Check    Check
	Status   Status
	Severity Severity // what a finding means here, by the table, the rules and Strict
	Detail   string   // what was found, or why the check was skipped; empty for a pass
	File     string   // the file in the zip; empty for the zip itself. The function in a deploy file
	Source   string   // one of several deploy files, where it is not the report's Path
	Line     int      // in a deploy file, from 1; 0: not known
	Column   int      // likewise
	Reason   string   // the rule's reason, where a rule changed what the finding means
	Shown    bool     // people should see it, though it is a pass or a skip
}

// A Fact is something worth knowing about a zip, e.g. the compiler.
type Fact struct{ Name, Value string }

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

// A BootOutcome is how the check ended that starts the function.
type BootOutcome struct {
	Status   Status // Pass, Fail or Skip
	Detail   string // what happened
	Answered string // the error that the function answered to the event, in a pass; empty: none
	Hint     string // in place of the check's own; may be empty
}

// AddBoot puts the result of the boot check, which was made elsewhere, in the
// place of the skip. Rules hold for it as for the others; one that lowers or
// waives the check does so for a function that could not be started here, too.
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
	for i, old := range r.Results {
		if old.Check.ID == IDBoot {
			r.Results[i] = x
			return
		}
	}
	r.Results = append(r.Results, x)
}

// startable reports whether the zip is one that can be started: a skip of
// another one says nothing that was not known.
func (r *Report) startable() bool { return r.Kind != KindLayer && r.OK() }

// FailUnproven fails a zip in which all is well but that it was not started.
// Whoever is strict wants to know.
func (r *Report) FailUnproven() {
	if !r.startable() {
		return
	}
	for i, x := range r.Results {
		if x.Check.ID == IDBoot && x.Status == Skip {
			r.Results[i].Status, r.Results[i].Severity, r.Results[i].Detail = Fail, SeverityFail, "it was not started: "+x.Detail
		}
	}
}
