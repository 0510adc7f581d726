package verify

import (
	"bytes"
	"cmp"
	"debug/elf"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/project"
)

// binary checks one ELF program.
func (p *programs) binary(i int, how started, f *elfscan.File, head []byte, seen *sightings) {
	x := p.x
	name := x.name(i)
	if own := project.Arch(f.GOARCH()); !how.certain && (own == "" || x.options.Arch != "" && own != x.options.Arch) {
		p.others = append(p.others, otherProgram{i, own}) // the script may choose by architecture
		delete(p.seen, i)
		return
	}
	arch, ok := x.machine(name, f)
	if !ok {
		x.skip("the program is for another kind of machine; it was not read further", stageELF, stageDynamic, stageGo)
		return
	}
	p.elf = true
	if x.arch == "" {
		x.arch = arch
	}
	x.fact("architecture", "%s", arch)
	x.system(name, f)
	x.loadable(name, f)
	x.memory(name, f)
	x.hardening(name, f)
	x.origin(name, f, head)
	if f.HasInterp || len(f.Needed) > 0 {
		x.done(stageDynamic)
		p.dynamics = append(p.dynamics, dynamicProgram{name, f, arch, how.loader, how.dirs, how.anyDirs})
	} else if seen.staticNSS() && (f.Go == nil || f.Go.Settings["CGO_ENABLED"] != "0") {
		x.find(idStaticNSS, name, "it is static, and has glibc's name-service switch in it")
	}
	x.cpu(name, f)
	if f.Go != nil {
		x.done(stageGo)
		x.goBuild(name, f, seen)
	}
}

// machine checks class, byte order and machine. It returns false if the program cannot be
// examined further.
func (x *examination) machine(name string, f *elfscan.File) (project.Arch, bool) {
	arch := project.Arch(f.GOARCH())
	if arch == "" {
		x.find(idMachine, name, "it is for %s", f.MachineName())
		return "", false
	}
	if want := x.options.Arch; want != "" && arch != want {
		x.find(idMachine, name, "it is for %s, and %s is expected", arch, want)
	}
	return arch, true
}

// system checks that the program is for Linux. The kernel would also load a program for
// another system, which would then fail at its first system call.
func (x *examination) system(name string, f *elfscan.File) {
	systems := map[elf.OSABI]string{1: "HP-UX", 2: "NetBSD", 6: "Solaris", 9: "FreeBSD", 12: "OpenBSD", 97: "ARM without a system", 255: "no system"}
	// Linux programs have System V's number or Linux's; the kernel ignores it.
	if f.OSABI != elf.ELFOSABI_NONE && f.OSABI != elf.ELFOSABI_LINUX {
		x.find(idOS, name, "it is for %s (ABI %d)", cmp.Or(systems[f.OSABI], "an unknown system"), f.OSABI)
		return
	}
	for _, n := range f.Notes {
		foreign := n.Name == "OpenBSD" || n.Name == "NetBSD" || n.Name == "FreeBSD" || n.Name == "DragonFly"
		if foreign && n.Type == 1 {
			x.find(idOS, name, "it has a mark of %s", n.Name)
			return
		}
		// NT_GNU_ABI_TAG: the system, then the three numbers of its oldest version.
		if n.Name == "GNU" && n.Type == 1 && len(n.Desc) >= 16 {
			if n.Desc[0] != 0 {
				x.find(idOS, name, "its ABI mark names system %d, and Linux is 0", n.Desc[0])
				return
			}
			x.fact("oldest kernel", "%d.%d.%d", n.Desc[4], n.Desc[8], n.Desc[12])
		}
	}
	for _, mark := range []string{".openbsd.randomdata", ".note.openbsd.ident", ".note.netbsd.ident"} {
		for _, s := range f.Sections {
			if s.Name == mark {
				x.find(idOS, name, "it has a section %s", mark)
				return
			}
		}
	}
}

// goLibrary are the build modes of Go that do not make a program.
var goLibrary = map[string]bool{"c-shared": true, "c-archive": true, "archive": true, "plugin": true, "shared": true}

// loadable checks what the kernel needs to start the program.
func (x *examination) loadable(name string, f *elfscan.File) {
	switch {
	case f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN:
		kinds := map[elf.Type]string{elf.ET_REL: "an object file", elf.ET_CORE: "a core dump"}
		x.find(idType, name, "it is %s", cmp.Or(kinds[f.Type], "of an unknown type"))
		return
	case f.Type == elf.ET_DYN && f.Entry == 0:
		x.find(idType, name, "it is a shared library: it has no entry point")
		return
	case f.Type == elf.ET_DYN && f.Soname && !f.PIE && !f.HasInterp:
		// Older linkers gave libraries an entry point.
		x.find(idType, name, "it is a shared library: it has a library's name")
		return
	case f.Go != nil && goLibrary[f.Go.Settings["-buildmode"]]:
		x.find(idType, name, "Go built it with -buildmode=%s", f.Go.Settings["-buildmode"])
		return
	}
	for _, fault := range f.Faults {
		id := idBroken
		if fault.Kind == elfscan.FaultSections {
			id = idSections
		}
		x.find(id, name, "%s", fault.Detail)
	}
}

// memory checks what the segments need in memory.
func (x *examination) memory(name string, f *elfscan.File) {
	total := uint64(0)
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD && s.Memsz < 1<<47 {
			total += s.Memsz
		}
	}
	if total > maxMemory {
		x.find(idMemory, name, "its segments need %d MB", total>>20)
	}
}

// hardening checks what the segments allow.
func (x *examination) hardening(name string, f *elfscan.File) {
	relro := false
	for i, s := range f.Progs {
		switch {
		case s.Type == elf.PT_GNU_STACK && s.Flags&elf.PF_X != 0:
			x.find(idExecStack, name, "it asks for an executable stack")
		case s.Type == elf.PT_LOAD && s.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X:
			x.find(idWritableCode, name, "segment %d is writable and executable", i)
		}
		relro = relro || s.Type == elf.PT_GNU_RELRO
	}
	if f.TextRel {
		x.find(idTextRel, name, "its dynamic section announces text relocations")
	}
	if f.Type == elf.ET_DYN {
		x.fact("position independent", "yes")
	}
	if relro {
		x.fact("relocations read-only after start", "yes")
	}
}

// origin checks what made the program: packer, compiler, linker options.
func (x *examination) origin(name string, f *elfscan.File, head []byte) {
	if bytes.Contains(head[:min(len(head), 1024)], []byte("UPX!")) {
		x.find(idPacked, name, "it is packed by UPX")
	}
	for _, c := range f.Comments {
		x.fact("compiler", "%s", c)
		if strings.Contains(c, "Alpine") {
			x.find(idAlpine, name, "%s", c)
		}
	}
	switch {
	case f.Symbols && f.Debug:
		x.find(idNotStripped, name, "it has a symbol table and debug information")
	case f.Symbols:
		x.find(idNotStripped, name, "it has a symbol table")
	case f.Debug:
		x.find(idNotStripped, name, "it has debug information")
	}
}
