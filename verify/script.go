package verify

import (
	"bytes"
	"cmp"
	"path"
	"strings"
)

// scriptHead is how many bytes of a script the kernel reads for its #! line
// (linux/binfmts.h, BINPRM_BUF_SIZE).
const scriptHead = 256

// script checks a script that begins with #!, and returns the full path or the name of
// its interpreter; "" if there is none.
func (x *examination) script(name string, head []byte) (interpreter string) {
	x.done(stageScript)
	line, _, ended := bytes.Cut(head[:min(len(head), scriptHead)], []byte("\n"))
	if bytes.HasSuffix(line, []byte("\r")) {
		x.find(idScriptCRLF, name, "the first line ends in CRLF: the kernel looks for a program whose name ends in CR")
		line = bytes.TrimRight(line, "\r")
	}
	if !ended && len(head) >= scriptHead {
		x.find(idScriptLine, name, "the first line is longer than the kernel reads")
		return ""
	}
	fields := strings.Fields(string(line[2:]))
	switch {
	case len(fields) == 0:
		x.find(idScriptLine, name, "the first line names no program")
		return ""
	case !strings.HasPrefix(fields[0], "/"):
		x.find(idScriptLine, name, "the program %q of the first line is not an absolute path", fields[0])
		return ""
	case !ended:
		x.find(idScriptLine, name, "the first line does not end")
		return ""
	}
	if rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(line[2:])), fields[0])); isShell(fields[0]) && strings.ContainsAny(rest, " \t") {
		x.find(idScriptLine, name, "the kernel passes %q as one argument, which no shell understands: set the options in a line of their own", rest)
	}
	x.fact("bootstrap", "script for %s", strings.Join(fields, " "))
	switch {
	case !x.available(fields[0]):
		x.noInterpreter(name, fields[0], "%q is neither in Lambda's image, as far as is known, nor in the zip", fields[0])
		return ""
	case path.Base(fields[0]) == "env":
		return x.env(name, fields[1:])
	}
	return fields[0]
}

// noInterpreter notes that an interpreter was not found. An extension may also run with a
// managed runtime, whose image has more programs.
func (x *examination) noInterpreter(name, interpreter, format string, args ...any) {
	switch {
	case x.layers.starts(interpreter), x.layers.unknown && !strings.Contains(interpreter, "/"):
	case x.kind() == KindLayer && !strings.HasPrefix(interpreter, "/opt/"):
		x.find(idScriptUnseen, name, "the interpreter %q is in the image of a managed runtime, perhaps, and not in that of the OS-only ones", interpreter)
	default:
		x.find(idScriptInterpreter, name, format, args...)
	}
}

// env returns the program that env in a script's #! line starts. Linux passes everything
// after env as one argument; only -S splits it.
func (x *examination) env(name string, args []string) (interpreter string) {
	if first, split := splitString(args); split {
		args = append(first, args[1:]...)
		for len(args) > 0 && (strings.Contains(args[0], "=") || strings.HasPrefix(args[0], "-")) {
			args = args[1:]
		}
		args = args[:min(len(args), 1)]
	}
	if len(args) == 0 {
		x.find(idScriptLine, name, "env is given no program")
		return ""
	}
	program := strings.Join(args, " ")
	if strings.HasPrefix(program, "/") && x.available(program) {
		return program
	}
	if at, ok := x.command(program, scriptVariables["PATH"], "/var/task"); ok {
		return cmp.Or(at, program)
	}
	x.noInterpreter(name, program, "env looks for %q, which is neither in Lambda's image, as far as is known, nor in the zip", program)
	return ""
}

// splitString reports whether an option makes env split its argument (-S, -vS, -Sbash,
// --split-string=bash), and returns the word at the end of the option, if any.
func splitString(args []string) (first []string, split bool) {
	if len(args) == 0 {
		return nil, false
	}
	word, split := strings.CutPrefix(args[0], "--split-string")
	word = strings.TrimPrefix(word, "=")
	if !split && strings.HasPrefix(args[0], "-") && !strings.HasPrefix(args[0], "--") {
		_, word, split = strings.Cut(args[0], "S")
	}
	if word == "" {
		return nil, split
	}
	return []string{word}, split
}

// available reports whether a program is in Lambda's image, or in the zip and executable.
func (x *examination) available(program string) bool {
	dir := path.Dir(path.Clean(program))
	return (dir == "/bin" || dir == "/usr/bin") && imagePrograms[path.Base(program)] || x.ownProgram(program)
}

// ownProgram reports whether a path on Lambda is a program in the zip that everyone may
// execute.
func (x *examination) ownProgram(program string) bool {
	in, ok := x.inZip(program)
	if !ok {
		return false
	}
	i, ok := x.entry(in)
	if !ok {
		return false
	}
	m, ok := x.archive.Entries[i].UnixMode()
	return ok && m&(allRead|allExecute) == allRead|allExecute
}

// root returns the directory into which Lambda unpacks the zip.
func (x *examination) root() string {
	if x.kind() == KindLayer {
		return "/opt"
	}
	return "/var/task"
}

// inZip translates a path on Lambda into a name in the zip.
func (x *examination) inZip(file string) (string, bool) {
	return strings.CutPrefix(path.Clean(file), x.root()+"/")
}
