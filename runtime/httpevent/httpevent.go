// Package httpevent turns the HTTP events of AWS Lambda into requests, and responses
// into what the event's sender expects, without net/http:
//
//	httpevent.Handle("web", func(ctx context.Context, r *httpevent.Request) (*httpevent.Response, error) {
//		return httpevent.Text(200, "Hello "+r.Query.Get("hello")), nil
//	})
//
// It takes the events of API Gateway's REST APIs (payload format 1.0) and HTTP
// APIs (1.0 and 2.0), of function URLs, and of Application Load Balancers with
// and without multi-value headers. It distinguishes them by their content (Amazon API
// Gateway developer guide, "Lambda proxy integrations"; AWS Lambda developer guide,
// "Invoking Lambda function URLs"; Elastic Load Balancing user guide, "Lambda functions
// as targets").
//
// It removes the differences between them as far as the event allows. It cannot restore
// the order of header fields, the case of their names, and the original spelling of a
// REST API's query, which comes decoded.
package httpevent

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

// A Func answers a request. A nil response stands for an empty one with status 200. An
// error fails the invocation: the client then gets a 502 from API Gateway or a load
// balancer.
type Func func(context.Context, *Request) (*Response, error)

// Handle registers a function under a name; the rules of runtime.Handle apply.
func Handle(name string, f Func) { runtime.Handle(name, Handler(f)) }

// Handler makes a runtime.Handler from a function; nil stays nil.
func Handler(f Func) runtime.Handler {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		r, err := Parse(event)
		if err != nil {
			return nil, err
		}
		resp, err := f(ctx, r)
		if err != nil {
			return nil, err
		}
		return r.Encode(resp)
	}
}

// A Source is the kind of sender.
type Source int

// The senders, by the form of their events.
const (
	RESTAPI      Source = 1 + iota // API Gateway, payload format 1.0
	HTTPAPI                        // API Gateway, payload format 2.0
	FunctionURL                    // payload format 2.0
	LoadBalancer                   // Application Load Balancer
)

func (s Source) String() string {
	switch s {
	case RESTAPI:
		return "REST API"
	case HTTPAPI:
		return "HTTP API"
	case FunctionURL:
		return "function URL"
	case LoadBalancer:
		return "load balancer"
	}
	return "unknown"
}

// Values are header fields by their lower-case names, or parameters of a query by their
// names.
type Values map[string][]string

// Get returns the first value of a name; "" if there is none. The name of a header field
// must be in lower case.
func (v Values) Get(name string) string {
	if list := v[name]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// Set replaces the values of a name with one value.
func (v Values) Set(name, value string) { v[name] = []string{value} }

// Add adds a value to those of a name.
func (v Values) Add(name, value string) { v[name] = append(v[name], value) }
