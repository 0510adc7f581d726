package event

import (
	"iter"
	"net/url"
	"strings"
)

// joined returns the values of each name, separated by commas.
func joined(values map[string][]string, name func(string) string) map[string]string {
	m := map[string]string{}
	for k, v := range values {
		m[name(k)] = strings.Join(v, ",")
	}
	return m
}

// last returns the last value of each name.
func last(values map[string][]string) map[string]string {
	m := map[string]string{}
	for k, v := range values {
		if len(v) > 0 {
			m[k] = v[len(v)-1]
		}
	}
	return m
}

func same(s string) string { return s }

// query parses the query. A semicolon is part of a value, and an invalid escape stays
// unchanged.
func (r Request) query() map[string][]string {
	values := map[string][]string{}
	for name, value := range r.parameters() {
		name, value = unescaped(name), unescaped(value)
		values[name] = append(values[name], value)
	}
	return values
}

// parameters yields the names and values of the query as they were sent.
func (r Request) parameters() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for part := range strings.SplitSeq(r.Query, "&") {
			name, value, _ := strings.Cut(part, "=")
			if part != "" && !yield(name, value) {
				return
			}
		}
	}
}

func unescaped(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}
