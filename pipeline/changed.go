package pipeline

import (
	"fmt"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A Change is a zip that is not what is deployed.
type Change struct {
	Function   string       `json:"function"`
	Arch       project.Arch `json:"arch"`
	File       string       `json:"file"` // in the manifest's directory
	Runtime    string       `json:"runtime"`
	CodeSha256 string       `json:"codeSha256"` // as Lambda will show it
	Content    string       `json:"contentDigest"`
	Size       int64        `json:"size"` // of the zip, in bytes
	Reason     string       `json:"reason"`
	Deployed   string       `json:"deployed,omitempty"` // its name where it is deployed, if Names has it
	Event      string       `json:"event,omitempty"`    // a JSON text to try it with; the caller's
}

// The reasons of a Change.
const (
	reasonNew     = "new"     // nothing is deployed under this name, as far as is known
	reasonContent = "content" // the content digest differs
	reasonZip     = "zip"     // the CodeSha256 differs, and the deployed content is unknown
	reasonRuntime = "runtime" // the same content, for another runtime
)

// Changed returns which of the zips need a deploy, in their order, and the
// names of functions in the deployed manifest that have no zip now. (A list from
// Lambda has functions that are not the project's, so they do not count.)
//
// A zip with the deployed content digest needs no deploy, whatever its bytes: only
// the compressor changed. If what is deployed comes from Lambda, which knows only
// bytes, the bytes decide. names maps functions to their deployed names; a function
// with several has a Change for each. In Lambda a function has one architecture:
// only the zip for the deployed architecture counts, if there is one. If that is
// unknown, the function is unchanged if one of its zips is deployed.
func Changed(zips []pack.Zip, deployed Deployed, names Names) (changes []Change, gone []string, err error) {
	if err := names.check(zips); err != nil {
		return nil, nil, err
	}
	lines, err := deployed.named(zips, names)
	if err != nil {
		return nil, nil, err
	}
	places := names.places(zips)
	type deployment struct{ function, name string }
	same := map[deployment]bool{} // what is deployed from one of the zips, the architecture unknown
	for _, p := range places {
		for _, d := range lines {
			if p.has(d) && d.arch == "" && reason(p.zip, d) == "" {
				same[deployment{p.zip.Function, p.name}] = true
			}
		}
	}
	changes = []Change{}
	for _, p := range places {
		why := reasonNew
		for _, d := range lines {
			if p.has(d) && (d.arch == "" || d.arch == p.zip.Arch) {
				why = reason(p.zip, d)
			}
		}
		z := p.zip
		if why != "" && !same[deployment{z.Function, p.name}] && (why != reasonNew || !p.deployedForOther(zips, lines)) {
			c := Change{Function: z.Function, Arch: z.Arch, File: z.File, Runtime: z.Runtime, CodeSha256: z.CodeSha256, Content: z.Content, Size: z.Size, Reason: why}
			if len(names[z.Function]) > 0 {
				c.Deployed = p.name
			}
			changes = append(changes, c)
		}
	}
	gone = []string{}
	for _, d := range lines {
		if d.content != "" && !slices.ContainsFunc(zips, func(z pack.Zip) bool { return z.Function == d.name }) && !slices.Contains(gone, d.name) {
			gone = append(gone, d.name)
		}
	}
	return changes, gone, nil
}

// Warnings returns what is wrong with the deployed functions, sorted: a runtime that has
// ended, and an architecture without a zip.
func Warnings(zips []pack.Zip, deployed Deployed, names Names) (warnings []string) {
	for _, p := range names.places(zips) {
		for _, d := range deployed.functions {
			if !p.has(d) || d.content != "" {
				continue
			}
			if why := verify.RuntimeEnd(d.runtime); why != "" {
				warnings = append(warnings, fmt.Sprintf("%s has the runtime %s: %s", d.name, d.runtime, why))
			}
			if d.arch != "" && !slices.ContainsFunc(zips, func(z pack.Zip) bool { return z.Function == p.zip.Function && z.Arch == d.arch }) {
				warnings = append(warnings, fmt.Sprintf("%s is for %s, for which no zip of %q was made", d.name, d.arch, p.zip.Function))
			}
		}
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// A place is a zip and a name under which it is deployed.
type place struct {
	zip  pack.Zip
	name string
}

func (n Names) places(zips []pack.Zip) (list []place) {
	for _, z := range zips {
		names := n[z.Function]
		if len(names) == 0 {
			names = []string{z.Function}
		}
		for _, name := range names {
			list = append(list, place{z, name})
		}
	}
	return list
}

// has reports whether d is about this place. A manifest, which has the
// content digest, has the project's own names.
func (p place) has(d deployedFunction) bool {
	if d.content != "" {
		return d.name == p.zip.Function
	}
	return d.name == p.name
}

// deployedForOther reports whether Lambda has the function for another
// architecture, for which there is a zip as well.
func (p place) deployedForOther(zips []pack.Zip, lines []deployedFunction) bool {
	return slices.ContainsFunc(lines, func(d deployedFunction) bool {
		return p.has(d) && d.content == "" &&
			slices.ContainsFunc(zips, func(other pack.Zip) bool { return other.Function == p.zip.Function && other.Arch == d.arch })
	})
}

// named gives a CodeSha256 without a name the name of the only function. It returns an error
// if there are several.
func (d Deployed) named(zips []pack.Zip, names Names) ([]deployedFunction, error) {
	lines := slices.Clone(d.functions)
	for i := range lines {
		if lines[i].name != "" {
			continue
		}
		for _, z := range zips {
			if z.Function != zips[0].Function {
				return nil, hint.New("name it: --function=NAME, or a line NAME CODESHA256",
					"a CodeSha256 without a name, and there are several functions: %q and %q", zips[0].Function, z.Function)
			}
			lines[i].name = names.places(zips[:1])[0].name
		}
	}
	return lines, nil
}

// reason says why the zip must replace d, "" if it need not.
func reason(z pack.Zip, d deployedFunction) string {
	switch {
	case d.content != "" && d.content != z.Content:
		return reasonContent
	case d.content == "" && d.codeSha256 != z.CodeSha256:
		return reasonZip
	case d.runtime != "" && d.runtime != z.Runtime:
		return reasonRuntime
	}
	return ""
}
