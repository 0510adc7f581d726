package shellscan

import "mvdan.cc/sh/v3/syntax"

// An after says how a script continues after a command.
type after int

const (
	goesOn   after = iota
	mayEnd         // the script may have ended here, without an error
	hasEnded       // nothing more is run
)

// statements follows a list of commands.
func (s *scan) statements(list []*syntax.Stmt, certain bool) after {
	end := goesOn
	for _, stmt := range list {
		switch s.statement(stmt, certain) {
		case hasEnded:
			if certain {
				return hasEnded
			}
			return mayEnd
		case mayEnd:
			certain, end = false, mayEnd
		}
		certain = certain && s.broken == 0
	}
	return end
}

func (s *scan) statement(stmt *syntax.Stmt, certain bool) (end after) {
	if stmt == nil || stmt.Cmd == nil {
		return goesOn
	}
	if s.steps++; s.steps > maxSteps {
		return hasEnded
	}
	for _, r := range stmt.Redirs {
		s.substitutions(r.Word, certain)
	}
	if stmt.Background {
		s.apart(func() { s.command(stmt.Cmd, certain) })
		return goesOn
	}
	return s.command(stmt.Cmd, certain)
}

// inCondition follows commands that are perhaps not run.
func (s *scan) inCondition(list []*syntax.Stmt) (end after) {
	s.perhaps(func() { end = s.statements(list, false) })
	return min(end, mayEnd)
}

func (s *scan) command(c syntax.Command, certain bool) after {
	switch c := c.(type) {
	case *syntax.CallExpr:
		return s.call(c, certain)
	case *syntax.DeclClause:
		s.declare(c, certain)
	case *syntax.Block:
		return s.statements(c.Stmts, certain)
	case *syntax.Subshell:
		s.apart(func() { s.statements(c.Stmts, certain) })
	case *syntax.TimeClause:
		return s.statement(c.Stmt, certain)
	case *syntax.CoprocClause:
		s.apart(func() { s.statement(c.Stmt, certain) })
	case *syntax.FuncDecl:
		s.functions[c.Name.Value] = c.Body
	case *syntax.BinaryCmd:
		return s.binary(c, certain)
	case *syntax.IfClause:
		return s.ifClause(c, certain)
	case *syntax.CaseClause:
		s.substitutions(c.Word, certain)
		end := goesOn
		for _, item := range c.Items {
			end = max(end, s.inCondition(item.Stmts))
		}
		return end
	case *syntax.WhileClause:
		s.statements(c.Cond, certain)
		v, _ := s.condition(c.Cond)
		if c.Until {
			v = v.not()
		}
		switch v {
		case yes:
			return s.endless(c.Do, certain)
		case no:
			s.never(c.Do)
			return goesOn
		}
		return s.loop(func() after { return s.inCondition(c.Do) })
	case *syntax.ForClause:
		if counter, ok := c.Loop.(*syntax.CStyleLoop); ok && (counter.Cond == nil || arithmetic(counter.Cond) == yes) {
			return s.endless(c.Do, certain)
		}
		var end after
		s.perhaps(func() {
			if items, ok := c.Loop.(*syntax.WordIter); ok {
				for _, w := range items.Items {
					s.substitutions(w, certain)
				}
				s.vars[items.Name.Value] = value{}
			}
			end = s.loop(func() after { return s.statements(c.Do, false) })
		})
		return min(end, mayEnd)
	}
	return goesOn
}

// binary follows two commands that are joined by |, && or ||.
func (s *scan) binary(c *syntax.BinaryCmd, certain bool) after {
	if c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
		s.apart(func() { s.statement(c.X, certain) })
		s.apart(func() { s.statement(c.Y, certain) })
		return goesOn
	}
	v, tested := s.condition([]*syntax.Stmt{c.X})
	if c.Op == syntax.OrStmt && v != yes && !isExec(c.X) && !fails(c.Y) { // the script continues without the first one
		var first after
		s.perhaps(func() { first = min(s.statement(c.X, false), mayEnd) })
		return max(first, s.inCondition([]*syntax.Stmt{c.Y}))
	}
	_, s.chained = c.X.Cmd.(*syntax.CallExpr)
	first := s.statement(c.X, certain)
	s.chained = false
	if first == hasEnded {
		return hasEnded
	}
	if c.Op == syntax.AndStmt && succeeds(c.X) {
		return max(first, s.statement(c.Y, certain && first == goesOn))
	}
	if c.Op == syntax.AndStmt && v == no || c.Op == syntax.OrStmt && v == yes {
		s.never([]*syntax.Stmt{c.Y})
		return first
	}
	if c.Op == syntax.OrStmt {
		tested = nil
	}
	return max(first, s.guarded(tested, certain, func() after { return s.inCondition([]*syntax.Stmt{c.Y}) }))
}

// endless follows the commands of a loop whose condition is always true.
func (s *scan) endless(list []*syntax.Stmt, certain bool) after {
	s.perhaps(func() { s.loop(func() after { return s.statements(list, certain) }) })
	return mayEnd
}

// loop calls do, for the commands of a loop. A break or continue in it holds for them
// alone, unless it has an argument.
func (s *scan) loop(do func() after) after {
	outer := s.broken
	s.broken = 0
	end := do()
	s.broken = max(outer, s.broken-1)
	return end
}

// Commands that are assumed to succeed: if they fail, the script itself is wrong.
var succeeding = map[string]bool{
	":": true, "true": true, "cd": true, "export": true, "set": true, "shopt": true, "umask": true, "ulimit": true,
	"unset": true, "echo": true, "printf": true, "mkdir": true, "chmod": true, "source": true, ".": true,
}

// isExec reports whether a command is exec. If that fails, the shell ends.
func isExec(stmt *syntax.Stmt) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && call.Args[0].Lit() == "exec"
}

// fails reports whether a command is there to fail: false, an exit or return that is not
// 0, or a block or subshell that ends in one of these.
func fails(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return false
		}
		name := c.Args[0].Lit()
		return name == "false" || (name == "exit" || name == "return") && (len(c.Args) == 1 || c.Args[1].Lit() != "0")
	case *syntax.Block:
		return len(c.Stmts) > 0 && fails(c.Stmts[len(c.Stmts)-1])
	case *syntax.Subshell:
		return len(c.Stmts) > 0 && fails(c.Stmts[len(c.Stmts)-1])
	}
	return false
}

func succeeds(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		args := c.Args
		if len(args) > 1 && (args[0].Lit() == "command" || args[0].Lit() == "builtin") {
			args = args[1:]
		}
		return !stmt.Negated && (len(args) == 0 || succeeding[args[0].Lit()])
	case *syntax.DeclClause:
		return true
	case *syntax.BinaryCmd:
		return c.Op == syntax.AndStmt && succeeds(c.X) && succeeds(c.Y)
	}
	return false
}
