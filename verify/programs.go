package verify

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/shellscan"
	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// programs examines the programs of a zip while its contents are decompressed.
type programs struct {
	x   *examination
	elf bool // an ELF program was read completely

	dynamics    []dynamicProgram
	others      []otherProgram
	scripts     []pendingScript
	seen        map[int]bool // entries that were examined
	interpreter map[int]int  // entries of interpreters, by the entries of their scripts

	libraries   map[int]library // that were read, by entry
	librarySize int64           // of all that were read, in bytes
	kept        int             // bytes of names in libraries
}

// An otherProgram is a program that Lambda does not start itself, but a script may.
type otherProgram struct {
	at   int
	arch project.Arch // empty: not one of Lambda's
}

// other notes a program that Lambda does not start itself, if it is for another
// architecture. head is its beginning.
func (p *programs) other(i int, head []byte) {
	m, _ := p.x.archive.Entries[i].UnixMode()
	if m&allExecute == 0 || !elfscan.IsELF(head) || len(head) < elfscan.HeaderSize || len(p.others) > maxFindings {
		return
	}
	if arch := project.Arch(elfscan.ReadHeader(head).GOARCH()); arch == "" || p.x.options.Arch != "" && arch != p.x.options.Arch {
		p.others = append(p.others, otherProgram{i, arch})
	}
}

func newPrograms(x *examination) *programs {
	return &programs{x: x, seen: map[int]bool{}, interpreter: map[int]int{}, libraries: map[int]library{}}
}

// A role says how a file is used: the bootstrap and a layer's extensions and programs are
// started; libraries may be loaded.
type role int

const (
	roleNone role = iota
	roleBootstrap
	roleProgram
	roleLibrary
	roleStarted // by a script
)

func (p *programs) role(i int) role {
	e := &p.x.archive.Entries[i]
	switch {
	case !isFile(e):
		return roleNone
	case p.x.boot == i:
		return roleBootstrap
	case p.x.kind() == KindLayer && (isExtension(e.Name) || strings.HasPrefix(e.Name, "bin/") && strings.Count(e.Name, "/") == 1):
		return roleProgram
	case p.x.kind() == KindLayer && strings.HasPrefix(e.Name, "lib/") && strings.Contains(path.Base(e.Name), ".so"):
		return roleLibrary
	}
	return roleNone
}

// read decompresses entry i completely, and examines it if it is a program. Its error is a
// *zipscan.Fault or the file's.
func (p *programs) read(i int, role role, how started) error {
	e := &p.x.archive.Entries[i]
	s := p.x.stream
	s.Open(p.x.ctx, p.x.archive, e)
	if role != roleNone {
		p.seen[i] = true
	}
	var random *zipscan.Random
	var seen sightings
	if role != roleNone && role != roleLibrary {
		random = s.Random()
	}
	var head []byte
	program := false
	for first := true; ; first = false {
		b, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if role == roleBootstrap {
				p.x.skip("bootstrap cannot be decompressed", bootstrapStages...)
			}
			return err
		}
		if role == roleNone {
			if first {
				p.other(i, b)
			}
			continue
		}
		head = append(head, b[:min(len(b), shellscan.MaxSize+1-len(head))]...)
		if first {
			program = random != nil && elfscan.IsELF(head)
		}
		if program {
			seen.look(b)
		}
	}
	if role == roleNone {
		return nil
	}
	return p.examine(i, role, how, head, random, &seen)
}

// examine checks a program or library. head is its beginning.
func (p *programs) examine(i int, role role, how started, head []byte, random *zipscan.Random, seen *sightings) error {
	x := p.x
	e := &x.archive.Entries[i]
	x.done(stageBootstrap)
	switch {
	case elfscan.IsELF(head) && role == roleLibrary:
		x.machine(e.Name, elfscan.ReadHeader(head))
	case elfscan.IsELF(head) && how.shell && how.certain:
		x.find(idScriptFormat, e.Name, "a shell reads it as a script, and it is a program")
	case elfscan.IsELF(head):
		if role == roleBootstrap {
			x.skip("bootstrap is a program, not a script", stageScript)
		}
		f, err := elfscan.Read(random, random.Size(), seen.goMagic())
		if err != nil {
			return err
		}
		p.binary(i, how, f, head, seen)
	case how.sourced:
		x.crlf(e.Name, head)
	case role == roleStarted && how.shell:
		p.scripts = append(p.scripts, pendingScript{i, head, how})
	case bytes.HasPrefix(head, []byte("#!")) && role != roleLibrary:
		x.skip("there are only scripts", stageELF, stageDynamic, stageGo)
		interpreter := x.script(e.Name, head)
		if in, ok := x.inZip(interpreter); ok {
			if at, ok := x.entry(in); ok {
				p.interpreter[i] = at
				p.scripts = append(p.scripts, pendingScript{at: at})
			}
		}
		if isShell(interpreter) {
			p.scripts = append(p.scripts, pendingScript{i, head, how})
		}
	case role == roleStarted && !how.kernel && isText(head):
		p.scripts = append(p.scripts, pendingScript{i, head, how}) // a shell that cannot execute it reads it as a script
	case role == roleStarted:
		x.find(idScriptFormat, e.Name, "%s", notAProgram(head))
	case role == roleBootstrap || isExtension(e.Name):
		x.find(idBootstrapFormat, e.Name, "%s", notAProgram(head))
		x.skip("bootstrap is not a program", stageScript, stageELF, stageDynamic, stageGo)
	}
	return nil
}

// startedByScripts examines what scripts start, and their interpreters.
func (p *programs) startedByScripts() error {
	for n := 0; n < len(p.scripts); n++ { // each may add more
		var err error
		if s := p.scripts[n]; s.text == nil {
			err = p.readStarted(s.at, started{certain: true, kernel: true})
		} else {
			err = p.follow(s)
		}
		var damaged *zipscan.Fault
		if err != nil && !errors.As(err, &damaged) { // damage was reported when the contents were read
			return err
		}
	}
	return nil
}

// finish runs the checks that need all contents to have been read, and sets which stages
// were reached. If again is false, the zip is too large, and what scripts start is not
// examined.
func (p *programs) finish(again bool) error {
	x := p.x
	if again {
		if err := p.startedByScripts(); err != nil {
			return err
		}
	}
	p.interpreterChains()
	for _, d := range p.dynamics {
		if err := p.dynamic(d); err != nil {
			return err
		}
	}
	if x.stages[stageScript].done {
		for _, o := range p.others {
			if !p.seen[o.at] {
				x.find(idOther, x.name(o.at), "it is a program for another architecture%s", strings.TrimSuffix(" ("+string(o.arch)+")", " ()"))
			}
		}
	}
	if p.elf {
		x.done(stageELF)
		x.skip("the program is statically linked", stageDynamic)
		x.skip("it is not a Go program", stageGo)
	}
	if x.kind() == KindLayer {
		x.done(stageBootstrap)
		x.skip("the layer has no scripts that Lambda starts", stageScript)
		x.skip("the layer has no programs that Lambda starts", stageELF, stageDynamic, stageGo)
	}
	return nil
}

// notAProgram describes a file that Linux cannot execute.
func notAProgram(head []byte) string {
	if len(head) == 0 {
		return "it is empty"
	}
	for _, known := range []struct{ begin, what string }{
		{"\xef\xbb\xbf#!", "a byte order mark stands before its #!"},
		{"MZ", "it is a program for Windows"},
		{"\xcf\xfa\xed\xfe", "it is a program for macOS, or a Java class"},
		{"\xce\xfa\xed\xfe", "it is a program for macOS, or a Java class"},
		{"\xca\xfe\xba\xbe", "it is a program for macOS, or a Java class"},
		{"\x00asm", "it is WebAssembly"},
		{"PK\x03\x04", "it is a zip"},
		{"!<arch>", "it is a library of object files"},
	} {
		if bytes.HasPrefix(head, []byte(known.begin)) {
			return known.what
		}
	}
	return "it is neither an ELF program nor a script with a #! line"
}
