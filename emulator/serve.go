package emulator

import (
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A patience is how long a client may take.
type patience struct {
	head time.Duration // to send the head of a request
	body time.Duration // to send all of it
	idle time.Duration // between two requests
}

var defaultPatience = patience{head: 10 * time.Second, body: time.Minute, idle: 2 * time.Minute}

// sendTime is how long a client may take to read a response that is not
// streamed.
const sendTime = time.Minute

// Serve answers the clients that connect to l, until l or the server is
// closed. Then its error is http.ErrServerClosed.
func (s *Server) Serve(l net.Listener) error {
	web := &http.Server{
		Handler: s, ReadHeaderTimeout: s.patience.head, ReadTimeout: s.patience.body, IdleTimeout: s.patience.idle,
		ErrorLog: log.New(io.Discard, "", 0), // errors of clients, who get them as well
	}
	if c, ok := s.config.Console.(io.Closer); ok {
		web.RegisterOnShutdown(func() { _ = c.Close() })
	}
	l = keepSpelling(web, l)
	s.mu.Lock()
	s.webs = append(s.webs, web)
	closed := s.closed
	s.mu.Unlock()
	if closed {
		_ = web.Close() // so that Serve returns at once
	}
	return web.Serve(l)
}

// send sends a response that is not streamed. It gives up on a client that does not
// read it within sendTime.
func send(w http.ResponseWriter, status int, body []byte) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(sendTime)) // the recorder of a test has none
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if _, err := w.Write(body); err == nil {
		_ = c.Flush()
	}
	_ = c.SetWriteDeadline(time.Time{})
}
