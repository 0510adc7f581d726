// Package gocache serves the go command's build cache from a store that machines share.
//
// The go command starts the program that GOCACHEPROG names, and sends it requests on
// standard input (Go's cmd/go/internal/cacheprog, since Go 1.24). A build has no network, so
// that program is a relay to a unix socket in the build's output directory, where the
// [Server] listens. The server has the store, its token, and a local directory with what
// earlier runs used. It copies the files of its answers into the output directory.
//
// A faulty store fails no request: what it does not return in time, or not with the right
// bytes, is a miss, and the go command compiles it.
package gocache

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/store"
)

// Config configures a Server.
type Config struct {
	Out   string // a directory of the build, for the files and the socket
	View  string // Out as the build sees it
	Local string // a directory that is kept between runs
	Store *store.Store
}

// A Server is the cache of the go commands of one build.
type Server struct {
	config   Config
	listener *net.UnixListener
	running  sync.WaitGroup
	uploads  chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
}

const (
	socketName = "socket"
	filesName  = "files"

	maxUploads = 8
	maxBody    = 512 << 20          // bytes
	unused     = 5 * 24 * time.Hour // as in the go command's own cache
)

// Serve starts a server, which runs until Close.
func Serve(ctx context.Context, c Config) (*Server, error) {
	for _, dir := range []string{c.Out, filepath.Join(c.Out, filesName), c.Local} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	socket := filepath.Join(c.Out, socketName)
	at, done, err := address(socket)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", at)
	done()
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // it is removed with the directory
	if err := os.Chmod(socket, 0o666); err != nil {
		listener.Close()
		return nil, err
	}
	s := &Server{config: c, listener: listener, uploads: make(chan struct{}, maxUploads)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			s.running.Add(1)
			go func() {
				defer s.running.Done()
				defer conn.Close()
				s.serve(conn, conn)
			}()
		}
	}()
	return s, nil
}

// Socket returns the path of the socket as the build sees it.
func (s *Server) Socket() string { return path.Join(s.config.View, socketName) }

// Close stops the server. It waits for uploads to the store, and removes from Local what was
// not used for days. The go commands must have ended before.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.running.Wait()
	s.cancel()
	trim(s.config.Local, time.Now())
}

// A request of the go command, as in cmd/go/internal/cacheprog.
type request struct {
	ID       int64
	Command  string
	ActionID []byte
	OutputID []byte
	BodySize int64
}

// A response to a request, as in cmd/go/internal/cacheprog.
type response struct {
	ID            int64
	Err           string   `json:",omitempty"`
	KnownCommands []string `json:",omitempty"`
	Miss          bool     `json:",omitempty"`
	OutputID      []byte   `json:",omitempty"`
	Size          int64    `json:",omitempty"`
	DiskPath      string   `json:",omitempty"`
}

// serve answers one go command until it sends no more requests.
func (s *Server) serve(in io.Reader, out io.Writer) {
	requests := json.NewDecoder(bufio.NewReaderSize(in, 64<<10))
	answers := json.NewEncoder(out)
	var mu sync.Mutex
	answer := func(r response) {
		mu.Lock()
		defer mu.Unlock()
		_ = answers.Encode(r) // if the go command has ended, so does reading
	}
	answer(response{KnownCommands: []string{"get", "put", "close"}})
	var handling sync.WaitGroup
	defer handling.Wait()
	for {
		var r request
		if err := requests.Decode(&r); err != nil {
			return
		}
		var body []byte
		if r.Command == "put" && r.BodySize > 0 {
			if r.BodySize > maxBody || requests.Decode(&body) != nil || int64(len(body)) != r.BodySize {
				return // the go command reports that its cache has gone
			}
		}
		handling.Add(1)
		go func() {
			defer handling.Done()
			a := response{ID: r.ID}
			switch r.Command {
			case "get":
				a = s.get(r)
			case "put":
				a = s.put(r, body)
			case "close":
			default:
				a.Err = fmt.Sprintf("unknown command %q", r.Command)
			}
			answer(a)
		}()
	}
}

// get answers from the local directory, or from the store.
func (s *Server) get(r request) response {
	miss := response{ID: r.ID, Miss: true}
	action := hex.EncodeToString(r.ActionID)
	if len(r.ActionID) != sha256.Size {
		return miss
	}
	output, ok := s.local(action)
	if !ok {
		if output, ok = s.fetch(action); !ok {
			return miss
		}
	}
	size, err := s.show(output)
	if err != nil {
		return miss
	}
	id, _ := hex.DecodeString(output)
	return response{ID: r.ID, OutputID: id, Size: size, DiskPath: s.view(output)}
}

// put stores a body locally and, after the answer, in the store.
func (s *Server) put(r request, body []byte) response {
	a := response{ID: r.ID}
	action, output := hex.EncodeToString(r.ActionID), hex.EncodeToString(r.OutputID)
	if sum := sha256.Sum256(body); len(r.ActionID) != sha256.Size || hex.EncodeToString(sum[:]) != output {
		a.Err = "the body is not what its id says"
		return a
	}
	if err := write(s.file(output), body); err != nil {
		a.Err = err.Error()
		return a
	}
	a.DiskPath = s.view(output)
	if write(s.localFile(output, "d"), body) != nil || write(s.localFile(action, "a"), []byte(output)) != nil {
		return a // the next run will compile it again
	}
	if s.config.Store.Write {
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			s.uploads <- struct{}{}
			defer func() { <-s.uploads }()
			s.config.Store.Keep(s.ctx, key(action), s.localFile(output, "d"))
		}()
	}
	return a
}

// key returns the key of an action in the store.
func key(action string) string { return store.Key("bootzip go 1", action) }

// local looks an action up in the local directory.
func (s *Server) local(action string) (output string, ok bool) {
	text, err := os.ReadFile(s.localFile(action, "a"))
	if err != nil || len(text) != 2*sha256.Size {
		return "", false
	}
	output = string(text)
	name := s.localFile(output, "d")
	if sum, _, err := digest.File(name); err != nil || sum != output {
		return "", false
	}
	for _, used := range []string{name, s.localFile(action, "a")} {
		_ = os.Chtimes(used, time.Time{}, time.Now())
	}
	return output, true
}

// fetch copies the output of an action from the store to the local directory.
func (s *Server) fetch(action string) (output string, ok bool) {
	temp, err := os.MkdirTemp(s.config.Local, "fetch-")
	if err != nil {
		return "", false
	}
	defer os.RemoveAll(temp)
	name := filepath.Join(temp, "file")
	if !s.config.Store.Fetch(s.ctx, key(action), name) {
		return "", false
	}
	output, _, err = digest.File(name)
	if err != nil || os.MkdirAll(filepath.Dir(s.localFile(output, "d")), 0o755) != nil {
		return "", false
	}
	if os.Chmod(name, 0o644) != nil || os.Rename(name, s.localFile(output, "d")) != nil || write(s.localFile(action, "a"), []byte(output)) != nil {
		return "", false
	}
	return output, true
}

// show copies a file from the local directory to the build's. A link would not do, since the
// build may write to it.
func (s *Server) show(output string) (size int64, err error) {
	if info, err := os.Stat(s.file(output)); err == nil {
		return info.Size(), nil
	}
	body, err := os.ReadFile(s.localFile(output, "d"))
	if err != nil {
		return 0, err
	}
	return int64(len(body)), write(s.file(output), body)
}

func (s *Server) file(output string) string { return filepath.Join(s.config.Out, filesName, output) }
func (s *Server) view(output string) string { return path.Join(s.config.View, filesName, output) }

// localFile returns the file of an action ("a") or an output ("d").
func (s *Server) localFile(id, kind string) string {
	return filepath.Join(s.config.Local, id[:2], id+"-"+kind)
}

// write writes a file, completely or not at all.
func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// trim removes what was not used for days. It runs at most once a day.
func trim(dir string, now time.Time) {
	mark := filepath.Join(dir, "trimmed")
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < 24*time.Hour {
		return
	}
	_ = os.WriteFile(mark, nil, 0o644)
	_ = os.Chtimes(mark, now, now)
	left, _ := filepath.Glob(filepath.Join(dir, "fetch-*")) // by runs that were killed
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && now.Sub(info.ModTime()) > unused {
			_ = os.RemoveAll(name)
		}
	}
	_ = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || name == mark || strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > unused {
			_ = os.Remove(name)
		}
		return nil
	})
}
