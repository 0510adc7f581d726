package shellscan

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assign follows NAME=VALUE.
func (s *scan) assign(a *syntax.Assign, certain bool) {
	if a.Value != nil {
		s.substitutions(a.Value, certain)
	}
	switch {
	case a.Name == nil: // as in export $(cat .env)
		if a.Value != nil && !s.word(a.Value).known {
			s.lose()
		}
		return
	case a.Naked:
		return
	}
	v := s.word(a.Value)
	if a.Array != nil {
		v = s.array(a.Array)
	}
	before, was := s.lookUp(a.Name.Value)
	switch {
	case a.Index != nil:
		v = value{}
	case !a.Append || !was:
	case !before.known, (before.array == nil) != (v.array == nil), !v.known && v.array == nil:
		v = value{}
	case v.array != nil:
		v = arrayOf(slices.Concat(*before.array, *v.array))
	default:
		v.text = before.text + v.text
	}
	s.set(a.Name.Value, v)
}

// array returns the array of NAME=(…).
func (s *scan) array(a *syntax.ArrayExpr) value {
	var words []*syntax.Word
	for _, e := range a.Elems {
		if e.Index != nil || e.Value == nil {
			return value{}
		}
		words = append(words, e.Value)
	}
	return arrayOf(s.words(words))
}

func arrayOf(list []value) value {
	if len(list) > maxVars {
		return value{}
	}
	v := known("")
	if len(list) > 0 {
		v = list[0]
	}
	v.array = &list
	return v
}

// set sets a variable.
func (s *scan) set(name string, v value) {
	if len(s.vars) > maxVars {
		s.steps = maxSteps + 1
	}
	if !v.known && v.array == nil && v.pattern == "" || len(v.text) > maxValue {
		v = value{}
	}
	s.vars[name] = v
}

// declare follows export, local and the like.
func (s *scan) declare(c *syntax.DeclClause, certain bool) {
	kind := c.Variant.Value
	reference, exports, keys := false, kind == "export", false
	for _, a := range c.Args {
		if a.Name == nil && a.Value != nil {
			if v := s.word(a.Value); v.known && strings.HasPrefix(v.text, "-") {
				reference = reference || kind != "export" && strings.Contains(v.text, "n")
				exports = exports || strings.Contains(v.text, "x")
				keys = keys || strings.Contains(v.text, "A")
				continue
			}
		}
		if a.Name != nil {
			name := a.Name.Value
			if _, kept := s.locals[name]; s.locals != nil && !kept && kind != "export" && kind != "readonly" {
				s.locals[name] = s.vars[name]
			}
			s.exported[name] = s.exported[name] || exports
		}
		s.assign(a, certain)
		switch {
		case reference: // it may set any variable
			s.lose()
		case keys && a.Name != nil:
			s.set(a.Name.Value, value{})
		}
	}
}

// formatted returns what printf makes of a format whose only directives are %s, one for
// each argument. The value is unknown for any other format.
func formatted(format value, args []value) value {
	parts := strings.Split(format.text, "%s")
	if !format.known || strings.ContainsAny(strings.Join(parts, ""), `%\`) || len(parts) != len(args)+1 {
		return value{}
	}
	text := parts[0]
	for i, a := range args {
		if !a.known || len(text) > maxValue {
			return value{}
		}
		text += a.text + parts[i+1]
	}
	return known(text)
}
