package verify

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/bootzip/bootzip/project"
)

// A verdict is what a report without findings says beyond its target.
type verdict struct {
	Program project.Arch      `json:"program,omitempty"`
	Size    int64             `json:"size"`
	Facts   []Fact            `json:"facts,omitempty"`
	Skips   map[string]string `json:"skips,omitempty"`   // details, by check; all others passed
	Boot    string            `json:"boot"`              // the boot check's detail
	Skipped bool              `json:"skipped,omitempty"` // of the boot check: this kind of machine cannot start the program
	Shown   bool              `json:"shown,omitempty"`   // of the boot check
}

// Verdict returns the report as a text from which [Recall] can make it again. ok is false
// for a report with findings, or without a detail of the boot check. The caller has to know
// whether a skipped boot check would be skipped again.
func (r Report) Verdict() (text string, ok bool) {
	v := verdict{Program: r.Program, Size: r.Size, Facts: r.Facts, Skips: map[string]string{}}
	for _, x := range r.Results {
		switch {
		case x.Check.ID == IDBoot && (x.Status == Pass || x.Status == Skip):
			v.Boot, v.Skipped, v.Shown = x.Detail, x.Status == Skip, x.Shown
		case x.Status == Skip:
			v.Skips[x.Check.ID] = x.Detail
		case x.Status != Pass:
			return "", false
		}
	}
	data, err := json.Marshal(v)
	return string(data), v.Boot != "" && err == nil
}

// Recall makes the report of a target from a verdict on the same zip with the same options.
// sum is the zip's SHA-256. A verdict on other checks than this version's is an error.
func Recall(text string, t Target, sum string) (Report, error) {
	var v verdict
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return Report{}, err
	}
	p, err := newPolicy(t.Options)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		Path: t.Path, Function: t.Options.Function, Arch: t.Options.Arch, Program: v.Program, Size: v.Size, SHA256: sum,
		Kind: cmp.Or(t.Options.Kind, KindFunction), Facts: v.Facts, policy: p,
	}
	r.Results = p.results(zipChecks(), nil, func(c Check) string {
		why := v.Skips[c.ID]
		if why != "" {
			delete(v.Skips, c.ID)
		}
		return why
	})
	if len(v.Skips) > 0 || v.Boot == "" {
		return Report{}, errors.New("it is a verdict on other checks")
	}
	boot := &r.Results[r.boot()]
	boot.Detail, boot.Shown = v.Boot, v.Shown
	if v.Skipped {
		boot.Status = Skip
	}
	return r, nil
}
