package attest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
)

const (
	maxSize  = 16 << 20 // bytes of a statement or an envelope
	maxDepth = 64
)

// Hints of more than one error.
const (
	hintRelease = "take provenance.intoto.json from the release that the file is from"
	hintNewer   = "use the version of bootzip that made it, or a newer one"
)

// decode reads one JSON object into the struct that v points to. Unlike plain
// encoding/json it refuses what two programs could read differently: duplicate
// keys, a known name in another case, invalid UTF-8, and half of a surrogate pair.
// Errors use name as the name of the object.
func decode(data []byte, name string, v any) error {
	fail := func(format string, args ...any) error { return hint.New(hintRelease, "provenance: "+format, args...) }
	if len(data) > maxSize {
		return fail("%s has %d bytes; at most %d are read", name, len(data), maxSize)
	}
	if !utf8.Valid(data) {
		return fail("%s is not UTF-8", name)
	}
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return fail("%s is not one JSON value: %w", name, err)
	}
	_, statement := v.(*document)
	s := scanner{json.NewDecoder(bytes.NewReader(data)), statement}
	s.tokens.UseNumber()
	if err := s.value("", 0); err != nil {
		return fail("%w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		var e *json.UnmarshalTypeError
		if !errors.As(err, &e) {
			return fail("%w", err)
		}
		want := map[reflect.Kind]string{reflect.String: "a string", reflect.Slice: "a list"}[e.Type.Kind()]
		return fail("%s is not %s", cmp.Or(e.Field, name), cmp.Or(want, "a JSON object"))
	}
	return nil
}

// A scanner checks all keys and strings of a JSON value.
type scanner struct {
	tokens *json.Decoder

	// statement also refuses characters that a terminal acts on, or that make
	// one text look like another: statements are displayed.
	statement bool
}

func (s scanner) value(path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	t, err := s.tokens.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case string:
		return s.text(path, t)
	case json.Delim:
		seen := map[string]bool{}
		for i := 0; s.tokens.More(); i++ {
			at := fmt.Sprintf("%s[%d]", path, i)
			if t == '{' {
				k, err := s.tokens.Token()
				if err != nil {
					return err
				}
				key := k.(string)
				at = strings.TrimPrefix(path+"."+key, ".")
				if err := s.key(at, key); err != nil {
					return err
				}
				if seen[key] {
					return fmt.Errorf("duplicate key %q", at)
				}
				seen[key] = true
			}
			if err := s.value(at, depth+1); err != nil {
				return err
			}
		}
		_, err = s.tokens.Token()
	}
	return err
}

func (s scanner) text(path, text string) error {
	if strings.ContainsRune(text, utf8.RuneError) {
		return fmt.Errorf("value of %q contains an invalid character", path)
	}
	if s.statement && !printer.IsLine(text) {
		return fmt.Errorf("%s contains invisible characters", path)
	}
	return nil
}

// key refuses a name that encoding/json, which ignores case, would take for a known
// one.
func (s scanner) key(path, key string) error {
	if strings.ContainsRune(key, utf8.RuneError) {
		return fmt.Errorf("key %q contains an invalid character", path)
	}
	for _, name := range names {
		if key != name && strings.EqualFold(key, name) {
			return fmt.Errorf("key %q is not written as %q", path, name)
		}
	}
	return nil
}

// names are the keys that are read.
var names = keys(reflect.TypeFor[document](), reflect.TypeFor[bundleJSON]())

// keys returns the JSON names of the fields of structs, including nested ones.
func keys(types ...reflect.Type) (all []string) {
	for _, t := range types {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			continue
		}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			all = append(append(all, name), keys(t.Field(i).Type)...)
		}
	}
	return all
}
