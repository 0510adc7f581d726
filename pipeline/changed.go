package pipeline

import (
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// A Change is a zip that is not what is deployed.
type Change struct {
	Function   string       `json:"function"`
	Arch       project.Arch `json:"arch"`
	File       string       `json:"file"` // in the manifest's folder
	Runtime    string       `json:"runtime"`
	CodeSha256 string       `json:"codeSha256"` // as Lambda will show it
	Reason     string       `json:"reason"`
}

// The reasons of a Change.
const (
	ReasonNew     = "new"     // nothing is known to be deployed under this name
	ReasonContent = "content" // another content digest
	ReasonZip     = "zip"     // another CodeSha256, and the deployed content is unknown
	ReasonRuntime = "runtime" // the same content, for another runtime
)

// Changed returns which of the zips need a deploy, in their order, and the
// names of functions in the deployed manifest of which there is no zip now.
// (Of an account's functions, many are somebody else's.)
//
// A zip whose content digest is the deployed one needs none, whatever its
// bytes: only the compressor changed. Where Lambda was asked, which knows the
// bytes alone, they decide. In Lambda a function has one architecture: of its
// zips the one for the deployed architecture counts, if there is one; where
// that is not known, the function is unchanged if one of its zips is deployed.
func Changed(zips []pack.Zip, deployed Deployed) (changes []Change, gone []string, err error) {
	lines, err := deployed.named(zips)
	if err != nil {
		return nil, nil, err
	}
	same := map[string]bool{} // functions that are deployed from one of the zips, the architecture unknown
	for _, z := range zips {
		for _, d := range lines {
			if d.name == z.Function && d.arch == "" && reason(z, d) == "" {
				same[z.Function] = true
			}
		}
	}
	changes = []Change{}
	for _, z := range zips {
		why := ReasonNew
		for _, d := range lines {
			if d.name == z.Function && (d.arch == "" || d.arch == z.Arch) {
				why = reason(z, d)
			}
		}
		if why != "" && !same[z.Function] && (why != ReasonNew || !deployedForOther(zips, lines, z)) {
			changes = append(changes, Change{z.Function, z.Arch, z.File, z.Runtime, z.CodeSha256, why})
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

// deployedForOther reports whether Lambda has the zip's function for another
// architecture, for which there is a zip as well.
func deployedForOther(zips []pack.Zip, lines []deployedFunction, z pack.Zip) bool {
	return slices.ContainsFunc(lines, func(d deployedFunction) bool {
		return d.name == z.Function && d.content == "" &&
			slices.ContainsFunc(zips, func(other pack.Zip) bool { return other.Function == d.name && other.Arch == d.arch })
	})
}

// named gives the one function's name to a CodeSha256 that came without one.
func (d Deployed) named(zips []pack.Zip) ([]deployedFunction, error) {
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
			lines[i].name = z.Function
		}
	}
	return lines, nil
}

// reason says why the zip must be deployed where d is, "" if it need not.
func reason(z pack.Zip, d deployedFunction) string {
	switch {
	case d.content != "" && d.content != z.Content:
		return ReasonContent
	case d.content == "" && d.codeSha256 != z.CodeSha256:
		return ReasonZip
	case d.runtime != "" && d.runtime != z.Runtime:
		return ReasonRuntime
	}
	return ""
}
