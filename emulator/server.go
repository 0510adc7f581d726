package emulator

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

// ServerConfig says how a [Server] behaves.
type ServerConfig struct {
	Region  string // in ARNs and events; default: us-east-1
	Account string // likewise; default: 123456789012

	// Hosts are names by which clients may address the server, besides
	// localhost and loopback addresses.
	Hosts []string

	// Origins are those whose pages may call functions, such as
	// http://localhost:5173; "*" allows every page.
	Origins []string

	// BinaryTypes are the binary media types of REST APIs, such as image/png,
	// image/* or */*. Bodies of requests with such a type are in base64 in the
	// event; an answer in base64 is decoded if the first type of the client's
	// Accept is one, and goes out as text otherwise.
	BinaryTypes []string

	// Buffered keeps function URLs and REST APIs from streaming, as is
	// Lambda's default: what a function streams is collected.
	Buffered bool

	// Retries are the pauses before a failed asynchronous event is tried
	// again. Lambda tries twice more, after one and two minutes (AWS Lambda developer guide, "Error
	// handling for asynchronous invocation"); default: after one and two seconds.
	Retries []time.Duration

	// Event is told each event that was made of an HTTP request; may be nil.
	Event func(function string, event []byte)

	// Refused is told of each answer to an HTTP request that makes no HTTP
	// response, and why, which clients are not told; may be nil.
	Refused func(function, requestID, reason string)

	// Observe returns who is told what happens to an event, once for each time that a function gets
	// it; may be nil, and may return nil.
	Observe func(Arrival) Observer

	// Console answers requests below [ConsolePath], and a browser's for /, unless a route takes
	// that; nil: nobody does. An io.Closer is closed when the server is.
	Console http.Handler

	// Dropped is told of each asynchronous event that failed for good; may
	// be nil.
	Dropped func(function, requestID, reason string)
}

// A Server offers functions to clients over HTTP:
//
//	POST /2015-03-31/functions/NAME/invocations   Lambda's Invoke
//	POST /2021-11-15/functions/NAME/response-streaming-invocations
//	GET  /2015-03-31/functions/                   ListFunctions
//	GET  /2015-03-31/functions/NAME               GetFunction, /configuration
//	any  /url/NAME/PATH                           as a function URL
//	any  /v2/NAME/STAGE/PATH                      as an API Gateway HTTP API
//	any  /v1/NAME/STAGE/PATH                      as an API Gateway REST API
//	any  /alb/NAME/PATH                           as a load balancer
//	any  /alb-multi/NAME/PATH                     the same, with multi-value headers
//	any  /PATH                                    as an HTTP API, by the routes of SetRoutes
//	GET  /                                        which addresses there are; for browsers, the console
//
// So clients of AWS work with http://127.0.0.1:PORT as their endpoint; signatures are not looked at.
// NAME may be an ARN, and end in a version or alias.
//
// A request whose Host is neither a loopback address nor one of Hosts is
// refused, and so is one that a web page of another origin sent, or may have
// sent, but for those of Origins: otherwise any page in a browser could invoke functions. Nothing is
// asked of other clients: whoever reaches the server can invoke them.
type Server struct {
	config   ServerConfig
	patience patience
	mux      *http.ServeMux
	life     context.Context // of asynchronous events
	stop     context.CancelFunc
	events   sync.WaitGroup // asynchronous ones on their way
	queue    chan struct{}  // a place for each of them

	triggerPatience map[event.Trigger]time.Duration // in place of a trigger's own; for tests

	mu        sync.Mutex
	functions map[string]*Function
	routes    []Route
	webs      []*http.Server
	closed    bool
}

// maxQueue is how many asynchronous events may wait.
const maxQueue = 1000

// NewServer makes a server without functions.
func NewServer(c ServerConfig) *Server {
	set(&c.Region, "us-east-1")
	set(&c.Account, "123456789012")
	if c.Retries == nil {
		c.Retries = []time.Duration{time.Second, 2 * time.Second}
	}
	s := &Server{config: c, patience: defaultPatience, mux: http.NewServeMux(), functions: map[string]*Function{}, queue: make(chan struct{}, maxQueue)}
	s.life, s.stop = context.WithCancel(context.Background())
	s.apiRoutes()
	return s
}

// Set makes f the function called name, and returns the one before, which is the caller's to close; nil
// takes the function away.
func (s *Server) Set(name string, f *Function) (before *Function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.functions[name]
	if f == nil {
		delete(s.functions, name)
	} else {
		s.functions[name] = f
	}
	return before
}

func (s *Server) function(name string) *Function {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.functions[name]
}

// run has a function answer. Where that was replaced at this very moment, the
// new one answers.
func (s *Server) run(ctx context.Context, f *Function, a Arrival) (Response, error) {
	for request := *a.Request; ; {
		r := request
		if s.config.Observe != nil {
			a.Request = &r
			r.Observer = s.config.Observe(a)
		}
		resp, err := f.Invoke(ctx, r)
		next := s.function(a.Function)
		if err != ErrClosed || next == nil || next == f {
			return resp, err
		}
		f = next
	}
}

func (s *Server) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for name := range s.functions {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Close ends what Serve does, when requests on their way have been answered or ctx is done, gives up the asynchronous events, and
// closes the functions as [Function.Close] does.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	webs := s.webs
	s.mu.Unlock()
	var quiet sync.WaitGroup
	for _, w := range webs {
		quiet.Add(1)
		go func() {
			defer quiet.Done()
			shutdown(ctx, w)
		}()
	}
	quiet.Wait()
	s.stop()
	var first error
	for _, name := range s.names() {
		if f := s.Set(name, nil); f != nil {
			if err := f.Close(ctx); err != nil && first == nil {
				first = err
			}
		}
	}
	s.events.Wait()
	return first
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if why := s.foreign(r); why != "" {
		message(w, http.StatusForbidden, why)
		return
	}
	if s.crossOrigin(w, r) {
		return
	}
	if t, name, rest, ok := triggerOf(r); ok {
		s.trigger(t, name, rest, w, r)
		return
	}
	if s.config.Console != nil && strings.HasPrefix(r.URL.Path, ConsolePath) {
		s.config.Console.ServeHTTP(w, r)
		return
	}
	switch t, name, rest, ok, routed := s.route(r); {
	case ok:
		s.trigger(t, name, rest, w, r)
		return
	case routed && r.URL.Path != "/":
		message(w, http.StatusNotFound, "Not Found")
		return
	}
	if s.config.Console != nil && r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.config.Console.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// ConsolePath is where the console's own pages are.
const ConsolePath = "/_bootzip/"
