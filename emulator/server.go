package emulator

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// ServerConfig says how a [Server] behaves.
type ServerConfig struct {
	Region  string // in ARNs and events; default: us-east-1
	Account string // likewise; default: 123456789012

	// Hosts are names by which clients may address the server, besides
	// localhost and loopback addresses. Ports are ignored.
	Hosts []string

	// Origins are those whose pages may call functions, such as
	// http://localhost:5173; "*" allows every page.
	Origins []string

	// BinaryTypes are the binary media types of REST APIs, such as image/png,
	// image/* or */*. Bodies of requests with such a type are in base64 in the
	// event; an answer in base64 is decoded if the first type of the client's
	// Accept is one, and goes out as text otherwise.
	BinaryTypes []string

	// Buffered keeps function URLs and REST APIs from streaming, which is
	// Lambda's default: what a function streams is collected.
	Buffered bool

	// Retries are the pauses before a failed asynchronous event is tried
	// again. Lambda tries twice more, after one and two minutes (AWS Lambda developer guide, "Error
	// handling for asynchronous invocation"); default: after one and two seconds.
	Retries []time.Duration

	// Event gets each event that is made of an HTTP request; may be nil.
	Event func(function string, event []byte)

	// Refused gets each answer to an HTTP request that is not a valid HTTP
	// response, with the reason, which clients do not get; may be nil.
	Refused func(function, requestID, reason string)

	// Observe returns the observer of an event. It is called each time that a function
	// gets the event; may be nil, and may return nil.
	Observe func(Arrival) Observer

	// Console answers requests below [ConsolePath], and a browser's for / unless a
	// route takes that; may be nil. If it is an io.Closer, the server closes it.
	Console http.Handler

	// Dropped gets each asynchronous event that failed for good; may be nil.
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
//	GET  /                                        list of the addresses; for browsers, the console
//
// So clients of AWS work with http://127.0.0.1:PORT as their endpoint; signatures are not checked.
// NAME may be an ARN, and end in a version or alias.
//
// The server refuses a request whose Host is neither a loopback address nor one of
// Hosts, and one that a web page sent, or may have sent, whose origin is neither the
// server's nor one of Origins: otherwise any page in a browser could invoke functions.
// Other clients need no permission: anyone who can reach the server can invoke functions.
type Server struct {
	config   ServerConfig
	patience patience
	mux      *http.ServeMux
	life     context.Context // of asynchronous events
	stop     context.CancelFunc
	events   sync.WaitGroup // asynchronous ones on their way
	queue    chan struct{}  // a place for each of them

	triggers []trigger // by kind

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
	c.Region = cmp.Or(c.Region, defaultRegion)
	c.Account = cmp.Or(c.Account, defaultAccount)
	if c.Retries == nil {
		c.Retries = []time.Duration{time.Second, 2 * time.Second}
	}
	s := &Server{
		config: c, patience: defaultPatience, triggers: slices.Clone(triggers), mux: http.NewServeMux(),
		functions: map[string]*Function{}, queue: make(chan struct{}, maxQueue),
	}
	s.life, s.stop = context.WithCancel(context.Background())
	s.apiRoutes()
	return s
}

// Set makes f the function called name, or removes it if f is nil. It returns the one
// before, which the caller closes.
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

// run invokes a function. If it was replaced and closed meanwhile, the new one
// answers.
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
	return slices.Sorted(maps.Keys(s.functions))
}

// Close ends Serve, when the current requests have been answered or ctx is done. Then it
// gives up the asynchronous events, and closes the functions as [Function.Close] does.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	webs := s.webs
	s.mu.Unlock()
	var quiet errgroup.Group
	for _, w := range webs {
		quiet.Go(func() error {
			defer w.Close() // ends what is left when ctx is done
			return w.Shutdown(ctx)
		})
	}
	_ = quiet.Wait()
	s.stop()
	var first error
	for _, name := range s.names() {
		if f := s.Set(name, nil); f != nil {
			first = cmp.Or(first, f.Close(ctx))
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
	if t, name, rest, ok := s.triggerOf(r); ok {
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
	if operation.MatchString(r.URL.Path) {
		w.Header().Set("X-Amzn-Requestid", runtimeapi.NewUUID()) // Invoke has the event's in its place
	}
	s.mux.ServeHTTP(w, r)
}

// ConsolePath is where the console's own pages are.
const ConsolePath = "/_bootzip/"
