// Command web answers each HTTP request with what it sees of it, using httpevent or
// net/http, with cookies, a header with two values and a body that may be binary.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/bootzip/bootzip/runtime/httpevent"
	"github.com/bootzip/bootzip/runtime/nethttp"
)

func main() {
	httpevent.Handle("httpevent", func(_ context.Context, r *httpevent.Request) (*httpevent.Response, error) {
		seen := fmt.Sprintf("%s %s %s %q %q %q", r.Source, r.Method, r.Path, r.Query.Get("name"), r.Cookies, r.Header.Get("x-kind"))
		return &httpevent.Response{
			StatusCode: 201, Header: httpevent.Values{"x-seen": {seen}, "x-twice": {"one", "two"}}, Cookies: []string{"a=1; Path=/", "b=2"}, Body: r.Body,
		}, nil
	})
	nethttp.Handle("nethttp", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, _ := nethttp.Event(r.Context())
		var cookies []string
		for _, c := range r.Cookies() {
			cookies = append(cookies, c.String())
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		w.Header().Set("X-Seen", fmt.Sprintf("%s %s %s %q %q %q", event.Source, r.Method, r.URL.Path, r.URL.Query().Get("name"), cookies, r.Header.Get("X-Kind")))
		w.Header()["X-Twice"] = []string{"one", "two"}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(body)
	}))
	nethttp.Start()
}
