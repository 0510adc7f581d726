package verify

import (
	"cmp"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/project"
)

// A dynamicProgram is checked after all contents of the zip have been read, since its
// libraries may come after it.
type dynamicProgram struct {
	name string
	file *elfscan.File
	arch project.Arch

	// Set if a script starts it: the dynamic linker that the script names, and the
	// directories of LD_LIBRARY_PATH or --library-path.
	loader  string
	dirs    []string
	anyDirs bool // they are unknown
}

// linker returns the path of the dynamic linker that starts the program.
func (d dynamicProgram) linker() string { return cmp.Or(d.loader, d.file.Interp) }

// isMusl reports whether a dynamic linker is musl's, in the zip or in a layer.
func (x *examination) isMusl(linker string) bool {
	return strings.HasPrefix(path.Base(linker), "ld-musl-") && (x.ownProgram(linker) || x.layers.starts(linker))
}

// muslItself reports whether musl's dynamic linker takes the name of a library for its
// own, since it is also the C library (musl's ldso/dynlink.c, load_library).
func muslItself(library string) bool {
	name, _, _ := strings.Cut(library, ".")
	return strings.Contains(library, ".") && slices.Contains([]string{"libc", "libpthread", "librt", "libm", "libdl", "libutil", "libxnet"}, name)
}

const (
	maxLibraries = 200     // names of libraries that are followed for one program
	maxInherited = 100     // directories that a library takes over from what needs it
	maxKept      = 4 << 20 // bytes of names that are kept of libraries
)

// needs follows the libraries that a program needs, and those that they need in turn.
// It returns the newest versions of libraries outside the zip that any of them needs.
func (p *programs) needs(d dynamicProgram) (versions, error) {
	x := p.x
	needs := versionsOf(d.file)
	seen := map[string]bool{}
	own := map[string]bool{}
	var follow func(name string, f *elfscan.File, inherited []string) error
	follow = func(name string, f *elfscan.File, inherited []string) error {
		dirs, inherited := x.searchPath(d, name, f, inherited)
		for _, library := range f.Needed {
			if seen[library] || x.isMusl(d.linker()) && muslItself(library) {
				continue
			}
			if len(seen) == maxLibraries {
				x.find(idLibrary, d.name, "it needs more than %d libraries; not all were looked at", maxLibraries)
				return x.ctx.Err()
			}
			seen[library] = true
			at, where := x.findLibrary(library, dirs)
			switch {
			case where == inImage, where == nowhere && x.layers.unknown:
				continue
			case where == nowhere && d.anyDirs:
				x.find(idScriptUnseen, d.name, "LD_LIBRARY_PATH, which may lead to %q, is known only when it runs", library)
				continue
			case where == nowhere:
				x.find(idLibrary, d.name, "%q, which %s needs", library, name)
				continue
			case !p.affords(at):
				x.find(idLibrary, d.name, "%q in the zip was not looked at: the libraries have more than %d bytes", x.name(at), maxUnzipped)
				continue
			}
			own[library] = true
			found, err := p.readLibrary(at)
			if err != nil {
				return err
			}
			file := x.archive.Entries[at].Name
			if found.File == nil || project.Arch(found.GOARCH()) != d.arch {
				x.find(idLibrary, d.name, "%q in the zip is not a library for %s", file, d.arch)
				continue
			}
			for _, fault := range found.Faults {
				if fault.Kind == elfscan.FaultHeader || fault.Kind == elfscan.FaultSegment {
					x.find(idLibrary, d.name, "%q in the zip is cut off or damaged: %s", file, fault.Detail)
					break
				}
			}
			needs = needs.and(found.needs)
			if err := follow(file, found.File, inherited); err != nil {
				return err
			}
		}
		return nil
	}
	err := follow(d.name, d.file, nil)
	if _, ok := x.inZip(d.linker()); ok && own["libc.so.6"] || x.layers.has(d.linker()) {
		needs.glibc = -1 // the zip or a layer contains glibc, with its linker
	}
	if own["libstdc++.so.6"] {
		needs.libstdcxx, needs.cxxabi = -1, -1
	}
	return needs, err
}

// versions are the newest versions of the image's libraries that files need: the minor
// version of glibc 2, x of GLIBCXX_3.4.x, and x of CXXABI_1.3.x; -1 for none.
type versions struct{ glibc, libstdcxx, cxxabi int }

func (v versions) and(w versions) versions {
	return versions{max(v.glibc, w.glibc), max(v.libstdcxx, w.libstdcxx), max(v.cxxabi, w.cxxabi)}
}

// versionsOf returns the versions that one file needs.
func versionsOf(f *elfscan.File) versions {
	v := versions{-1, -1, -1}
	for _, need := range f.Versions {
		if need.Name == "GLIBC_ABI_DT_RELR" {
			v.glibc = max(v.glibc, 36) // glibc 2.36 introduced the mark (its NEWS)
		}
		v.glibc = max(v.glibc, suffix(need.Name, "GLIBC_2."))
		v.libstdcxx = max(v.libstdcxx, suffix(need.Name, "GLIBCXX_3.4."))
		v.cxxabi = max(v.cxxabi, suffix(need.Name, "CXXABI_1.3."))
	}
	return v
}

// suffix returns the number after a prefix, or -1.
func suffix(name, prefix string) int {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return -1
	}
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(rest)
	if err != nil {
		return -1
	}
	return n
}

// systemFolders are the directories of the image's libraries; /lib64 is a link to
// /usr/lib64.
var systemFolders = map[string]bool{"/lib64": true, "/usr/lib64": true}

// searchPath returns the directories in which the dynamic linker searches for what a file
// needs, in order (ld.so(8)): RPATH, LD_LIBRARY_PATH, RUNPATH, the linker's own. Lambda's
// LD_LIBRARY_PATH begins with the image's directories, so a library of the image wins over
// the same one in the zip. rpath are the directories that also apply to the libraries'
// libraries: an RPATH, and for musl a RUNPATH as well (ldso/dynlink.c, fixup_rpath).
func (x *examination) searchPath(d dynamicProgram, name string, f *elfscan.File, inherited []string) (dirs, rpath []string) {
	origin, musl := path.Join(x.root(), path.Dir(name)), x.isMusl(d.linker())
	var own []string
	tokens := strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin, "${LIB}", "lib64", "$LIB", "lib64")
	for _, r := range f.Runpath {
		if dir := tokens.Replace(r); len(dir) <= elfscan.MaxName { // many tokens make a long one
			own = append(own, dir)
		}
	}
	switch {
	case f.Inherited || musl:
		rpath = append(own, inherited...)
		dirs, own = rpath, nil
	case len(own) == 0:
		rpath, dirs = inherited, inherited
	default:
		rpath = inherited // passed on, but not used together with a RUNPATH
	}
	rpath = rpath[:min(len(rpath), maxInherited)]
	environment := d.dirs
	if environment == nil {
		environment = strings.Split(scriptVariables["LD_LIBRARY_PATH"], ":")
	}
	if !musl { // musl looks into /lib and /usr/lib, where the image has no libraries
		own = append(own, "/lib64")
	}
	return slices.Concat(dirs, environment, own), rpath
}

// A place is where a library is.
type place int

const (
	nowhere place = iota
	inImage       // or in a layer
	inZip
)

// findLibrary searches directories for a library. If it is in the zip, i is its entry.
func (x *examination) findLibrary(library string, dirs []string) (i int, where place) {
	if strings.Contains(library, "/") {
		// A name with a slash is a path; a relative one begins where Lambda
		// starts the function.
		if !strings.HasPrefix(library, "/") {
			library = path.Join(x.root(), library)
		}
		dirs = []string{path.Dir(library)}
	}
	for _, d := range dirs {
		// It is not documented in which directory extensions are started.
		if d = path.Clean(d); !path.IsAbs(d) && x.kind() != KindLayer {
			d = path.Join(x.root(), d)
		}
		if systemFolders[d] && imageOf(x.options.Runtime).libraries[path.Base(library)] || x.layers.has(path.Join(d, path.Base(library))) {
			return 0, inImage
		}
		if in, ok := x.inZip(path.Join(d, path.Base(library))); ok {
			if i, ok := x.entry(in); ok {
				return i, inZip
			}
		}
	}
	return 0, nowhere
}

// A library is what is kept of a library in the zip.
type library struct {
	*elfscan.File // without versions, sections and notes; nil if it is not ELF
	needs         versions
}

// affords reports whether library i can be read: all that are read together may have as
// many bytes as Lambda allows a function. Only a zip that is larger has more.
func (p *programs) affords(i int) bool {
	if _, done := p.libraries[i]; done {
		return true
	}
	p.librarySize += p.x.archive.Entries[i].Size
	return p.librarySize <= maxUnzipped
}

// readLibrary reads an entry as an ELF file. Each is read once, unless the names in it are
// very long.
func (p *programs) readLibrary(i int) (library, error) {
	x := p.x
	e := &x.archive.Entries[i]
	if l, done := p.libraries[i]; done || !x.archive.Readable(e) {
		return l, nil
	}
	x.stream.Open(x.ctx, x.archive, e)
	random := x.stream.Random()
	for first := true; ; first = false {
		b, err := x.stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil || first && !elfscan.IsELF(b) {
			p.libraries[i] = library{}
			return library{}, x.ctx.Err() // damage was reported when the entry was first read
		}
	}
	f, err := elfscan.Read(random, random.Size(), -1)
	if err != nil {
		return library{}, err
	}
	l := library{f, versionsOf(f)}
	f.Progs, f.Versions, f.Sections, f.Comments, f.Notes, f.Go = nil, nil, nil, nil, nil, nil
	for _, name := range slices.Concat(f.Needed, f.Runpath) {
		p.kept += len(name)
	}
	if p.kept <= maxKept {
		p.libraries[i] = l
	}
	return l, nil
}
