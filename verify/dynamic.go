package verify

import (
	"slices"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// dynamic checks what a program needs of the dynamic linker.
func (p *programs) dynamic(d dynamicProgram) error {
	x, name, f := p.x, d.name, d.file
	if !x.options.Dynamic && d.loader == "" {
		what := strings.Join(f.Needed, ", ")
		if f.HasInterp {
			what = strings.Trim(f.Interp+", "+what, ", ")
		}
		x.find(idDynamic, name, "it needs %s", what)
	}
	switch {
	case d.loader != "": // a script starts it with a dynamic linker
	case !f.HasInterp:
		x.find(idInterpreter, name, "it needs libraries and names no dynamic linker to load them")
	case !x.hasInterpreter(f.Interp, d.arch):
		x.find(idInterpreter, name, "%q is neither in Lambda's image nor in the zip", f.Interp)
	}
	needs, err := p.needs(d)
	if err != nil {
		return err
	}
	has := imageOf(x.options.Runtime)
	if needs.glibc >= 0 {
		x.fact("glibc", "2.%d or newer", needs.glibc)
	}
	if needs.glibc > has.glibc {
		x.find(idGlibc, name, "it needs glibc 2.%d, and %s has 2.%d", needs.glibc, has.name, has.glibc)
	}
	if needs.libstdcxx > has.libstdcxx {
		x.find(idLibstdcxx, name, "it needs GLIBCXX_3.4.%d, and %s has GLIBCXX_3.4.%d", needs.libstdcxx, has.name, has.libstdcxx)
	} else if needs.cxxabi > has.cxxabi {
		x.find(idLibstdcxx, name, "it needs CXXABI_1.3.%d, and %s has CXXABI_1.3.%d", needs.cxxabi, has.name, has.cxxabi)
	}
	return nil
}

func (x *examination) hasInterpreter(interp string, arch project.Arch) bool {
	return slices.Contains(interpreters[arch], interp) || strings.HasPrefix(interp, "/") && x.ownProgram(interp) ||
		x.layers.starts(interp)
}
