package nethttp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/bootzip/bootzip/runtime/httpevent"
	"github.com/bootzip/bootzip/runtime/nethttp"
)

func greet(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Hello %s", r.URL.Query().Get("name"))
}

// On Lambda, the request that reaches the handler is made from the event.
func ExampleRequest() {
	event, err := httpevent.Parse([]byte(`{"version":"2.0","rawPath":"/hello","rawQueryString":"name=Ada","headers":{"host":"example.com"},
		"requestContext":{"http":{"method":"GET","path":"/hello","sourceIp":"192.0.2.1","protocol":"HTTP/1.1"}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := nethttp.Request(context.Background(), event)
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	greet(w, r)
	fmt.Println(r.Method, r.URL, r.RemoteAddr, w.Body)
	// Output: GET /hello?name=Ada 192.0.2.1:0 Hello Ada
}

// Outside Lambda the same handler is a plain web server.
func ExampleServe() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- nethttp.Serve(ctx, l, http.HandlerFunc(greet)) }()

	response, err := http.Get("http://" + l.Addr().String() + "/?name=Ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	fmt.Println(response.Status, string(body), err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// 200 OK Hello Ada <nil>
	// <nil>
}

// Any net/http handler, such as a router, can be the handler of a function. The event that
// a request came in has what HTTP does not say.
func ExampleHandle() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		if event, ok := nethttp.Event(r.Context()); ok {
			w.Header().Set("X-Source", event.Source.String())
		}
		fmt.Fprintf(w, "user %s", r.PathValue("id"))
	})
	nethttp.Handle("users", mux)
	// In main, nethttp.Start follows, and never returns.
}

// Once a handler has flushed, its response is streamed.
func ExampleHandle_stream() {
	nethttp.Handle("ticks", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		flush := http.NewResponseController(w).Flush
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			if err := flush(); err != nil {
				return // the client has left
			}
		}
	}))
}
