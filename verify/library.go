package verify

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify/internal/elfraw"
)

// A dynamicProgram is judged when all contents of the zip have been seen: its
// libraries may come after it.
type dynamicProgram struct {
	name string
	file *elfraw.File
	arch project.Arch
}

// maxLibraries bounds how many libraries of a zip are read for one program.
const maxLibraries = 200

// libraries follows the libraries that a program needs, and those that they
// need, and returns the highest minor version of glibc 2 that all of them
// ask for together, or -1.
func (p *programs) libraries(d dynamicProgram) (int, error) {
	x := p.x
	highest := newestGlibc(d.file)
	seen := map[string]bool{}
	ownGlibc := false
	var follow func(name string, f *elfraw.File, inherited []string) error
	follow = func(name string, f *elfraw.File, inherited []string) error {
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
			ownGlibc = ownGlibc || library == "libc.so.6"
			found, err := p.readLibrary(at)
			if err != nil {
				return err
			}
			file := x.archive.Entries[at].Name
			if found == nil || machineOf(found) != d.arch {
				x.find(idLibrary, d.name, "%q in the zip is no library for %s", file, d.arch)
				continue
			}
			highest = max(highest, newestGlibc(found))
			if err := follow(file, found, inherited); err != nil {
				return err
			}
		}
		return nil
	}
	err := follow(d.name, d.file, nil)
	if _, own := x.inZip(d.file.Interp); own && ownGlibc {
		return -1, err // it brings its glibc along
	}
	return highest, err
}

// newestGlibc returns the highest minor version of glibc 2 that a file asks
// for, or -1.
func newestGlibc(f *elfraw.File) int {
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
	return highest
}

// searchPath lists the folders in which the dynamic linker looks for what a
// file needs: an RPATH, the folders of Lambda's LD_LIBRARY_PATH that the zip
// is unpacked to (AWS Lambda developer guide, "Defined runtime environment
// variables": /var/task and /var/task/lib, or /opt/lib for a layer), a RUNPATH.
func (x *examination) searchPath(name string, f *elfraw.File, inherited []string) []string {
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
func (p *programs) readLibrary(i int) (*elfraw.File, error) {
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
		if err != nil || first && !elfraw.IsELF(b) {
			return nil, x.ctx.Err() // damage was reported when it was first read
		}
	}
	return elfraw.Read(random, random.Size(), -1)
}
