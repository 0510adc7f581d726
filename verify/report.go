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
	Facts    []Fact       // what was seen, without a judgement
	Results  []Result     // at least one for each check, in the order of the table
}

// A Result is how one check ended; a check that finds something in several
// files has a result for each, up to a bound that the last one tells.
type Result struct {
	Check    Check
	Status   Status
	Severity Severity // what a finding means here, by the table, the rules and Strict
	Detail   string   // what was found, or why the check was skipped; empty for a pass
	File     string   // the file in the zip; empty for the zip itself
	Reason   string   // the rule's reason, where a rule changed what the finding means
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

// Add takes the result of a check that was made elsewhere, and puts it in the
// place of the skipped one. It is how the boot layer's results come in.
func (r *Report) Add(x Result) {
	for i, old := range r.Results {
		if old.Check.ID == x.Check.ID && old.Status == Skip {
			r.Results[i] = x
			return
		}
	}
	r.Results = append(r.Results, x)
}

// BootResult makes the result of the boot layer: status is Pass, Fail or
// Skip, and detail what happened.
func BootResult(status Status, detail string) Result {
	c, _ := CheckByID(idBoot)
	return Result{Check: c, Status: status, Severity: c.Severity, Detail: detail}
}
