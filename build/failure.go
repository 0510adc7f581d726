package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// A Failure is the error of a run in which at least one function could not be
// built. It names all of them, each with the compiler's messages.
type Failure struct {
	Functions []FunctionFailure // in the order of the project
}

// A FunctionFailure has the compiler's messages about one function.
type FunctionFailure struct {
	Name    string
	Arch    []string // architectures with the same messages
	Message string   // one or more lines, without a line end
	Hint    string
}

func (f *Failure) Error() string {
	var all []string
	for _, one := range f.Functions {
		text := fmt.Sprintf("function %q (%s) was not built:\n%s", one.Name, strings.Join(one.Arch, ", "), indent(one.Message))
		if one.Hint != "" {
			text += "\n  hint: " + one.Hint
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

// add records that u failed. Architectures with the same message share an entry.
func (f *Failure) add(u Unit, message, hint string) {
	message = strings.TrimRight(message, "\n")
	for i := range f.Functions {
		one := &f.Functions[i]
		if one.Name == u.Function.Name && one.Message == message {
			if !slices.Contains(one.Arch, string(u.Arch)) {
				one.Arch = append(one.Arch, string(u.Arch))
			}
			return
		}
	}
	f.Functions = append(f.Functions, FunctionFailure{
		Name: u.Function.Name, Arch: []string{string(u.Arch)}, Message: message, Hint: hint,
	})
}

// join adds the functions of another failure.
func (f *Failure) join(other Failure) {
	for _, one := range other.Functions {
		for _, arch := range one.Arch {
			f.add(Unit{project.Function{Name: one.Name}, project.Arch(arch)}, one.Message, one.Hint)
		}
	}
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(s, "\n", "\n  ")
}
