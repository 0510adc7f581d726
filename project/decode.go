package project

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxValues bounds how many values are read from a file, since aliases can make a small
// file stand for very many.
const maxValues = 1 << 16

// A decoder reads YAML nodes strictly, and remembers which file they are from.
type decoder struct {
	file string
	left *int // of maxValues
}

// document parses data as one YAML document and returns its root node, nil
// for a document without content.
func (d decoder) document(data []byte) (*yaml.Node, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		if strings.HasSuffix(err.Error(), "no documents in stream") {
			return nil, nil // comments only
		}
		pos := Position{File: d.file, Line: 1, Column: 1}
		message := strings.TrimPrefix(err.Error(), "yaml: ")
		var load *yaml.LoadError
		if errors.As(err, &load) {
			message = strings.TrimPrefix(load.Message, "yaml: ")
			if load.Mark.Line > 0 {
				pos.Line, pos.Column = load.Mark.Line, max(load.Mark.Column, 1)
			}
		}
		return nil, errorAt(pos, "the file must be one document of valid YAML; look at the indentation and the quotes near this place", "not valid YAML: %s", message)
	}
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return nil, nil
		}
		return doc.Content[0], nil
	}
	return &doc, nil
}

func (d decoder) pos(n *yaml.Node) Position {
	return Position{File: d.file, Line: n.Line, Column: n.Column}
}

// resolve follows an alias to its anchor. An alias to itself ends, since what is read
// has a fixed depth; spend limits how often aliases are used.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// spend counts a value that is read.
func (d decoder) spend(n *yaml.Node) error {
	if *d.left--; *d.left < 0 {
		return errorAt(d.pos(n), "write out what the aliases stand for, or use fewer", "the file has more than %d values", maxValues)
	}
	return nil
}

// pairs calls each for every key of the mapping n, in the file's order, and
// refuses keys that are given twice. what names n in errors.
func (d decoder) pairs(n *yaml.Node, what string, each func(key, value *yaml.Node) error) error {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		return errorAt(d.pos(n), "write it as KEY: VALUE lines, indented below", "%s must be a mapping, not %s", what, kindOf(n))
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolve(n.Content[i]), n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return errorAt(d.pos(key), "a key is a plain word", "a key of %s is %s", what, kindOf(key))
		}
		if key.Tag == "!!merge" {
			return errorAt(d.pos(key), "write the keys out", "merge key %q in %s is not supported", key.Value, what)
		}
		if before := first[key.Value]; before != nil {
			return errorAt(d.pos(key), "remove one of the two", "%q is given twice in %s; first in line %d", key.Value, what, before.Line)
		}
		first[key.Value] = key
		if err := d.spend(key); err != nil {
			return err
		}
		if err := each(key, value); err != nil {
			return err
		}
	}
	return nil
}

// fields calls the reader of every key of the mapping n, and refuses unknown keys.
func (d decoder) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node) error) error {
	return d.pairs(n, what, func(key, value *yaml.Node) error {
		set := known[key.Value]
		if set == nil {
			return errorAt(d.pos(key), didYouMean(key.Value, slices.Sorted(maps.Keys(known))), "unknown key %q in %s", key.Value, what)
		}
		return set(value)
	})
}

// into returns a reader of a key that stores its value.
func into[T any](to *T, read func(*yaml.Node) (T, error)) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*to, err = read(n)
		return err
	}
}

// intoNamed is into for a value that is called what in errors.
func intoNamed[T any](to *T, read func(n *yaml.Node, what string) (T, error), what string) func(*yaml.Node) error {
	return into(to, func(n *yaml.Node) (T, error) { return read(n, what) })
}

// text reads a string that is not empty. A number or a boolean is refused
// rather than converted to a string: `name: 1e3` is seldom what was meant.
func (d decoder) text(n *yaml.Node, what string) (string, error) {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return "", errorAt(d.pos(n), "put it into quotes if the value is meant", "%s must be text, not %s", what, kindOf(n))
	}
	if n.Value == "" {
		return "", errorAt(d.pos(n), "give a value or remove the key", "%s is empty", what)
	}
	if strings.ContainsRune(n.Value, 0) {
		return "", errorAt(d.pos(n), "remove it", "%s has a NUL character in it", what)
	}
	return n.Value, nil
}

// oneOf is text for one of the known words.
func (d decoder) oneOf(n *yaml.Node, what string, known []string) (string, error) {
	word, err := d.text(n, what)
	if err == nil && !slices.Contains(known, word) {
		err = errorAt(d.pos(n), didYouMean(word, known), "unknown %s %q", what, word)
	}
	return word, err
}

func (d decoder) boolean(n *yaml.Node, what string) (bool, error) {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		return false, errorAt(d.pos(n), "write true or false, without quotes", "%s must be true or false, not %s", what, kindOf(n))
	}
	return strings.EqualFold(n.Value, "true"), nil
}

// list calls each for every element of the sequence n.
func (d decoder) list(n *yaml.Node, what string, each func(*yaml.Node) error) error {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		return errorAt(d.pos(n), "write it as [one, two], or as lines that begin with '- '", "%s must be a list, not %s", what, kindOf(n))
	}
	for _, element := range n.Content {
		if err := d.spend(element); err != nil {
			return err
		}
		if err := each(element); err != nil {
			return err
		}
	}
	return nil
}

// names reads a list of distinct strings.
func (d decoder) names(n *yaml.Node, what string) ([]string, error) {
	all, err := d.texts(n, what)
	if err != nil {
		return nil, err
	}
	for i, s := range all {
		if slices.Contains(all[:i], s) {
			return nil, errorAt(d.pos(resolve(n).Content[i]), "remove one of the two", "%q is given twice in %s", s, what)
		}
	}
	return all, nil
}

// texts reads a list of strings.
func (d decoder) texts(n *yaml.Node, what string) ([]string, error) {
	var all []string
	err := d.list(n, what, func(element *yaml.Node) error {
		s, err := d.text(element, "an entry of "+what)
		if err != nil {
			return err
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

// kindOf names what a node is, for "must be X, not Y".
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!str":
		return fmt.Sprintf("the text %q", n.Value)
	case "!!bool":
		return "the boolean " + n.Value
	case "!!int", "!!float":
		return "the number " + n.Value
	}
	return fmt.Sprintf("%s %q", n.Tag, n.Value)
}
