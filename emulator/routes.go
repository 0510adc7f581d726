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

// Hidden reports whether no request can reach the route, because its path begins like one
// of the server's own.
func (r Route) Hidden() bool {
	if len(r.Segments) < 2 || r.Segments[0].Variable {
		return false
	}
	first := r.Segments[0].Text
	return "/"+first+"/" == ConsolePath || operation.MatchString("/"+first+"/") || slices.ContainsFunc(triggers, func(t trigger) bool { return t.prefix == first })
}

// SetRoutes replaces the routes. The server's own paths, see [Server], take precedence.
// With routes, the list of addresses is at / unless a route takes that path.
func (s *Server) SetRoutes(routes []Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes = slices.Clone(routes)
}

// route finds the function of a request by the routes; routed reports whether there
// are any.
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
		t = s.triggers[event.HTTPAPI]
		// The path has no stage: it is $default.
		t.stage, t.route, t.parameters = "", one.Key(), parameters
		best, ok, function = rank, true, one.Function
	}
	return t, function, strings.TrimPrefix(path, "/"), ok, true
}

// sentPath returns the path as it was sent, including characters that should have been
// escaped.
func sentPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath()
}
