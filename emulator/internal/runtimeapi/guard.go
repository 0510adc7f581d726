package runtimeapi

import (
	"context"
	"net"
	"net/http"
	"sync"
)

type peerKey struct{}

// withPeer checks each connection's peer once, and immediately: once the peer has closed the
// connection, its owner is unknown.
func (s *Server) withPeer(ctx context.Context, c net.Conn) context.Context {
	if s.config.Peer == nil {
		return ctx
	}
	check := sync.OnceValue(func() error { return s.config.Peer(c) })
	go check()
	return context.WithValue(ctx, peerKey{}, check)
}

// guard refuses requests that do not come from the instance.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch no := s.foreign(r); {
		case no != nil:
			no.write(w)
		case r.Method == http.MethodHead: // which a pattern for GET takes as well
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// foreign returns why a request is refused: its Host differs, as after DNS rebinding,
// a web page sent it (Fetch Standard, "Origin header"; Fetch Metadata,
// "Sec-Fetch-Site"), or the connection is not the instance's.
func (s *Server) foreign(r *http.Request) *refusal {
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case r.Header.Get("Origin") != "":
		return forbidden("ForeignOrigin", "requests of web pages are refused")
	case site != "" && site != "none" && site != "same-origin":
		return forbidden("ForeignSite", "requests of web pages are refused")
	case !s.ownHost(r.Host):
		return forbidden("ForeignHost", "the host is not "+s.Address())
	}
	if peer, ok := r.Context().Value(peerKey{}).(func() error); ok {
		if err := peer(); err != nil {
			return forbidden("ForeignPeer", err.Error())
		}
	}
	return nil
}

// ownHost reports whether a request is for this server. HTTP/1.0 has no Host,
// some clients omit the port, and small ones always send localhost.
func (s *Server) ownHost(host string) bool {
	own, ownPort, _ := net.SplitHostPort(s.Address())
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, ownPort
	}
	return host == "" || (name == own || name == "localhost") && port == ownPort
}
