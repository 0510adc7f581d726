package attest

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// parse reads one JSON value. Other than encoding/json by itself it refuses
// what two programs could read differently: an object with a key twice,
// invalid UTF-8, and half of a surrogate pair. Keys keep their case.
func parse(data []byte) (any, error) {
	if len(data) > maxSize {
		return nil, hint.New(hintRelease, "provenance: it has %d bytes, and at most %d are read", len(data), maxSize)
	}
	if !utf8.Valid(data) {
		return nil, hint.New(hintRelease, "provenance: it is not UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, hint.Wrap(fmt.Errorf("provenance: it is not one JSON value: %w", err), hintRelease)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := value(d, "", 0)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("provenance: %w", err), hintRelease)
	}
	return v, nil
}

func value(d *json.Decoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		fields := map[string]any{}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key := k.(string)
			at := strings.TrimPrefix(path+"."+key, ".")
			if _, twice := fields[key]; twice {
				return nil, fmt.Errorf("key %q is there twice", at)
			}
			if strings.ContainsRune(key, utf8.RuneError) {
				return nil, fmt.Errorf("key %q has a character that is none", at)
			}
			if fields[key], err = value(d, at, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return object{path, fields}, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := value(d, fmt.Sprintf("%s[%d]", path, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	if text, ok := t.(string); ok && strings.ContainsRune(text, utf8.RuneError) {
		return nil, fmt.Errorf("value of %q has a character that is none", path)
	}
	return t, nil
}

// An object is a JSON object and where it is.
type object struct {
	path   string
	fields map[string]any
}

func (o object) at(name string) string { return strings.TrimPrefix(o.path+"."+name, ".") }

// A reader takes values out of objects. A field that is absent, null or empty
// is the same (SLSA provenance, "Parsing rules"); one of another type is an
// error. The first error stays, and what is read after it is empty.
type reader struct{ err error }

func (r *reader) fail(mend, format string, args ...any) {
	if r.err == nil {
		r.err = hint.New(mend, "provenance: "+format, args...)
	}
}

func (r *reader) wrong(o object, name, want string) {
	r.fail(hintRelease, "%s is not %s", o.at(name), want)
}

func (r *reader) text(o object, name string) string {
	switch v := o.fields[name].(type) {
	case nil:
	case string:
		return r.graphic(o, name, v)
	default:
		r.wrong(o, name, "a string")
	}
	return ""
}

// graphic refuses characters that a terminal would act on, or that make a
// text look like another: what is read here is shown to people.
func (r *reader) graphic(o object, name, text string) string {
	if !printer.IsLine(text) {
		r.wrong(o, name, "made of characters that can be seen")
		return ""
	}
	return text
}

// need is text that must not be empty.
func (r *reader) need(o object, name string) string {
	text := r.text(o, name)
	if text == "" {
		r.fail(hintRelease, "%s is missing", o.at(name))
	}
	return text
}

func (r *reader) object(o object, name string) object {
	switch v := o.fields[name].(type) {
	case nil:
	case object:
		return v
	default:
		r.wrong(o, name, "an object")
	}
	return object{path: o.at(name)}
}

func (r *reader) list(o object, name string) []any {
	switch v := o.fields[name].(type) {
	case nil:
	case []any:
		return v
	default:
		r.wrong(o, name, "a list")
	}
	return nil
}

func (r *reader) texts(o object, name string) []string {
	var texts []string
	for _, v := range r.list(o, name) {
		text, ok := v.(string)
		if !ok {
			r.wrong(o, name, "a list of strings")
		}
		texts = append(texts, r.graphic(o, name, text))
	}
	return texts
}

func (r *reader) objects(o object, name string) []object {
	var objects []object
	for _, v := range r.list(o, name) {
		one, ok := v.(object)
		if !ok {
			r.wrong(o, name, "a list of objects")
		}
		objects = append(objects, one)
	}
	return objects
}
