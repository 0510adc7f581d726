package shellscan

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits of a script. The parser recurses for each level of nesting, and takes
// quadratic time for nested parentheses. Within these limits, a script made to be
// slow costs it about 20 MB and 100 ms.
const (
	MaxSize  = 16 << 10 // bytes
	maxOpen  = 400      // opening parentheses
	maxCalls = 8        // functions that call one another, and files that source one another
	maxFiles = 20       // files that are sourced
	maxSteps = 2000     // commands that are followed, and words that variables expand to
	maxVars  = 200      // variables
	maxValue = 4 << 10  // bytes of a value; a longer one is unknown
)

// ErrTooLarge says that a script is larger than MaxSize, is nested too deeply, or has too
// many commands or variables.
var ErrTooLarge = errors.New("script is too large or too deeply nested to be read")

// ErrCutOff says that every run of the script reaches a construct that is not terminated,
// where the shell stops with an error.
var ErrCutOff = errors.New("syntax error: unexpected end of the script")

// Config is what a script is started with.
type Config struct {
	Script string            // path of the script: $0
	Dir    string            // working directory
	Vars   map[string]string // environment, as far as it is known

	// Unknown are the variables that are set to an unknown value. Unless Lost is set, all
	// others that are not in Vars are unset.
	Unknown []string

	// Real is the path of the script without links, if Script is a link.
	Real string

	// Child says that another script starts this one, so that its arguments are unknown.
	// Lost says that it may have any variable.
	Child, Lost bool

	// Source returns the text of a file that the script reads with "." or source, and false
	// if the text is unknown. nil: no text is known.
	Source func(file string) ([]byte, bool)

	// NoDirectory reports whether a directory is known not to exist. nil: no directory is.
	NoDirectory func(dir string) bool

	// Absent reports whether a path is known to be neither a file nor a directory. nil: no
	// path is.
	Absent func(file string) bool

	// Matches reports whether the path of a file matches a pattern (path.Match). nil: no
	// file is known.
	Matches func(pattern string) bool

	// POSIX says that bash reads the script as sh: if "." names a file without a slash, bash
	// looks for it only in PATH (Bash manual, "Bash and POSIX").
	POSIX bool
}

// A Start is a program that a script starts.
type Start struct {
	Text    string // as the script has it
	Program string // path or name; "" if it is unknown
	Dir     string // working directory; "" if it is unknown
	Certain bool   // every run of the script reaches it

	// Guarded says that the script starts it only after a test that it exists, or never,
	// because of a condition. Otherwise says that it is reached by every run that starts
	// nothing guarded, and that the script does not end with an error after it.
	Guarded, Otherwise bool

	// Shell says that a shell reads Program as a script, so that it need
	// not be executable.
	Shell bool

	// Sourced says that the script reads Program with "." or source, and that the list
	// includes what Program starts.
	Sourced bool

	// InPath says that the shell reads Program, and looks for it only in PATH.
	InPath bool

	// Loader is the dynamic linker that was called to start Program; "" if
	// the kernel chooses it.
	Loader string

	Path      string  // PATH; "" if it is unknown
	Libraries *string // LD_LIBRARY_PATH, "" if it is unset; nil if it is unknown

	// Child is the Config with which Program is read if it is a script. Script, Real and the
	// functions are not set in it.
	Child Config
}

// Read returns what a script starts, in the script's order. The error says that the
// script could not be parsed, is ErrTooLarge, or wraps ErrCutOff.
func Read(text []byte, c Config) ([]Start, error) {
	s := &scan{Config: c, script: known(c.Script), file: known(c.Script), dir: c.Dir, vars: map[string]value{}, exported: map[string]bool{}, sourced: map[string]*syntax.File{}, functions: map[string]*syntax.Stmt{}}
	s.lost = c.Lost
	if !c.Child {
		s.args = []value{}
	}
	for name, text := range c.Vars {
		s.vars[name], s.exported[name] = known(text), true
	}
	for _, name := range c.Unknown {
		s.vars[name], s.exported[name] = value{}, true
		if name == handler {
			s.vars[name] = value{pattern: "*"}
		}
	}
	file, err := parse(text)
	if err != nil {
		// A shell runs what comes before the error. It carries on after a here-document that is
		// not terminated; and the parser sees quotes where there are none, as in "${X:-it's}".
		cause := errors.Unwrap(err)
		if !syntax.IsIncomplete(cause) || strings.Contains(cause.Error(), "here-document") || strings.Contains(cause.Error(), "closing quote") {
			return nil, err
		}
		var before []*syntax.Stmt
		_ = newParser().Stmts(bytes.NewReader(text), func(stmt *syntax.Stmt) bool {
			before = append(before, stmt)
			return true
		})
		switch end := s.statements(before, true); {
		case s.steps > maxSteps:
			return nil, ErrTooLarge
		case end == goesOn && !s.otherwise:
			return nil, fmt.Errorf("%w: %w", ErrCutOff, cause)
		case end != hasEnded:
			return nil, err
		}
		return s.starts, nil
	}
	s.statements(file.Stmts, true)
	if s.steps > maxSteps {
		return nil, ErrTooLarge
	}
	return s.starts, nil
}

func newParser() *syntax.Parser { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }

func parse(text []byte) (*syntax.File, error) {
	if len(text) > MaxSize || bytes.Count(text, []byte("(")) > maxOpen {
		return nil, ErrTooLarge
	}
	file, err := newParser().Parse(bytes.NewReader(text), "")
	if err != nil {
		return nil, fmt.Errorf("shell cannot read it: %w", err)
	}
	return file, nil
}

// A scan is the state of a shell, as far as it is known.
type scan struct {
	Config
	script    value            // $0
	file      value            // BASH_SOURCE: what is read, the script or a file that it sources
	args      []value          // $1 and so on; nil if they are unknown
	dir       string           // "" if it is unknown
	vars      map[string]value // those that are set
	exported  map[string]bool  // variables that a program gets
	locals    map[string]value // what variables were before the function's local ones; nil outside of a function
	lost      bool             // any variable may have any value
	functions map[string]*syntax.Stmt
	sourced   map[string]*syntax.File // by path; nil for a file that cannot be read
	errexit   bool                    // set -e, perhaps
	chained   bool                    // the command is the left side of && or ||
	broken    int                     // loops that may have been left, by break or continue
	tested    []string                // files and commands without which the command is not run
	unreached bool                    // the command is never run
	otherwise bool                    // something guarded may have ended the script
	handled   bool                    // a file with the handler's name was sourced
	calls     int
	steps     int
	starts    []Start
}

// apart calls do as in a subshell, which changes nothing in the shell that started it.
func (s *scan) apart(do func()) {
	before := *s
	s.vars, s.exported, s.functions, s.locals = maps.Clone(s.vars), maps.Clone(s.exported), maps.Clone(s.functions), maps.Clone(s.locals)
	do()
	after := *s
	*s = before
	s.sourced, s.calls, s.steps, s.starts = after.sourced, after.calls, after.steps, after.starts
}

// lose forgets the variables and the arguments: something unknown may have set them. What
// Lambda sets is assumed to stay, except LD_LIBRARY_PATH.
func (s *scan) lose() {
	for name := range s.vars {
		if _, ofLambda := s.Vars[name]; name != handler && !ofLambda || name == "LD_LIBRARY_PATH" {
			s.vars[name] = value{}
		}
	}
	s.args, s.lost = nil, true
}

// lookUp returns a variable, and whether it is or may be set. If it is not, v is the zero
// value, which is unknown.
func (s *scan) lookUp(name string) (v value, set bool) {
	v, set = s.vars[name]
	return v, set || s.lost
}

// perhaps calls do, for commands that not every run of the script reaches. If they change
// the directory or a variable, it is unknown afterwards.
func (s *scan) perhaps(do func()) {
	dir, vars := s.dir, s.vars
	s.vars = maps.Clone(vars)
	do()
	if s.dir != dir {
		s.dir = ""
	}
	for name, now := range s.vars {
		if before, was := vars[name]; !was || before != now {
			s.vars[name] = value{}
		}
	}
	for name := range vars {
		if _, still := s.vars[name]; !still {
			s.vars[name] = value{}
		}
	}
}
