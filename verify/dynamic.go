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

// An image is what a runtime offers to dynamically linked programs.
type image struct {
	name      project.Runtime
	glibc     int // minor version of glibc 2
	libstdcxx int // highest GLIBCXX_3.4.x
}

// imageOf returns the image of a runtime. Amazon Linux 2023 has gcc 11 (AWS,
// "Core toolchain packages glibc, gcc, binutils"), Amazon Linux 2 has gcc 7;
// their versions of libstdc++ are in GCC's "ABI Policy and Guidelines".
func imageOf(r project.Runtime) image {
	if r == project.AL2 {
		return image{project.AL2, 26, 24}
	}
	return image{project.AL2023, 34, 29}
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
	needs, err := p.libraries(d)
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
	}
	return nil
}

func (x *examination) hasInterpreter(interp string, arch project.Arch) bool {
	return slices.Contains(interpreters[arch], interp) || strings.HasPrefix(interp, "/") && x.ownProgram(interp)
}
