package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/project"
)

// A Route leads requests to a function, as an API Gateway HTTP API does.
type Route struct {
	project.Route
	Function string // its name
}

// SetRoutes replaces the routes. Paths of the server's own, those of [Server], come
// first. With routes, the list of the addresses is at / if no route takes that.
func (s *Server) SetRoutes(routes []Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes = slices.Clone(routes)
}

// route finds the function that a request is for by the routes; routed tells that
// there are some.
func (s *Server) route(r *http.Request) (t trigger, function, rest string, ok, routed bool) {
	s.mu.Lock()
	routes := s.routes
	s.mu.Unlock()
	if len(routes) == 0 || operation.MatchString(r.URL.Path) {
		return t, "", "", false, false
	}
	path := sentPath(r)
	var parts []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		text, err := url.PathUnescape(part)
		if err != nil {
			return t, "", "", false, true
		}
		parts = append(parts, text)
	}
	best := ""
	for _, one := range routes {
		parameters, rank, matches := one.Match(r.Method, parts)
		if !matches || ok && rank <= best {
			continue
		}
		for _, known := range triggers {
			if known.kind == event.HTTPAPI {
				t = known
			}
		}
		// The stage is $default, which has no part in the path.
		t.staged, t.route, t.parameters = false, one.Key(), parameters
		best, ok, function = rank, true, one.Function
	}
	return t, function, strings.TrimPrefix(path, "/"), ok, true
}

// sentPath is the path as it was sent, with what needed an escape and has none.
func sentPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath()
}
