package emulator

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// foreign returns why a request is refused: it is not for this server, or may come from
// a page of another site (Fetch Standard, "Origin header"; Fetch Metadata,
// "Sec-Fetch-Site").
//
// Browsers send Sec-Fetch-Site only to loopback addresses and over HTTPS. To another
// host over HTTP, a plain GET of another site's page, as for an image, looks like an
// address that the user typed: it is refused unless its referrer is a page of this
// server.
func (s *Server) foreign(r *http.Request) string {
	if !s.knows(r.Host) {
		return "host " + r.Host + " is not known here: only loopback addresses are, and the name that --host gives"
	}
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case s.allows(origin):
	case origin != "" && hostOf(origin) != r.Host:
		return "origin " + origin + " is another one: allow it with --cors=" + origin
	case site == "cross-site" || site == "same-site":
		return "the request comes from a page of another site"
	case site == "" && origin == "" && !isLoopback(r.Host) && strings.HasPrefix(r.UserAgent(), "Mozilla/") && hostOf(r.Referer()) != r.Host:
		return "a browser does not say over HTTP which page a request comes from: use a loopback address or HTTPS"
	}
	return ""
}

// hostOf returns the host and port of a URL; "" if it has none.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

func (s *Server) knows(hostport string) bool {
	host := withoutPort(hostport)
	return isLoopback(hostport) || slices.ContainsFunc(s.config.Hosts, func(h string) bool { return strings.EqualFold(withoutPort(h), host) })
}

func isLoopback(hostport string) bool {
	host := withoutPort(hostport)
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func withoutPort(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// SameUser reports whether a request to a [Server] comes from a process of the same user
// on this machine. It reports false if that is unknown, as on systems other than Linux.
func SameUser(r *http.Request) bool {
	c, ok := r.Context().Value(spelledKey{}).(*spelledConn)
	check := runtimeapi.PeerUID(os.Getuid)
	return ok && check != nil && check(c) == nil
}

// allows reports whether pages of an origin may call functions.
func (s *Server) allows(origin string) bool {
	return slices.Contains(s.config.Origins, "*") || origin != "" && slices.Contains(s.config.Origins, origin)
}

// crossOrigin lets a page of an allowed origin read the response, and answers
// its preflight request (Fetch Standard, "CORS protocol"); then it returns true.
// Headers that the function sets replace these.
func (s *Server) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || !s.allows(origin) {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "*")
	if !slices.Contains(s.config.Origins, "*") {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", method)
	if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
		h.Set("Access-Control-Allow-Headers", names)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
