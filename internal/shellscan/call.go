package shellscan

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call follows a simple command.
func (s *scan) call(c *syntax.CallExpr, certain bool) after {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			s.assign(a, certain)
		}
		return goesOn
	}
	for _, w := range c.Args {
		s.substitutions(w, certain)
	}
	end := goesOn
	run := func() {
		for _, a := range c.Assigns {
			s.assign(a, certain)
		}
		words := s.words(c.Args)
		if s.handled && len(words) > 0 && words[0].pattern == "*" {
			return // a function of the file that was sourced, with the handler's name
		}
		end = s.run(words, text(c), certain)
	}
	if len(c.Assigns) > 0 {
		s.apart(run)
	} else {
		run()
	}
	return end
}

// Builtins that start nothing, as far as this package follows them.
var builtins = map[string]bool{
	":": true, "[": true, "alias": true, "bg": true, "bind": true, "caller": true, "complete": true,
	"declare": true, "dirs": true, "disown": true, "echo": true, "enable": true, "export": true, "false": true,
	"fc": true, "fg": true, "hash": true, "help": true, "history": true, "jobs": true, "kill": true, "let": true, "local": true,
	"pwd": true, "readonly": true, "shopt": true, "test": true, "times": true, "trap": true, "true": true, "type": true, "typeset": true,
	"ulimit": true, "umask": true, "unalias": true, "wait": true,
}

// A wrapper is a command that starts another one.
type wrapper struct {
	options string   // those whose value is a separate word
	long    []string // likewise
	words   int      // how many come before the command
}

var wrappers = map[string]wrapper{
	"exec": {options: "a"}, "nohup": {}, "nice": {options: "n", long: []string{"--adjustment"}}, "env": {options: "uC", long: []string{"--unset", "--chdir"}},
	"stdbuf": {options: "ioe", long: []string{"--input", "--output", "--error"}}, "timeout": {options: "ks", long: []string{"--signal", "--kill-after"}, words: 1},
	"setsid": {}, "time": {},
}

// run follows a command whose words are expanded.
func (s *scan) run(args []value, text string, certain bool) after {
	if len(args) == 0 {
		return goesOn
	}
	start := Start{Text: text, Dir: s.dir, Certain: certain, Path: s.vars["PATH"].text, Child: s.child()}
	if v, set := s.lookUp("LD_LIBRARY_PATH"); v.known || !set {
		start.Libraries = &v.text
	}
	if !args[0].known {
		return s.start(start)
	}
	name, rest := args[0].text, args[1:]
	if body, ok := s.functions[name]; ok {
		return s.callFunction(body, rest, certain)
	}
	if builtins[name] {
		return goesOn
	}
	switch name {
	case "cd", "pushd":
		s.cd(rest)
		return goesOn
	case "popd":
		s.dir = ""
		return goesOn
	case "builtin":
		return s.run(rest, text, certain)
	case "command":
		posix := s.POSIX
		s.POSIX = false // a builtin that fails does not end the shell
		defer func() { s.POSIX = posix }()
		for len(rest) > 0 && rest[0].known && strings.HasPrefix(rest[0].text, "-") {
			if rest[0].text != "-p" {
				return goesOn // it only looks the command up
			}
			rest = rest[1:]
		}
		return s.run(rest, text, certain)
	case "set", "shift":
		if name == "set" {
			s.options(rest)
		}
		if name == "shift" || len(rest) > 0 && !(rest[0].known && (strings.HasPrefix(rest[0].text, "-") || strings.HasPrefix(rest[0].text, "+")) && rest[0].text != "--") {
			s.args = nil
		}
		return goesOn
	case "exit", "return":
		if len(rest) == 0 || !rest[0].known || rest[0].text == "0" {
			return hasEnded
		}
		if !certain {
			return goesOn // a guard: without an error the script continues
		}
		for i := range s.starts {
			s.starts[i].Otherwise = false
		}
		return hasEnded
	case "break", "continue":
		s.broken = max(s.broken, 1)
		if len(rest) > 0 { // of how many loops
			s.broken = maxOpen
		}
		return goesOn
	case "unset":
		for _, a := range rest {
			name, _, element := strings.Cut(a.text, "[")
			if delete(s.vars, name); s.lost || element {
				s.vars[name] = value{}
			}
			if !a.known {
				s.lose()
			}
		}
		return goesOn
	case "printf":
		if len(rest) > 2 && rest[0].text == "-v" && rest[1].known {
			s.set(rest[1].text, formatted(rest[2], rest[3:]))
		}
		return goesOn
	case "read", "mapfile", "readarray", "getopts":
		for _, a := range rest {
			a.text, _, _ = strings.Cut(a.text, "[")
			if _, there := s.vars[a.text]; a.known && (there || name == "read") {
				s.vars[a.text] = value{}
			}
		}
		return goesOn
	case "eval":
		return s.eval(rest, start)
	case ".", "source":
		return s.source(rest, start)
	}
	base := path.Base(name)
	if w, ok := wrappers[base]; ok {
		return s.wrapped(base, w, rest, text, certain)
	}
	switch {
	case base == "sh" || base == "bash":
		start.Child.POSIX = base == "sh"
		return s.shell(rest, start)
	case strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl") || base == "ld.so":
		return s.loader(name, rest, start)
	}
	start.Program = name
	return s.start(start)
}

// start notes a program that the script starts.
func (s *scan) start(p Start) after {
	p.Guarded = s.unreached || p.Program != "" && (slices.Contains(s.tested, p.Program) || slices.Contains(s.tested, s.absolute(p.Program)))
	p.Otherwise, p.Certain = p.Certain, p.Certain && !s.otherwise
	s.starts = append(s.starts, p)
	return goesOn
}

// options follows the options of set that matter here. With -e, a cd that fails ends the
// script. After posix, on or off, it is unknown where the shell looks for sourced files.
func (s *scan) options(args []value) {
	for _, a := range args {
		switch {
		case a.text == "--":
			return
		case a.text == "posix":
			s.POSIX = false
		case a.text == "errexit" || strings.HasPrefix(a.text, "-") && strings.Contains(a.text, "e"):
			s.errexit = true
		}
	}
}

// child returns the Config of a script that this one starts now. Of the variables, only
// those that are exported are known to reach it.
func (s *scan) child() Config {
	c := Config{Dir: s.dir, Vars: map[string]string{}, Child: true, Lost: s.lost}
	for name, v := range s.vars {
		if v.known && v.array == nil && s.exported[name] {
			c.Vars[name] = v.text
		} else {
			c.Unknown = append(c.Unknown, name)
		}
	}
	return c
}

func (s *scan) callFunction(body *syntax.Stmt, args []value, certain bool) after {
	if s.calls >= maxCalls {
		return goesOn
	}
	outerArgs, outerLocals := s.args, s.locals
	s.args, s.locals, s.chained = args, map[string]value{}, false
	s.calls++
	end := min(s.statement(body, certain), mayEnd)
	s.calls--
	maps.Copy(s.vars, s.locals)
	s.args, s.locals = outerArgs, outerLocals
	return end
}

// source follows a script that is read into this one.
func (s *scan) source(args []value, start Start) after {
	if len(args) == 0 || !args[0].known {
		named := len(args) > 0 && s.named(args[0].pattern)
		s.lose()
		s.dir = ""
		if s.handled = s.handled || named; named {
			return goesOn
		}
		return s.start(start)
	}
	start.Program, start.Shell = args[0].text, true
	file := start.Program
	switch inPath := !strings.Contains(file, "/") && start.Path != ""; {
	case inPath && s.Source != nil && s.inPath(&file, start.Path):
		start.Program = file
	case inPath && s.POSIX:
		start.InPath = true
		return s.start(start)
	case !path.IsAbs(file) && s.dir != "":
		file = path.Join(s.dir, file)
	}
	parsed, seen := s.sourced[file]
	if !seen && s.Source != nil && path.IsAbs(file) && len(s.sourced) < maxFiles {
		if text, ok := s.Source(file); ok {
			parsed, _ = parse(text)
		}
		s.sourced[file] = parsed
	}
	if parsed == nil || s.calls >= maxCalls {
		s.lose()
		return s.start(start)
	}
	start.Sourced = true
	s.start(start)
	if len(args) > 1 {
		outer := s.args
		s.args = args[1:]
		defer func() { s.args = outer }()
	}
	outer := s.file
	s.file = known(file)
	s.calls++
	defer func() { s.calls--; s.file = outer }()
	return min(s.statements(parsed.Stmts, start.Certain), mayEnd)
}

// named reports whether a pattern, whose * stands for what depends on the handler's name,
// matches a file. A pattern that ends in * does not count.
func (s *scan) named(pattern string) bool {
	s.steps += maxSteps / maxFiles
	pattern = s.absolute(pattern)
	return strings.Contains(pattern, "*") && !strings.HasSuffix(pattern, "*") && s.Matches != nil && s.Matches(pattern)
}

// inPath looks for a file to be sourced in the directories of PATH, and replaces it by its
// path. It also returns true if the working directory, from which relative ones begin, is
// unknown.
func (s *scan) inPath(file *string, dirs string) bool {
	for _, dir := range strings.Split(dirs, ":") {
		if !path.IsAbs(dir) && s.dir == "" {
			return true
		}
		if !path.IsAbs(dir) {
			dir = path.Join(s.dir, dir)
		}
		at := path.Join(dir, *file)
		if _, ok := s.Source(at); ok {
			*file = at
			return true
		}
	}
	return false
}

// cd changes the directory. If that does not exist, the shell stays where it is, unless
// set -e or && or || decides what follows.
func (s *scan) cd(args []value) {
	dir := s.goal(args)
	if s.errexit || s.chained || dir == "" || s.NoDirectory == nil || !s.NoDirectory(dir) {
		s.dir = dir
	}
}

// goal returns the directory that cd changes to; "" if it is unknown.
func (s *scan) goal(args []value) string {
	for len(args) > 0 && args[0].known && strings.HasPrefix(args[0].text, "-") && args[0].text != "-" {
		args = args[1:]
	}
	if len(args) == 0 || !args[0].known || args[0].text == "-" {
		return ""
	}
	return s.absolute(args[0].text)
}

// wrapped follows the command that a wrapper starts.
func (s *scan) wrapped(name string, w wrapper, args []value, text string, certain bool) after {
	replaced := name == "exec" && len(args) > 0 // without arguments, exec only redirects
	s.apart(func() {
		for len(args) > 0 && args[0].known {
			a := args[0].text
			switch {
			case len(a) > 1 && a[0] == '-':
				option, of, _ := strings.Cut(a, "=")
				if (len(a) == 2 && strings.Contains(w.options, a[1:]) || slices.Contains(w.long, a)) && len(args) > 1 {
					args = args[1:]
					of = args[0].text
				}
				switch {
				case name != "env":
				case option == "-i" || option == "-" || option == "--ignore-environment":
					delete(s.vars, "LD_LIBRARY_PATH")
				case option == "-u" || option == "--unset":
					delete(s.vars, of)
				case option == "-C" || option == "--chdir":
					s.cd([]value{knownIf(of, args[0].known)})
				}
			case name == "env" && strings.Contains(a, "="):
				k, v, _ := strings.Cut(a, "=")
				s.vars[k] = known(v)
			case w.words > 0:
				w.words--
			default:
				s.run(args, text, certain)
				return
			}
			args = args[1:]
		}
		if len(args) > 0 {
			s.run(args, text, certain)
		}
	})
	if replaced {
		return hasEnded
	}
	return goesOn
}

// shell follows sh -c TEXT and sh FILE. Without either, the shell reads its standard input.
func (s *scan) shell(args []value, start Start) after {
words:
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case !a.known:
			break words
		case len(a.text) > 1 && a.text[0] == '-' && a.text[1] != '-' && strings.Contains(a.text, "c"):
			if i+1 < len(args) && args[i+1].known {
				s.apart(func() {
					script, posix := s.script, s.POSIX
					s.script, s.args, s.POSIX = known("bash"), []value{}, start.Child.POSIX
					if i+2 < len(args) {
						s.script, s.args = args[i+2], args[i+3:]
					}
					s.inner(args[i+1].text, start)
					s.script, s.POSIX = script, posix
				})
				return goesOn
			}
			break words
		case a.text == "-o" || a.text == "+o" || a.text == "-O" || a.text == "--rcfile" || a.text == "--init-file":
			i++
		case a.text == "--version" || a.text == "--help":
			return goesOn
		case len(a.text) > 1 && (a.text[0] == '-' || a.text[0] == '+'):
		default:
			start.Program, start.Shell = a.text, true
			break words
		}
	}
	return s.start(start)
}

func (s *scan) eval(args []value, start Start) after {
	var words []string
	for _, a := range args {
		if !a.known {
			s.lose()
			s.dir = ""
			return s.start(start)
		}
		words = append(words, a.text)
	}
	return s.inner(strings.Join(words, " "), start)
}

// inner follows a text that is itself a script.
func (s *scan) inner(text string, start Start) after {
	file, err := parse([]byte(text))
	if err != nil || s.calls >= maxCalls {
		return s.start(start)
	}
	s.calls++
	defer func() { s.calls-- }()
	return s.statements(file.Stmts, start.Certain)
}

// loader follows the dynamic linker, called with a program (ld.so(8)).
func (s *scan) loader(name string, args []value, start Start) after {
	start.Loader = name
	for len(args) > 0 && args[0].known && strings.HasPrefix(args[0].text, "--") {
		switch args[0].text {
		case "--library-path", "--argv0", "--preload", "--audit", "--inhibit-rpath", "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask":
			if args[0].text == "--library-path" && len(args) > 1 {
				start.Libraries = nil
				if args[1].known {
					start.Libraries = &args[1].text
				}
			}
			args = args[min(2, len(args)):]
		default:
			args = args[1:]
		}
	}
	if len(args) > 0 && args[0].known {
		start.Program = args[0].text
	}
	return s.start(start)
}
