package project

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Route says which requests reach a function, as the routes of an API Gateway HTTP
// API do (API Gateway developer guide, "Create routes for HTTP APIs"). The zero value is
// $default.
type Route struct {
	Method   string // "GET", …, "ANY"; "" for $default
	Segments []Segment
}

// A Segment is one part of a path.
type Segment struct {
	Text     string // the text itself, or the name of a variable
	Variable bool
	Greedy   bool // a variable that takes the rest of the path
}

// defaultRoute takes the requests that no other route takes.
const defaultRoute = "$default"

var (
	routeMethod   = regexp.MustCompile(`^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$`)
	routeVariable = regexp.MustCompile(`^\{([A-Za-z0-9._-]+)(\+?)\}$`)
)

// ParseRoute reads a route: "GET /orders/{id}", "ANY /files/{path+}" or "$default".
func ParseRoute(text string) (Route, error) {
	if text == defaultRoute {
		return Route{}, nil
	}
	method, path, ok := strings.Cut(text, " ")
	if !ok || !routeMethod.MatchString(method) {
		return Route{}, errors.New("it does not begin with ANY, GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, and a space")
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " ?#") {
		return Route{}, fmt.Errorf("%q is not a path", path)
	}
	r := Route{Method: method}
	parts := strings.Split(path[1:], "/")
	seen := map[string]bool{}
	for i, part := range parts {
		s := Segment{Text: part}
		if m := routeVariable.FindStringSubmatch(part); m != nil {
			s = Segment{Text: m[1], Variable: true, Greedy: m[2] != ""}
		} else if strings.ContainsAny(part, "{}") {
			return Route{}, fmt.Errorf("%q is neither a name nor a variable such as {id}", part)
		}
		if s.Greedy && i < len(parts)-1 {
			return Route{}, fmt.Errorf("%q is not at the end", part)
		}
		if s.Variable && seen[s.Text] {
			return Route{}, fmt.Errorf("the variable %q is there twice", s.Text)
		}
		seen[s.Text] = s.Variable
		r.Segments = append(r.Segments, s)
	}
	return r, nil
}

// Key returns the route as API Gateway writes it.
func (r Route) Key() string {
	if r.Method == "" {
		return defaultRoute
	}
	var parts []string
	for _, s := range r.Segments {
		switch {
		case s.Greedy:
			parts = append(parts, "{"+s.Text+"+}")
		case s.Variable:
			parts = append(parts, "{"+s.Text+"}")
		default:
			parts = append(parts, s.Text)
		}
	}
	return r.Method + " /" + strings.Join(parts, "/")
}

// Match reports whether the route takes a request, and returns the values of its
// variables. path has the parts of the path, unescaped. rank orders the routes that take
// a request: a more specific route has a greater rank. A name ranks above a variable, a
// variable above one that takes the rest, and a method above ANY.
func (r Route) Match(method string, path []string) (parameters map[string]string, rank string, ok bool) {
	if r.Method == "" {
		return nil, "", true
	}
	if r.Method != "ANY" && r.Method != method {
		return nil, "", false
	}
	parameters = map[string]string{}
	for i, s := range r.Segments {
		switch {
		case i >= len(path):
			return nil, "", false
		case s.Greedy:
			rest := strings.Join(path[i:], "/")
			if rest == "" {
				return nil, "", false
			}
			parameters[s.Text] = rest
			return parameters, rank + "1" + methodRank(r.Method), true
		case s.Variable && path[i] != "":
			parameters[s.Text] = path[i]
			rank += "2"
		case !s.Variable && path[i] == s.Text:
			rank += "3"
		default:
			return nil, "", false
		}
	}
	if len(path) != len(r.Segments) {
		return nil, "", false
	}
	return parameters, rank + methodRank(r.Method), true
}

func methodRank(method string) string {
	if method == "ANY" {
		return "0"
	}
	return "1"
}
