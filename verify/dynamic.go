package verify

import (
	"path"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify/internal/elfraw"
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
func (x *examination) dynamic(name string, f *elfraw.File, arch project.Arch) {
	if !x.options.Dynamic {
		switch {
		case !f.HasInterp:
			x.find(idDynamic, name, "it needs %s", strings.Join(f.Needed, ", "))
		default:
			x.find(idDynamic, name, "it is dynamically linked: %s, %s", f.Interp, strings.Join(f.Needed, ", "))
		}
	}
	switch {
	case !f.HasInterp:
		x.find(idInterpreter, name, "it needs libraries and names no dynamic linker to load them")
	case !x.hasInterpreter(f.Interp, arch):
		x.find(idInterpreter, name, "%q is neither in Lambda's image nor in the zip", f.Interp)
	}
	for _, library := range f.Needed {
		if !imageLibraries[library] && !x.hasLibrary(library, f.Runpath) {
			x.find(idLibrary, name, "%q", library)
		}
	}
	highest := -1
	for _, v := range f.Versions {
		rest, ok := strings.CutPrefix(v.Name, "GLIBC_2.")
		if !ok {
			continue
		}
		minor, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(minor); err == nil {
			highest = max(highest, n)
		}
	}
	if highest < 0 {
		return
	}
	x.fact("glibc", "2.%d or newer", highest)
	if has := glibc(x.options.Runtime); highest > has {
		runtime := x.options.Runtime
		if runtime == "" {
			runtime = project.AL2023
		}
		x.find(idGlibc, name, "it needs glibc 2.%d, and %s has 2.%d", highest, runtime, has)
	}
}

func (x *examination) hasInterpreter(interp string, arch project.Arch) bool {
	for _, i := range interpreters[arch] {
		if interp == i {
			return true
		}
	}
	in, ok := x.inZip(interp)
	return ok && x.available("/"+strings.TrimPrefix(interp, "/")) && in != ""
}

// hasLibrary looks for a library in the zip, where the dynamic linker would:
// in the program's RUNPATH, and in the folders of Lambda's LD_LIBRARY_PATH,
// /var/task and /var/task/lib, or /opt/lib for a layer (AWS Lambda developer guide, "Defined runtime environment
// variables").
func (x *examination) hasLibrary(library string, runpath []string) bool {
	root := "/var/task"
	dirs := []string{"/var/task", "/var/task/lib"}
	if x.kind() == KindLayer {
		root, dirs = "/opt", []string{"/opt/lib"}
	}
	if strings.Contains(library, "/") {
		in, ok := x.inZip(path.Join(root, library))
		if strings.HasPrefix(library, "/") {
			in, ok = x.inZip(library)
		}
		_, found := x.names.file(in)
		return ok && found
	}
	for _, r := range runpath {
		r = strings.ReplaceAll(strings.ReplaceAll(r, "${ORIGIN}", root), "$ORIGIN", root)
		dirs = append(dirs, r)
	}
	for _, d := range dirs {
		if in, ok := x.inZip(path.Join(d, library)); ok {
			if _, found := x.names.file(in); found {
				return true
			}
		}
	}
	return false
}
