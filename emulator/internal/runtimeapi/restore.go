package runtimeapi

import (
	"crypto/subtle"
	"net/http"
	"time"
)

// Credentials are what the credentials endpoint hands out.
type Credentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	Token           string
	Expiration      time.Time
}

// CredentialsPath is the path of the credentials endpoint, where AWS's SDKs get
// credentials that are not part of a snapshot (AWS's emulator).
const CredentialsPath = "/2021-04-23/credentials"

// restoreNext waits for the restore. The runtime is ready for a snapshot, which is taken when
// all extensions are ready too.
func (s *Server) restoreNext(w http.ResponseWriter, r *http.Request) {
	if no := s.advance(started, restoreReady); no != nil {
		no.write(w)
		return
	}
	s.mu.Lock()
	more := s.settle()
	s.mu.Unlock()
	s.signal(more...)
	select {
	case <-s.restored:
		w.WriteHeader(http.StatusOK)
	case <-r.Context().Done():
		if s.advance(restoreReady, started) == nil { // it may ask again over another connection
			s.mu.Lock()
			s.snapshot = false
			s.mu.Unlock()
		}
	}
}

// Restore ends the wait of a runtime that has asked for the restore.
func (s *Server) Restore() {
	if s.advance(restoreReady, restoring) == nil {
		close(s.restored)
	}
}

// credentials hands out the function's credentials. They are not in the environment,
// since a snapshot outlasts them.
func (s *Server) credentials(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(s.config.Token)) == 0 {
		(&refusal{http.StatusNotFound, "InvalidToken", "the request does not bear AWS_CONTAINER_AUTHORIZATION_TOKEN"}).write(w)
		return
	}
	writeJSON(w, http.StatusOK, s.config.Credentials)
}
