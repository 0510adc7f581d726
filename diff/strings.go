package diff

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

const (
	maxFindings = 64     // values of one class on one side
	maxPieces   = 50_000 // pieces of text on one side that are looked at
	maxPiece    = 512
	maxTexts    = 8 // that are listed where all code is expected to differ
)

// findings are the strings that one side has and the other has not, by what
// they look like, in the order of the file.
type findings struct {
	a, b [classes][]string
	more int // not looked at, or beyond the limit
}

// stringData compares the strings of two programs, or two texts.
func (c *comparison) stringData(ctx context.Context, file string, a, b *program) (findings, error) {
	if a.strings.full || b.strings.full {
		c.differ(LayerStrings, in(file, "strings"), "too many to be compared", "too many to be compared")
		return findings{}, nil
	}
	var sides [2]*uniques
	err := both(func(i int) (err error) {
		p, other := [2]*program{a, b}[i], [2]*program{b, a}[i]
		sides[i], err = p.unique(ctx, &other.strings)
		return err
	})
	if err != nil {
		return findings{}, err
	}
	f := findings{more: sides[0].more + sides[1].more}
	sides[0].settle(sides[1])
	sides[1].settle(sides[0])
	for k := range classes {
		// A value that both have differs in what stands around it.
		f.a[k] = without(sides[0].found[k], sides[1].found[k])
		f.b[k] = without(sides[1].found[k], sides[0].found[k])
		if len(f.a[k]) != len(f.b[k]) || len(f.a[k]) > 16 {
			// They are no pairs; the longest say most.
			longestFirst(f.a[k])
			longestFirst(f.b[k])
		} else if class(k) == classText {
			for i := range f.a[k] {
				f.a[k][i], f.b[k][i] = narrow(f.a[k][i], f.b[k][i])
			}
		}
		most := max(len(f.a[k]), len(f.b[k]))
		if class(k) == classText && c.explained() {
			f.more += max(0, most-maxTexts)
			most = min(most, maxTexts)
		}
		for i := range most {
			c.differ(LayerStrings, in(file, classNames[k]), at(f.a[k], i), at(f.b[k], i))
		}
	}
	for i := range c.layers {
		if layerNames[i] == LayerStrings {
			c.layers[i].count += f.more
		}
	}
	c.explainStrings(file, a, b, f)
	return f, nil
}

func longestFirst(list []string) {
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
}

// explained reports whether all code of the file is expected to differ, so that
// texts say little.
func (c *comparison) explained() bool {
	return c.has(CauseLanguage) || c.has(CauseGoVersion) || c.has(CauseArchitecture) || c.has(CauseCPULevel) || c.has(CauseCompiler)
}

// at is a value of a list, for a field.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return absent
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// examples are the first texts that differ.
func (f findings) examples() string {
	for k := range classes {
		k = classes - 1 - k // texts say most, if nothing else explained
		if len(f.a[k])+len(f.b[k]) > 0 {
			return fmt.Sprintf("%s in A and %s in B", quoted(f.a[k]), quoted(f.b[k]))
		}
	}
	return ""
}

// explainStrings names the causes that strings give away. In a file that is
// no program, a time or a path is what somebody wrote.
func (c *comparison) explainStrings(file string, a, b *program, f findings) {
	if a.Format == "" && b.Format == "" {
		return
	}
	if x, y := f.a[classPath], f.b[classPath]; len(x)+len(y) > 0 && !c.has(CausePath) && !c.explained() {
		c.because(CausePath, "paths of the machine are likely in the program%s: %s in A and %s in B", called(file), quoted(x), quoted(y))
	}
	// Another library may have times in it that nobody's clock put there.
	x, y := f.a[classTime], f.b[classTime]
	if len(x) == 0 || len(y) == 0 {
		// Ten digits alone may be any number.
		x, y = without(x, digits(x)), without(y, digits(y))
	}
	if c.has(CauseLanguage) {
		return
	}
	if inBoth := len(x) > 0 && len(y) > 0; inBoth || len(x)+len(y) > 0 && !c.explained() {
		c.because(CauseTime, "a time is likely in the program%s, as -ldflags -X or __DATE__ puts it there: %s in A and %s in B", called(file), quoted(x), quoted(y))
	}
}

// digits are the times of a list that are mere numbers.
func digits(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.Trim(s, "0123456789") != "" })
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return fmt.Sprintf("%q", printable(list[0], 120))
}

// has reports whether a cause was found for the file that is looked into.
func (c *comparison) has(id string) bool {
	return slices.ContainsFunc(c.causes[c.before:], func(x rankedCause) bool { return x.ID == id })
}

// uniques are the strings that the other side has not.
type uniques struct {
	found  [classes][]string
	more   int
	pieces int

	behind []telltale

	last   []byte // of this run, what both have
	begins bool   // all that both have of it so far
	text   []byte // what only this side has
	before piece
}

// unique goes through the strings of a program again, and takes what is not
// in the other's.
func (p *program) unique(ctx context.Context, other *tokenSet) (*uniques, error) {
	u := &uniques{}
	err := p.eachString(ctx, func(token []byte, begins, ends bool) {
		if begins {
			u.last, u.begins = u.last[:0], true
		}
		if !other.has(token) {
			if len(u.text) == 0 {
				u.before = piece{before: string(u.last), begins: u.begins}
			}
			u.text = append(u.text, token[:min(len(token), maxPiece-min(len(u.text), maxPiece))]...)
			u.last, u.begins, token = u.last[:0], false, nil
		}
		if len(u.text) > 0 && (token != nil || ends) {
			u.take(token)
		}
		if len(u.last)+len(token) > maxPiece {
			u.last, u.begins = u.last[:0], false
		}
		u.last = append(u.last, token...)
	})
	return u, err
}

// take takes what only this side has; after is what follows.
func (u *uniques) take(after []byte) {
	p := u.before
	p.text, p.after = string(u.text), string(after)
	u.text = u.text[:0]
	if u.pieces++; u.pieces > maxPieces {
		u.more++
		return
	}
	values := p.classify()
	telling := false
	for k := range classText {
		for _, v := range values[k] {
			telling = u.add(k, v) || telling
		}
	}
	if !telling {
		u.add(classText, p.value())
		return
	}
	// What it tells may turn out to be in the other side as well.
	if len(u.behind) < maxFindings {
		u.behind = append(u.behind, telltale{p.value(), values})
	}
}

// A telltale is a text in which there are other values.
type telltale struct {
	text   string
	values [classes][]string
}

// add takes a value, and reports whether there was one.
func (u *uniques) add(k class, v string) bool {
	switch {
	case strings.TrimSpace(v) == "":
		return false
	case slices.Contains(u.found[k], v):
	case len(u.found[k]) == maxFindings:
		u.more++
	default:
		u.found[k] = append(u.found[k], v)
	}
	return true
}

// settle takes the texts of which all other values are in the other side too.
func (u *uniques) settle(other *uniques) {
	for _, t := range u.behind {
		told := false
		for k := range classText {
			told = told || len(without(t.values[k], other.found[k])) > 0
		}
		if !told {
			u.add(classText, t.text)
		}
	}
}
