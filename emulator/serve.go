package emulator

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// How long a client may take.
const (
	headTime = 10 * time.Second // to send the head of a request
	bodyTime = time.Minute      // to send all of it
	idleTime = 2 * time.Minute  // between two requests
	sendTime = time.Minute      // to read a response that is not streamed
)

// Serve answers the clients that connect to l, until l or the server is
// closed. Then its error is http.ErrServerClosed.
func (s *Server) Serve(l net.Listener) error {
	web := &http.Server{
		Handler: s, ReadHeaderTimeout: headTime, ReadTimeout: bodyTime, IdleTimeout: idleTime,
		ErrorLog: log.New(io.Discard, "", 0), // a client's mistakes, which it is told
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.webs = append(s.webs, web)
	}
	s.mu.Unlock()
	if closed {
		l.Close()
		return http.ErrServerClosed
	}
	return web.Serve(l)
}

// shutdown waits for requests that are being answered, until ctx is done.
func shutdown(ctx context.Context, web *http.Server) {
	if web.Shutdown(ctx) != nil {
		_ = web.Close()
	}
}

// send sends a response that is not streamed. A client that does not read it
// holds up nobody for long.
func send(w http.ResponseWriter, status int, body []byte) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(sendTime)) // a recorder of a test has none
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if _, err := w.Write(body); err == nil {
		_ = c.Flush()
	}
	_ = c.SetWriteDeadline(time.Time{})
}
