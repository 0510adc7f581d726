package event

import (
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

// query parses the query, and decodes its names and values. A semicolon is part of a value.
func (r Request) query(decode func(string) string) map[string][]string {
	values := map[string][]string{}
	for part := range strings.SplitSeq(r.Query, "&") {
		if name, value, _ := strings.Cut(part, "="); part != "" {
			values[decode(name)] = append(values[decode(name)], decode(value))
		}
	}
	return values
}

// unescaped decodes a name or value. An invalid escape stays unchanged.
func unescaped(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}
