// Command nethttp answers an API Gateway event with an http.Handler.
package main

import (
	"io"
	"net/http"

	"github.com/bootzip/bootzip/runtime/nethttp"
)

func main() {
	nethttp.Handle("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "Hello "+r.URL.Query().Get("hello"))
	}))
	nethttp.Start()
}
