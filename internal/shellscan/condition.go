package shellscan

import (
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

// verdictOf returns whether a list of commands always succeeds, or always fails: true, [ 1 ],
// (( 1 )) and the like.
func verdictOf(cond []*syntax.Stmt) verdict {
	if len(cond) != 1 {
		return undecided
	}
	v := undecided
	switch c := cond[0].Cmd.(type) {
	case *syntax.CallExpr:
		words := make([]string, len(c.Args)) // "" is no literal
		for i, w := range c.Args {
			words[i] = w.Lit()
		}
		switch {
		case len(words) == 1 && (words[0] == "true" || words[0] == ":"):
			v = yes
		case len(words) == 1 && words[0] == "false":
			v = no
		case len(words) == 3 && words[0] == "[" && words[1] != "" && words[2] == "]", len(words) == 2 && words[0] == "test" && words[1] != "":
			v = yes
		}
	case *syntax.ArithmCmd:
		v = arithmetic(c.X)
	case *syntax.TestClause:
		if w, ok := c.X.(*syntax.Word); ok && w.Lit() != "" {
			v = yes
		}
	}
	if cond[0].Negated {
		return v.not()
	}
	return v
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
