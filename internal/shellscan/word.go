package shellscan

import (
	"bytes"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// text returns a node as the script has it, in one line.
func text(n syntax.Node) string {
	var b bytes.Buffer
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, n); err != nil {
		return "?"
	}
	line := strings.Join(strings.Fields(b.String()), " ")
	if len(line) > 80 {
		line = line[:80] + "…"
	}
	return strings.ToValidUTF8(line, "?")
}

// A value is what a word becomes.
type value struct {
	text  string
	known bool
}

// words expands the words of a command. A variable without quotes becomes several words
// if its value has blanks.
func (s *scan) words(list []*syntax.Word) []value {
	var all []value
	for _, w := range list {
		v, known := s.word(w)
		if _, variable := w.Parts[0].(*syntax.ParamExp); variable && known && len(w.Parts) == 1 {
			for _, field := range strings.Fields(v) {
				all = append(all, value{field, true})
			}
			continue
		}
		all = append(all, value{v, known})
	}
	return all
}

// word expands a word; false if it depends on something unknown.
func (s *scan) word(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(lit.Value, "~") {
		return "", false
	}
	return s.parts(w.Parts, false)
}

func (s *scan) parts(parts []syntax.WordPart, quoted bool) (string, bool) {
	var b strings.Builder
	for _, p := range parts {
		var v string
		known := true
		switch p := p.(type) {
		case *syntax.Lit:
			v, known = literal(p.Value, quoted)
		case *syntax.SglQuoted:
			v, known = p.Value, !p.Dollar || !strings.Contains(p.Value, `\`)
		case *syntax.DblQuoted:
			v, known = s.parts(p.Parts, true)
		case *syntax.ParamExp:
			v, known = s.parameter(p)
		case *syntax.CmdSubst:
			v, known = s.output(p)
		default:
			known = false
		}
		if !known {
			return "", false
		}
		b.WriteString(v)
	}
	return b.String(), true
}

// literal removes the backslashes from a literal. What a pattern of file names expands to
// is not known.
func literal(lit string, quoted bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(lit); i++ {
		c := lit[i]
		switch {
		case c == '\\' && i+1 < len(lit) && (!quoted || strings.IndexByte("$`\"\\\n", lit[i+1]) >= 0):
			i++
			if lit[i] != '\n' {
				b.WriteByte(lit[i])
			}
		case !quoted && (c == '*' || c == '?' || c == '['):
			if lit == "[" {
				return lit, true
			}
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// parameter expands $NAME and ${NAME…}.
func (s *scan) parameter(p *syntax.ParamExp) (string, bool) {
	if p.Excl || p.Length || p.Width || p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Param == nil {
		return "", false
	}
	name := p.Param.Value
	v, set := s.vars[name]
	switch {
	case name == "0" || name == "BASH_SOURCE":
		v, set = &s.script, true
	case name == "PWD" && s.dir != "":
		v, set = &s.dir, true
	case p.Index != nil:
		return "", false
	}
	known := v != nil && *v != ""
	if p.Exp == nil {
		if v == nil {
			return "", false
		}
		return *v, true
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		switch {
		case known:
			return *v, true
		case set && v == nil:
			return "", false
		}
		return s.word(p.Exp.Word)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if known {
			return *v, true
		}
	case syntax.RemSmallSuffix:
		if known && text(p.Exp.Word) == "/*" {
			return (*v)[:max(0, strings.LastIndexByte(*v, '/'))], true
		}
	case syntax.RemLargePrefix:
		if known && text(p.Exp.Word) == "*/" {
			return path.Base(*v), true
		}
	}
	return "", false
}

// output returns what some commands print: pwd, dirname, basename, readlink -f,
// realpath, and these after a cd.
func (s *scan) output(c *syntax.CmdSubst) (v string, known bool) {
	s.apart(func() {
		for i, stmt := range c.Stmts {
			if i < len(c.Stmts)-1 {
				if !s.onlyCD(stmt) {
					known = false
					return
				}
				continue
			}
			v, known = s.printed(stmt)
		}
	})
	return v, known
}

func (s *scan) onlyCD(stmt *syntax.Stmt) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || call.Args[0].Lit() != "cd" {
		return false
	}
	s.cd(s.words(call.Args[1:]))
	return s.dir != ""
}

func (s *scan) printed(stmt *syntax.Stmt) (string, bool) {
	if both, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && both.Op == syntax.AndStmt && s.onlyCD(both.X) {
		return s.printed(both.Y)
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	args := s.words(call.Args)
	for _, a := range args {
		if !a.known {
			return "", false
		}
	}
	var operands []string
	for _, a := range args[1:] {
		if !strings.HasPrefix(a.text, "-") {
			operands = append(operands, a.text)
		}
	}
	command := args[0].text
	if command == "pwd" {
		return s.dir, s.dir != ""
	}
	if len(operands) != 1 {
		return "", false
	}
	switch command {
	case "dirname":
		return path.Dir(operands[0]), true
	case "basename":
		return path.Base(operands[0]), true
	case "readlink", "realpath":
		if path.IsAbs(operands[0]) {
			return path.Clean(operands[0]), true
		}
		return path.Join(s.dir, operands[0]), s.dir != ""
	case "echo":
		return operands[0], len(args) == 2
	}
	return "", false
}

// substitutions follows the commands whose output a word contains.
func (s *scan) substitutions(n syntax.Node, certain bool) {
	if w, ok := n.(*syntax.Word); ok && w == nil {
		return
	}
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			s.apart(func() { s.statements(n.Stmts, certain) })
			return false
		case *syntax.ProcSubst:
			s.apart(func() { s.statements(n.Stmts, certain) })
			return false
		}
		return true
	})
}
