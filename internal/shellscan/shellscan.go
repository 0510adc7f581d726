package shellscan

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits of a script. The parser calls itself for each level of nesting, and
// takes quadratic time for nested parentheses; within these limits a script
// made to be slow costs it some 20 MB and 100 ms.
const (
	MaxSize  = 16 << 10 // bytes
	maxOpen  = 400      // opening parentheses
	maxCalls = 8        // functions that call one another, and files that source one another
	maxFiles = 20       // files that are sourced
	maxSteps = 2000     // commands that are followed, and words that variables become
	maxVars  = 200      // variables
	maxValue = 4 << 10  // bytes of a value; a longer one is not known
)

// ErrTooLarge says that a script is larger than MaxSize, or nested too deeply.
var ErrTooLarge = errors.New("script is too large or too deeply nested to be read")

// ErrCutOff says that every run of the script comes to a part that has no end, at which a
// shell stops with an error.
var ErrCutOff = errors.New("syntax error: unexpected end of the script")

// Config is what a script is started with.
type Config struct {
	Script string            // path of the script: $0
	Dir    string            // working directory
	Vars   map[string]string // environment, as far as it is known

	// Unknown are the variables that are set to an unknown value. All others that
	// are not in Vars are unset.
	Unknown []string

	// Real is the path of the script without links, where Script is a link.
	Real string

	// Child says that another script starts it, so that its arguments are not known; Lost,
	// that it may have any variable.
	Child, Lost bool

	// Source returns the text of a file that the script reads by "." or source, and false
	// if that is not known. nil: none is known.
	Source func(file string) ([]byte, bool)

	// NoDirectory reports whether a directory is known not to exist. nil: none is.
	NoDirectory func(dir string) bool

	// Absent reports whether there is known to be no file and no directory at a path. nil: none
	// is.
	Absent func(file string) bool

	// Matches reports whether there is a file whose path matches a pattern (path.Match). nil:
	// none is known.
	Matches func(pattern string) bool

	// POSIX says that bash reads the script as sh: it looks for a file that "." names without
	// a slash in PATH alone (Bash manual, "Bash and POSIX").
	POSIX bool
}

// A Start is a program that a script starts.
type Start struct {
	Text    string // as the script has it
	Program string // path or name; "" if it is not known
	Dir     string // working directory; "" if it is not known
	Certain bool   // every run of the script reaches it

	// Guarded says that the script starts it only after a test that it is there, or not at
	// all, since a file is not there; Otherwise, that every run reaches it that starts nothing
	// which is guarded, and that the script does not end with an error after it.
	Guarded, Otherwise bool

	// Shell says that a shell reads Program as a script, so that it need
	// not be executable.
	Shell bool

	// Sourced says that the script reads Program by "." or source, and that what it starts
	// is in the list as well.
	Sourced bool

	// InPath says that the shell looks for Program, which it reads, in PATH alone.
	InPath bool

	// Loader is the dynamic linker that was called to start Program; "" if
	// the kernel chooses it.
	Loader string

	Path      string  // PATH; "" if it is not known
	Libraries *string // LD_LIBRARY_PATH, "" if it is unset; nil if it is not known

	// Child is what Program is read with if it is a script, but for Script, Real and Source.
	Child Config
}

// Read returns what a script starts, in its order. The error says that it
// could not be parsed, is ErrTooLarge, or wraps ErrCutOff.
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
		// A shell runs what comes before. At the end of a here-document that has none it goes on;
		// and of quotes the parser sees some that are none, as in ${X:-it's} between others.
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
	file      value            // what is read, the script or what it sources: BASH_SOURCE
	args      []value          // $1 and so on; nil if they are not known
	dir       string           // "" if it is not known
	vars      map[string]value // those that are set
	exported  map[string]bool  // those of them that a program gets
	locals    map[string]value // what variables were before the function's local ones; nil outside of a function
	lost      bool             // any variable may have any value
	functions map[string]*syntax.Stmt
	sourced   map[string]*syntax.File // by path; nil for a file that cannot be read
	errexit   bool                    // set -e, perhaps
	chained   bool                    // the command is the left side of && or ||
	broken    int                     // loops that may have been left, by break or continue
	tested    []string                // files and commands without which the commands are not run
	unreached bool                    // the commands are not run
	otherwise bool                    // the script may have ended, by what is guarded
	handled   bool                    // a file with the handler's name was sourced
	calls     int
	steps     int
	starts    []Start
}

// apart calls do as in a subshell: it undoes what do changes.
func (s *scan) apart(do func()) {
	dir, vars, args, lost, broken, otherwise := s.dir, s.vars, s.args, s.lost, s.broken, s.otherwise
	s.vars = maps.Clone(vars)
	do()
	s.dir, s.vars, s.args, s.lost, s.broken, s.otherwise = dir, vars, args, lost, broken, otherwise
}

// lose forgets the variables and the arguments: something unknown may have set them. What
// Lambda sets is taken to stay, but for where libraries are.
func (s *scan) lose() {
	for name := range s.vars {
		if _, ofLambda := s.Vars[name]; name != handler && !ofLambda || name == "LD_LIBRARY_PATH" {
			s.vars[name] = value{}
		}
	}
	s.args, s.lost = nil, true
}

// lookUp returns a variable. The zero value of one that is not set is not known.
func (s *scan) lookUp(name string) (v value, set bool) {
	v, set = s.vars[name]
	return v, set || s.lost
}

// perhaps calls do for commands that not every run of the script comes to: what do changes
// is not known afterwards.
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
