package verify

import (
	"slices"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// Where glibc's dynamic linker is, by its ABI; /lib64 and /lib are links
// to /usr/lib64 and /usr/lib in Amazon Linux.
var interpreters = map[project.Arch][]string{
	project.AMD64: {"/lib64/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2"},
	project.ARM64: {"/lib/ld-linux-aarch64.so.1", "/usr/lib/ld-linux-aarch64.so.1", "/lib64/ld-linux-aarch64.so.1", "/usr/lib64/ld-linux-aarch64.so.1"},
}

// Libraries that come with glibc and with gcc's runtime, which no image that
// runs dynamically linked programs of Amazon Linux can be without.
var imageLibraries = map[string]bool{
	"libc.so.6": true, "libm.so.6": true, "libmvec.so.1": true, "libpthread.so.0": true, "libdl.so.2": true, "librt.so.1": true,
	"libutil.so.1": true, "libresolv.so.2": true, "libanl.so.1": true, "libBrokenLocale.so.1": true,
	"libgcc_s.so.1": true, "libstdc++.so.6": true,
	"ld-linux-x86-64.so.2": true, "ld-linux-aarch64.so.1": true,
}

// glibc returns the minor version of glibc 2 in a runtime.
func glibc(r project.Runtime) int {
	if r == project.AL2 {
		return 26
	}
	return 34
}

// dynamic judges what a program asks of the dynamic linker.
func (p *programs) dynamic(d dynamicProgram) error {
	x, name, f := p.x, d.name, d.file
	if !x.options.Dynamic {
		what := strings.Join(f.Needed, ", ")
		if f.HasInterp {
			what = strings.Trim(f.Interp+", "+what, ", ")
		}
		x.find(idDynamic, name, "it needs %s", what)
	}
	switch {
	case !f.HasInterp:
		x.find(idInterpreter, name, "it needs libraries and names no dynamic linker to load them")
	case !x.hasInterpreter(f.Interp, d.arch):
		x.find(idInterpreter, name, "%q is neither in Lambda's image nor in the zip", f.Interp)
	}
	highest, err := p.libraries(d)
	if err != nil || highest < 0 {
		return err
	}
	x.fact("glibc", "2.%d or newer", highest)
	if has := glibc(x.options.Runtime); highest > has {
		runtime := x.options.Runtime
		if runtime == "" {
			runtime = project.AL2023
		}
		x.find(idGlibc, name, "it needs glibc 2.%d, and %s has 2.%d", highest, runtime, has)
	}
	return nil
}

func (x *examination) hasInterpreter(interp string, arch project.Arch) bool {
	return slices.Contains(interpreters[arch], interp) || strings.HasPrefix(interp, "/") && x.ownProgram(interp)
}
