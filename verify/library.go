package verify

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/project"
)

// A dynamicProgram is judged when all contents of the zip have been seen: its
// libraries may come after it.
type dynamicProgram struct {
	name string
	file *elfscan.File
	arch project.Arch
}

// maxLibraries bounds how many libraries of a zip are read for one program.
const maxLibraries = 200

// libraries follows the libraries that a program needs, and those that they
// need, and returns the newest versions that all of them ask for together, of
// what is not in the zip.
func (p *programs) libraries(d dynamicProgram) (versions, error) {
	x := p.x
	needs := versionsOf(d.file)
	seen := map[string]bool{}
	own := map[string]bool{}
	var follow func(name string, f *elfscan.File, inherited []string) error
	follow = func(name string, f *elfscan.File, inherited []string) error {
		dirs := x.searchPath(name, f, inherited)
		if f.Inherited {
			inherited = dirs
		}
		for _, library := range f.Needed {
			if seen[library] {
				continue
			}
			seen[library] = true
			at, ok := x.findLibrary(library, dirs)
			switch {
			case !ok && imageLibraries[library]:
				continue
			case !ok:
				x.find(idLibrary, d.name, "%q, which %s needs", library, name)
				continue
			case len(seen) > maxLibraries:
				x.find(idLibrary, d.name, "it needs more than %d libraries; not all were looked at", maxLibraries)
				return nil
			}
			own[library] = true
			found, err := p.readLibrary(at)
			if err != nil {
				return err
			}
			file := x.archive.Entries[at].Name
			if found == nil || project.Arch(found.GOARCH()) != d.arch {
				x.find(idLibrary, d.name, "%q in the zip is no library for %s", file, d.arch)
				continue
			}
			needs = needs.and(versionsOf(found))
			if err := follow(file, found, inherited); err != nil {
				return err
			}
		}
		return nil
	}
	err := follow(d.name, d.file, nil)
	if _, ok := x.inZip(d.file.Interp); ok && own["libc.so.6"] {
		needs.glibc = -1 // it brings glibc along, with its linker
	}
	if own["libstdc++.so.6"] {
		needs.libstdcxx = -1
	}
	return needs, err
}

// versions are the newest versions of the image's libraries that files ask
// for: the minor version of glibc 2, and x of GLIBCXX_3.4.x; -1 for none.
type versions struct{ glibc, libstdcxx int }

func (v versions) and(w versions) versions {
	return versions{max(v.glibc, w.glibc), max(v.libstdcxx, w.libstdcxx)}
}

// versionsOf reads the versions that one file asks for.
func versionsOf(f *elfscan.File) versions {
	v := versions{-1, -1}
	for _, need := range f.Versions {
		if need.Name == "GLIBC_ABI_DT_RELR" {
			v.glibc = max(v.glibc, 36) // glibc 2.36 introduced the mark (its NEWS)
		}
		v.glibc = max(v.glibc, suffix(need.Name, "GLIBC_2."))
		v.libstdcxx = max(v.libstdcxx, suffix(need.Name, "GLIBCXX_3.4."))
	}
	return v
}

// suffix returns the number behind a prefix, or -1.
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

// searchPath lists the folders in which the dynamic linker looks for what a
// file needs: an RPATH, the folders of Lambda's LD_LIBRARY_PATH that the zip
// is unpacked to (AWS Lambda developer guide, "Defined runtime environment
// variables": /var/task and /var/task/lib, or /opt/lib for a layer), a RUNPATH.
func (x *examination) searchPath(name string, f *elfscan.File, inherited []string) []string {
	root := x.root()
	dirs := []string{root, root + "/lib"}
	if x.kind() == KindLayer {
		dirs = dirs[1:]
	}
	dirs = append(dirs, inherited...)
	origin := path.Join(root, path.Dir(name))
	for _, r := range f.Runpath {
		dirs = append(dirs, strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin).Replace(r))
	}
	return dirs
}

// findLibrary looks for a library in those of the folders that are in the
// zip.
func (x *examination) findLibrary(library string, dirs []string) (int, bool) {
	if strings.Contains(library, "/") {
		// A name with a slash is a path; a relative one begins where Lambda
		// starts the function.
		if !strings.HasPrefix(library, "/") {
			library = path.Join(x.root(), library)
		}
		dirs = []string{path.Dir(library)}
	}
	for _, d := range dirs {
		if in, ok := x.inZip(path.Join(d, path.Base(library))); ok {
			if i, ok := x.names.file(in); ok {
				return i, true
			}
		}
	}
	return 0, false
}

// readLibrary reads an entry as an ELF file; nil if it is none.
func (p *programs) readLibrary(i int) (*elfscan.File, error) {
	x := p.x
	e := &x.archive.Entries[i]
	if !x.archive.Readable(e) {
		return nil, nil
	}
	x.stream.Open(x.ctx, x.archive, e)
	random := x.stream.Random()
	for first := true; ; first = false {
		b, err := x.stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil || first && !elfscan.IsELF(b) {
			return nil, x.ctx.Err() // damage was reported when it was first read
		}
	}
	return elfscan.Read(random, random.Size(), -1)
}
