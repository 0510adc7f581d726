package shellscan

import (
	"path"
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// A verdict says whether a condition is true.
type verdict int

const (
	undecided verdict = iota
	yes
	no
)

func (v verdict) not() verdict {
	return [...]verdict{undecided, no, yes}[v]
}

// condition returns whether a list of commands always succeeds or always fails: true, [ 1 ],
// (( 1 )), [ -f FILE ] without such a file. If that is undecided, tested are the files and
// commands without which it fails.
func (s *scan) condition(list []*syntax.Stmt) (v verdict, tested []string) {
	if len(list) != 1 {
		return undecided, nil
	}
	switch c := list[0].Cmd.(type) {
	case *syntax.CallExpr:
		v, tested = s.testCommand(c.Args)
	case *syntax.ArithmCmd:
		v = arithmetic(c.X)
	case *syntax.TestClause:
		v, tested = s.testClause(c.X)
	case *syntax.BinaryCmd:
		if _, chain := c.X.Cmd.(*syntax.BinaryCmd); chain || c.Op != syntax.AndStmt {
			return undecided, nil // the time for a long chain would be quadratic
		}
		first, one := s.condition([]*syntax.Stmt{c.X})
		if v = first; v == yes || len(one) > 0 {
			var other []string
			v, other = s.condition([]*syntax.Stmt{c.Y})
			tested = slices.Concat(one, other)
			if first == undecided && v == yes {
				v = undecided
			}
		}
	}
	if list[0].Negated {
		return v.not(), nil
	}
	return v, tested
}

// testCommand returns what condition does, for one command.
func (s *scan) testCommand(args []*syntax.Word) (v verdict, tested []string) {
	words := make([]string, len(args)) // "" if it is not a literal
	for i, w := range args {
		words[i] = w.Lit()
	}
	switch n := len(words); {
	case n == 0:
		return undecided, nil
	case n == 1 && (words[0] == "true" || words[0] == ":"):
		return yes, nil
	case n == 1 && words[0] == "false":
		return no, nil
	case n == 3 && words[0] == "command" && words[1] == "-v", n == 2 && (words[0] == "type" || words[0] == "hash"):
		return undecided, s.known(args[n-1])
	case words[0] == "[" && words[n-1] == "]":
		args, words = args[1:n-1], words[1:n-1]
	case words[0] == "test":
		args, words = args[1:], words[1:]
	default:
		return undecided, nil
	}
	switch {
	case len(words) == 1 && words[0] != "":
		return yes, nil
	case len(words) == 2 && slices.Contains(fileTests, words[0]):
		return s.there(args[1])
	case len(words) == 3 && words[0] == "!" && slices.Contains(fileTests, words[1]):
		v, _ = s.there(args[2])
		return v.not(), nil
	}
	return undecided, nil
}

// fileTests are the tests that fail if the file does not exist.
var fileTests = []string{"-e", "-f", "-d", "-r", "-x", "-s"}

// testClause returns what condition does, for the inside of [[ ]].
func (s *scan) testClause(x syntax.TestExpr) (v verdict, tested []string) {
	switch x := x.(type) {
	case *syntax.Word:
		if x.Lit() != "" {
			return yes, nil
		}
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			v, _ = s.testClause(x.X)
			return v.not(), nil
		}
		if w, ok := x.X.(*syntax.Word); ok && slices.Contains(fileTests, x.Op.String()) {
			return s.there(w)
		}
	}
	return undecided, nil
}

// there returns what condition does, for a test of a file.
func (s *scan) there(w *syntax.Word) (v verdict, tested []string) {
	for _, file := range s.known(w) {
		switch file = s.absolute(file); {
		case file == "":
		case s.Absent != nil && s.Absent(file):
			return no, nil
		default:
			return undecided, []string{file}
		}
	}
	return undecided, nil
}

// known returns what a word expands to, or nothing if that is unknown.
func (s *scan) known(w *syntax.Word) []string {
	if v := s.word(w); v.known {
		return []string{v.text}
	}
	return nil
}

// absolute returns the full path of a file; "" if it is unknown.
func (s *scan) absolute(file string) string {
	switch {
	case path.IsAbs(file):
		return path.Clean(file)
	case s.dir != "":
		return path.Join(s.dir, file)
	}
	return ""
}

// arithmetic returns whether a number is true.
func arithmetic(x syntax.ArithmExpr) verdict {
	w, ok := x.(*syntax.Word)
	if !ok {
		return undecided
	}
	switch n, err := strconv.Atoi(w.Lit()); {
	case err != nil:
		return undecided
	case n == 0:
		return no
	}
	return yes
}

// guarded calls do, for commands that are run only if what was tested exists. If they may
// end the script, what follows may be reached only where it does not exist.
func (s *scan) guarded(tested []string, certain bool, do func() after) after {
	outer := s.tested
	s.tested = slices.Concat(outer, tested)
	end := do()
	if s.tested = outer; end == mayEnd && certain && len(tested) > 0 {
		s.otherwise, end = true, goesOn
	}
	return end
}

// never follows commands that are never run, because of a condition.
func (s *scan) never(list []*syntax.Stmt) {
	outer := s.unreached
	s.unreached = true
	s.apart(func() { s.statements(list, false) })
	s.unreached = outer
}

func (s *scan) ifClause(c *syntax.IfClause, certain bool) after {
	end := s.statements(c.Cond, false) // if what it starts does not exist, the condition is false
	v, tested := s.condition(c.Cond)
	if v == no {
		s.never(c.Then)
		return max(end, s.elseClause(c.Else, certain))
	}
	s.perhaps(func() {
		then := s.guarded(tested, certain, func() after { return s.inCondition(c.Then) })
		outer := s.otherwise
		s.otherwise = outer || len(tested) > 0
		end = max(end, then, min(s.elseClause(c.Else, certain && len(tested) > 0), mayEnd))
		s.otherwise = outer
	})
	return end
}

// elseClause follows an else or elif. If it ends with an error, what follows is read as if
// the script went on: the error is for what is missing.
func (s *scan) elseClause(c *syntax.IfClause, certain bool) after {
	switch {
	case c == nil:
		return goesOn
	case len(c.Cond) > 0:
		return s.ifClause(c, certain)
	case !certain || fails(&syntax.Stmt{Cmd: &syntax.Block{Stmts: c.Then}}):
		return s.inCondition(c.Then)
	}
	return s.statements(c.Then, true)
}
