package verify

import (
	"cmp"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
)

// A Check is one row of the table of checks. Its ID names the fault that it
// finds.
type Check struct {
	ID       string   // e.g. "zip-duplicate-name"
	Layer    Layer    // what it examines
	Severity Severity // of a finding, unless a rule or Options.Strict changes it
	Proves   string   // what holds if the check passes
	Lambda   string   // what Lambda says about the fault, word for word; empty if that is unknown
	Hint     string   // how to fix it

	// Fixed says that no rule can lower or waive the check: it is for a fault that
	// prevents other checks, or for a limit that Lambda enforces.
	Fixed bool

	needs stage // which must be completed for a pass
}

// page returns the URL of the check's documentation.
func (c Check) page() string { return hint.Site + "checks#" + c.ID }

// A Layer groups checks by what they examine.
type Layer string

// The layers, in the order in which they are examined.
const (
	Structure Layer = "structure" // the bytes of the zip
	Layout    Layer = "layout"    // the files that Lambda will find
	Binary    Layer = "binary"    // the programs among them
	Boot      Layer = "boot"      // whether it starts and answers an event; not done by this package
	InImage   Layer = "image"     // an image: its parts, settings and layers
	Deploy    Layer = "deploy"    // deploy files; not done by this package
)

// A Severity says what a finding means.
type Severity string

// The severities. Waive appears in rules only.
const (
	SeverityFail Severity = "fail"
	SeverityWarn Severity = "warn"
	Waive        Severity = "waive"
)

// A Status is how a check ended.
type Status string

// The statuses. A skip is never a pass: the check was not run, and Detail says why. Waived
// is a finding that a rule accepts, with the rule's reason; it does not fail the report.
const (
	Pass   Status = "pass"
	Fail   Status = "fail"
	Warn   Status = "warn"
	Skip   Status = "skip"
	Waived Status = "waived"
)

// checks is the table of checks, by layer. Only the declarations of the checks change it.
var checks = map[Layer][]Check{}

// check adds a row to the table, and returns its id. All rows of a layer must be in one
// file, so that they are in the order of their declarations.
func (l Layer) check(c Check) string {
	c.Layer, c.Severity = l, cmp.Or(c.Severity, SeverityFail)
	checks[l] = append(checks[l], c)
	return c.ID
}

// Checks returns the table of checks, in the order in which they are run.
func Checks() []Check { return slices.Concat(zipChecks(), checks[InImage], checks[Deploy]) }

// zipChecks returns the checks of a zip, in order.
func zipChecks() []Check {
	return slices.Concat(checks[Structure], checks[Layout], checks[Binary], checks[Boot])
}

// CheckByID returns the check with an id.
func CheckByID(id string) (Check, bool) {
	for _, c := range Checks() {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// A stage is a part of the examination that some checks need. A check without
// findings passes only if its stage was completed.
type stage int

const (
	stageEnd       stage = iota // the end record was read
	stageDirectory              // the central directory
	stageEntries                // the local headers
	stageContent                // every file was decompressed
	stageLayout                 // names, modes and kinds were checked
	stageFunction               // it is a function's zip, and was checked
	stageLayer                  // it is a layer's zip, and was checked
	stageBootstrap              // there is a bootstrap, and its beginning was read
	stageScript                 // there is a script that Lambda or a script starts
	stageELF                    // there are programs, and each was read
	stageDynamic                // there is a dynamically linked program
	stageGo                     // there is a Go program
	stageBudget                 // there is a budget, and the directory was read
	stageBoot                   // never completed by this package
	stages
)
