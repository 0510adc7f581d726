package shellscan

import (
	"bytes"
	"cmp"
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// text returns a node as the script has it, in one line of about 80 bytes at most.
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

// A value is what a word expands to, or what a variable has. The zero value is unknown.
type value struct {
	text  string
	known bool
	array *[]value // the items of an array, whose text is that of the first; nil if they are unknown

	// pattern is the text, with * for its one unknown part, if that part depends only on
	// the handler's name.
	pattern string
}

// handler is the variable with the handler's name.
const handler = "_HANDLER"

func known(text string) value { return value{text: text, known: true} }

// knownIf returns a value that is known if ok is true.
func knownIf(text string, ok bool) value { return value{text: text, known: ok} }

// words expands the words of a command. An unquoted variable becomes several words if its
// value has blanks.
func (s *scan) words(list []*syntax.Word) []value {
	var all []value
	for _, w := range list {
		if s.steps > maxSteps {
			return nil
		}
		list, ok := s.list(w)
		if !ok {
			list = []value{s.word(w)}
		}
		s.steps += len(list) - 1
		_, variable := w.Parts[0].(*syntax.ParamExp)
		for _, v := range list {
			if !variable || !v.known || len(w.Parts) > 1 {
				all = append(all, v)
				continue
			}
			for _, field := range strings.Fields(v.text) {
				all = append(all, known(field))
				s.steps++
			}
		}
	}
	return all
}

// list returns the words that $@ or ${NAME[@]} expands to, if they are known.
func (s *scan) list(w *syntax.Word) (words []value, ok bool) {
	parts := w.Parts
	if q, ok := parts[0].(*syntax.DblQuoted); ok && len(parts) == 1 {
		parts = q.Parts
	}
	if len(parts) != 1 {
		return nil, false
	}
	p, ok := parts[0].(*syntax.ParamExp)
	if !ok || p.Param == nil || p.Exp != nil || p.Slice != nil || p.Repl != nil || p.Length || p.Excl {
		return nil, false
	}
	if p.Param.Value == "@" {
		return s.args, len(s.args) > 0
	}
	index, ok := p.Index.(*syntax.Word)
	if array := s.vars[p.Param.Value].array; ok && index.Lit() == "@" && array != nil {
		return *array, true
	}
	return nil, false
}

// word expands a word; the value is unknown if it depends on something unknown.
func (s *scan) word(w *syntax.Word) value {
	if w == nil {
		return known("")
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(lit.Value, "~") {
		return value{}
	}
	return s.parts(w.Parts, false)
}

func (s *scan) parts(parts []syntax.WordPart, quoted bool) value {
	var b strings.Builder
	pattern := false
	for _, p := range parts {
		var v value
		switch p := p.(type) {
		case *syntax.Lit:
			v = literal(p.Value, quoted)
		case *syntax.SglQuoted:
			v = knownIf(p.Value, !p.Dollar || !strings.Contains(p.Value, `\`))
		case *syntax.DblQuoted:
			v = s.parts(p.Parts, true)
		case *syntax.ParamExp:
			v = s.parameter(p)
		case *syntax.CmdSubst:
			v = s.output(p)
		}
		if !v.known && v.pattern == "" && s.ofHandler(p) {
			v.pattern = "*"
		}
		if !v.known && (v.pattern == "" || pattern) || b.Len()+len(v.text) > maxValue {
			return value{}
		}
		pattern = pattern || !v.known
		b.WriteString(cmp.Or(v.pattern, v.text))
	}
	if !pattern {
		return known(b.String())
	}
	if text := b.String(); strings.Count(text, "*") == 1 && !strings.ContainsAny(text, `?[\`) {
		return value{pattern: text}
	}
	return value{}
}

// ofHandler reports whether a part of a word depends only on the handler's name.
func (s *scan) ofHandler(p syntax.WordPart) bool {
	only, named := true, false
	syntax.Walk(p, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
			named = named || s.vars[p.Param.Value].pattern == "*"
			only = only && s.vars[p.Param.Value].pattern == "*"
		}
		return only
	})
	return only && named
}

// literal removes the backslashes from a literal. What a file name pattern or braces
// expand to is unknown.
func literal(lit string, quoted bool) value {
	var b strings.Builder
	for i := 0; i < len(lit); i++ {
		c := lit[i]
		switch {
		case c == '\\' && i+1 < len(lit) && (!quoted || strings.IndexByte("$`\"\\\n", lit[i+1]) >= 0):
			i++
			if lit[i] != '\n' {
				b.WriteByte(lit[i])
			}
		case !quoted && c == '{' && strings.ContainsAny(lit[i:], ",."): // braces are expanded
			return value{}
		case !quoted && (c == '*' || c == '?' || c == '['):
			if lit == "[" {
				return known(lit)
			}
			return value{}
		default:
			b.WriteByte(c)
		}
	}
	return known(b.String())
}

// parameter expands $NAME and ${NAME…}.
func (s *scan) parameter(p *syntax.ParamExp) value {
	if p.Excl || p.Length || p.Width || p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Param == nil {
		return value{}
	}
	name := p.Param.Value
	v, set := s.lookUp(name)
	n, notNumber := strconv.Atoi(name)
	switch {
	case name == "0":
		v, set = s.script, true
	case notNumber == nil && s.args == nil, strings.Contains("@*#?$!-_", name):
		v, set = value{}, true
	case notNumber == nil:
		if set = n <= len(s.args); set {
			v = s.args[n-1]
		}
	case name == "BASH_SOURCE":
		v, set = s.file, true
	case name == "PWD" && s.dir != "":
		v, set = known(s.dir), true
	case p.Index != nil:
		return value{}
	}
	if p.Exp == nil {
		return v
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		switch {
		case v.text != "", set && v.known && (p.Exp.Op == syntax.DefaultUnset || p.Exp.Op == syntax.AssignUnset):
			return v
		case set && !v.known:
			return value{}
		}
		v = s.word(p.Exp.Word)
		if p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull {
			s.set(name, v)
		}
		return v
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		switch {
		case v.text != "":
			return s.word(p.Exp.Word)
		case !set:
			return known("")
		}
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if v.text != "" {
			return v
		}
	case syntax.RemSmallSuffix:
		if v.text != "" && text(p.Exp.Word) == "/*" {
			return known(v.text[:max(0, strings.LastIndexByte(v.text, '/'))])
		}
	case syntax.RemLargePrefix:
		if v.text != "" && text(p.Exp.Word) == "*/" {
			return known(path.Base(v.text))
		}
	}
	return value{}
}

// output returns what some commands print: pwd, dirname, basename, readlink -f,
// realpath, echo with one word, and these after a cd.
func (s *scan) output(c *syntax.CmdSubst) (v value) {
	s.apart(func() {
		for i, stmt := range c.Stmts {
			if i == len(c.Stmts)-1 {
				v = s.printed(stmt)
			} else if !s.onlyCD(stmt) {
				return
			}
		}
	})
	return v
}

func (s *scan) onlyCD(stmt *syntax.Stmt) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || call.Args[0].Lit() != "cd" {
		return false
	}
	s.cd(s.words(call.Args[1:]))
	return s.dir != ""
}

func (s *scan) printed(stmt *syntax.Stmt) value {
	if both, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && both.Op == syntax.AndStmt && s.onlyCD(both.X) {
		return s.printed(both.Y)
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return value{}
	}
	args := s.words(call.Args)
	for _, a := range args {
		if !a.known {
			return value{}
		}
	}
	var operands []string
	for _, a := range args[1:] {
		switch {
		case !strings.HasPrefix(a.text, "-"):
			operands = append(operands, a.text)
		case len(a.text) != 2 || !strings.Contains("-efmnLPs", a.text[1:]):
			return value{} // an option that may change what is printed
		}
	}
	command := args[0].text
	if command == "pwd" {
		return knownIf(s.dir, s.dir != "")
	}
	if len(operands) != 1 {
		return value{}
	}
	switch command {
	case "dirname":
		return known(path.Dir(operands[0]))
	case "basename":
		return known(path.Base(operands[0]))
	case "readlink", "realpath":
		if s.Real != "" && path.Clean(operands[0]) == s.Script {
			return known(s.Real)
		}
		if path.IsAbs(operands[0]) {
			return known(path.Clean(operands[0]))
		}
		return knownIf(path.Join(s.dir, operands[0]), s.dir != "")
	case "echo":
		return knownIf(operands[0], len(args) == 2)
	}
	return value{}
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
