package shellscan

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assign follows NAME=VALUE.
func (s *scan) assign(a *syntax.Assign, certain bool) {
	if a.Value != nil {
		s.substitutions(a.Value, certain)
	}
	if a.Name == nil || a.Naked {
		return
	}
	v := s.word(a.Value)
	before, was := s.vars[a.Name.Value]
	if a.Append {
		v.text = before.text + v.text
	}
	if !v.known || a.Append && was && !before.known || a.Index != nil || a.Array != nil {
		v = value{}
	}
	s.vars[a.Name.Value] = v
}

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
		end = s.run(s.words(c.Args), text(c), certain)
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
	":": true, "[": true, "alias": true, "bg": true, "bind": true, "break": true, "builtin": true, "caller": true, "complete": true,
	"continue": true, "declare": true, "dirs": true, "disown": true, "echo": true, "enable": true, "export": true, "false": true,
	"fc": true, "fg": true, "hash": true, "help": true, "history": true, "jobs": true, "kill": true, "let": true, "local": true,
	"popd": true, "pwd": true, "readonly": true, "set": true, "shift": true, "shopt": true, "test": true, "times": true, "trap": true, "true": true, "type": true, "typeset": true,
	"ulimit": true, "umask": true, "unalias": true, "wait": true,
}

// A wrapper is a command that starts another one.
type wrapper struct {
	options string // those that take a word of their own
	words   int    // before the command
}

var wrappers = map[string]wrapper{
	"command": {}, "exec": {options: "a"}, "nohup": {}, "nice": {options: "n"}, "env": {options: "uC"}, "stdbuf": {options: "ioe"},
	"timeout": {options: "ks", words: 1}, "setsid": {}, "time": {},
}

// run follows a command whose words are expanded.
func (s *scan) run(args []value, text string, certain bool) after {
	if len(args) == 0 {
		return goesOn
	}
	start := Start{Text: text, Dir: s.dir, Certain: certain, Path: s.vars["PATH"].text, Libraries: s.vars["LD_LIBRARY_PATH"].text}
	if !args[0].known {
		return s.start(start)
	}
	name, rest := args[0].text, args[1:]
	if body, ok := s.functions[name]; ok {
		return s.callFunction(body, certain)
	}
	if builtins[name] {
		return goesOn
	}
	switch name {
	case "cd", "pushd":
		s.cd(rest)
		return goesOn
	case "exit", "return":
		if !certain && len(rest) > 0 && rest[0].known && rest[0].text != "0" {
			return goesOn // a guard: without an error the script continues
		}
		return hasEnded
	case "unset", "read", "mapfile", "readarray", "getopts", "printf":
		for _, a := range rest {
			if _, there := s.vars[a.text]; a.known && (there || name == "read") {
				s.vars[a.text] = value{}
			}
		}
		return goesOn
	case "eval":
		return s.eval(rest, start)
	case ".", "source":
		if len(rest) > 0 && rest[0].known {
			start.Program, start.Shell = rest[0].text, true
		}
		return s.start(start)
	}
	base := path.Base(name)
	if w, ok := wrappers[base]; ok {
		return s.wrapped(base, w, rest, text, certain)
	}
	switch {
	case base == "sh" || base == "bash":
		return s.shell(rest, start)
	case strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl") || base == "ld.so":
		return s.loader(name, rest, start)
	}
	start.Program = name
	return s.start(start)
}

// start notes a program that the script starts.
func (s *scan) start(p Start) after {
	s.starts = append(s.starts, p)
	return goesOn
}

func (s *scan) callFunction(body *syntax.Stmt, certain bool) after {
	if s.calls >= maxCalls {
		return goesOn
	}
	s.calls++
	defer func() { s.calls-- }()
	return min(s.statement(body, certain), mayEnd)
}

func (s *scan) cd(args []value) {
	for len(args) > 0 && args[0].known && strings.HasPrefix(args[0].text, "-") && args[0].text != "-" {
		args = args[1:]
	}
	switch {
	case len(args) == 0 || !args[0].known || args[0].text == "-":
		s.dir = ""
	case path.IsAbs(args[0].text):
		s.dir = path.Clean(args[0].text)
	case s.dir != "":
		s.dir = path.Join(s.dir, args[0].text)
	}
}

// wrapped follows the command that a wrapper starts.
func (s *scan) wrapped(name string, w wrapper, args []value, text string, certain bool) after {
	replaced := name == "exec" && len(args) > 0 // exec alone moves descriptors
	s.apart(func() {
		for len(args) > 0 && args[0].known {
			a := args[0].text
			switch {
			case name == "command" && (a == "-v" || a == "-V"):
				return // it only asks
			case len(a) > 1 && a[0] == '-':
				if len(a) == 2 && strings.Contains(w.options, a[1:]) && len(args) > 1 {
					args = args[1:]
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

// shell follows sh -c TEXT and sh FILE. Without either, it reads its standard input.
func (s *scan) shell(args []value, start Start) after {
words:
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case !a.known:
			break words
		case len(a.text) > 1 && a.text[0] == '-' && a.text[1] != '-' && strings.Contains(a.text, "c"):
			if i+1 < len(args) && args[i+1].known {
				s.apart(func() { s.inner(args[i+1].text, start) })
				return goesOn
			}
			break words
		case a.text == "-o" || a.text == "+o" || a.text == "-O":
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
				start.Libraries = args[1].text
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
