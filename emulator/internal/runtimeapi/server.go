// Package runtimeapi is Lambda's side of the Runtime API, version 2018-06-01,
// for one instance of a function, with the Extensions API, version 2020-01-01.
// Subscriptions of extensions are in package telemetry.
//
// Paths, headers and statuses are those of the AWS Lambda developer guide,
// "Using the Lambda runtime API for custom runtimes" and "Using the Lambda
// Extensions API to create extensions". Where the guide does not specify what is
// refused, or the wording, the server follows AWS's open-source Runtime
// Interface Emulator.
//
// # Access
//
// The API is for the instance only: anyone who can ask for an event sees it, and can answer
// it. The server refuses requests whose Host is not its address, requests of web pages
// (Origin, Sec-Fetch-Site), and connections for which [Config.Peer] returns an error.
//
// # Memory
//
// The memory of this process that requests take is bounded, whatever the function sends: see
// limit.go.
//
// # Goroutines
//
// Each request is handled by a goroutine of net/http, which blocks while a
// runtime waits for an event. One mutex guards the state of the protocol; it
// is never held while anything blocks, and no other lock is taken under it.
package runtimeapi

import (
	"context"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/net/netutil"
)

// Config configures a server.
type Config struct {
	// What extensions see about the function.
	Name, Version, Handler, Account string

	// Token is what requests to the metadata endpoint must bear.
	Token string

	// External are the names of the external extensions, which are the files in
	// /opt/extensions.
	External []string

	// Subscribe takes the request of an extension to the Telemetry API, or with
	// logs to the Logs API. An error refuses it as invalid. nil: both APIs answer
	// that they are not supported.
	Subscribe func(extension string, logs bool, body []byte) error

	// Concurrency is how many events the runtime may have at the same time; 0
	// means 1. With more, states have no order: an event is identified only by
	// its id (AWS Lambda developer guide, "Using the Lambda runtime API
	// for custom runtimes", Lambda Managed Instances).
	Concurrency int

	// SnapStart offers restore/next, restore/error and the credentials endpoint,
	// which returns Credentials to requests that bear Token.
	SnapStart   bool
	Credentials Credentials

	// Listener is where the server listens; the server closes it. Default: a
	// free port of 127.0.0.1, see listen.
	Listener net.Listener

	// Host is the name by which the instance reaches the server, if it differs
	// from its address.
	Host string

	// Peer returns an error for a connection that is not the instance's. It is
	// called once per connection, before the first request is handled, and may
	// block. Default: every connection is accepted.
	Peer func(net.Conn) error
}

// A Server is the API for one instance.
type Server struct {
	config   Config
	listener net.Listener
	http     http.Server
	life     context.Context // ends with Close
	end      context.CancelFunc
	signals  chan Signal
	long     chan struct{} // has an element for each long request that is read
	fault    chan Answer   // init/error and the like; one at most
	faulted  atomic.Bool   // one was sent, or is being read: others do not count, and are not read

	mu          sync.Mutex
	state       state
	waiting     []*waiter        // requests for an event, the latest last
	offered     []*Call          // for which no request waited
	open        map[string]*Call // by id: not answered
	current     *Call            // with one event at a time: it is not finished
	free        int              // events that may still be offered
	extensions  []*extension
	initialised bool // the runtime and all extensions have asked for an event
	missing     int  // external extensions that have not registered
	registered  chan struct{}
	snapshot    bool          // the signal for it was sent
	restored    chan struct{} // closed by Restore
}

// A Signal is an action of the runtime. With Reply, it has answered that call. With Done,
// it has finished its event but extensions have not. With Snapshot, it waits for Restore,
// and all extensions wait for an event. Otherwise it can take one more event, so Offer may
// be called once more.
type Signal struct {
	Reply    *Call
	Done     bool
	Snapshot bool
}

// maxHead bounds the head of a request, in bytes. The cause for X-Ray, in a
// header, may have nearly 1 MiB.
const maxHead = 1<<20 + 64<<10

// New starts a server. The caller reads Signals until it calls Close.
func New(c Config) (*Server, error) {
	if c.Listener == nil {
		l, err := listen()
		if err != nil {
			return nil, err
		}
		c.Listener = l
	}
	c.Concurrency = max(c.Concurrency, 1)
	s := &Server{
		config: c, listener: netutil.LimitListener(c.Listener, maxConnections), state: started,
		long: make(chan struct{}, c.Concurrency+longRequests), fault: make(chan Answer, 1), open: map[string]*Call{},
		// Room for what a well-behaved runtime can send before signals are read.
		signals: make(chan Signal, 2*c.Concurrency+1),
		missing: len(c.External), registered: make(chan struct{}), restored: make(chan struct{}),
	}
	if s.missing == 0 {
		close(s.registered)
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = http.Server{
		Handler: s.guard(s.routes()), ConnContext: s.withPeer, ConnState: s.limit, MaxHeaderBytes: maxHead,
		ErrorLog: log.New(io.Discard, "", 0), // refusals go to the instance
	}
	go func() { _ = s.http.Serve(limitedListener{s.listener, s}) }()
	return s, nil
}

// Lambda's own port, and the bounds of the others. Some runtimes read the port
// as a signed 16-bit number. Linux assigns no port below 32768 by itself
// (ip(7), ip_local_port_range).
const (
	lambdaPort = 9001
	firstPort  = 20000
	lastPort   = 32767
)

// listen listens on 127.0.0.1, at Lambda's port 9001 if it is free, otherwise
// at another one below 32768.
func listen() (net.Listener, error) {
	port := lambdaPort
	for try := 0; ; try++ {
		l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || try == 200 {
			return l, err
		}
		port = firstPort + rand.IntN(lastPort-firstPort+1)
	}
}

// Address is the value of AWS_LAMBDA_RUNTIME_API.
func (s *Server) Address() string {
	address := s.listener.Addr().String()
	if _, port, err := net.SplitHostPort(address); s.config.Host != "" && err == nil {
		return net.JoinHostPort(s.config.Host, port)
	}
	return address
}

// Signals delivers the runtime's actions in order: with one event at a time,
// the reply to a call comes before the request for the next.
func (s *Server) Signals() <-chan Signal { return s.signals }

// Fault delivers the report of the runtime or an extension about a failed
// initialisation, or about its exit.
func (s *Server) Fault() <-chan Answer { return s.fault }

// Close ends the server and its connections. A handler that passes a stream to
// a Sink may outlast it, see [Call.Detach].
func (s *Server) Close() {
	s.end()
	_ = s.http.Close()
	_ = s.listener.Close() // in case Serve has not seen it yet
}

// signal sends a signal, unless the server was closed.
func (s *Server) signal(all ...Signal) {
	for _, one := range all {
		select {
		case s.signals <- one:
		case <-s.life.Done():
		}
	}
}
