// Command web answers on Lambda, and elsewhere over plain HTTP.
package main

import (
	"fmt"
	"net/http"

	"github.com/bootzip/bootzip/runtime/nethttp"
)

func main() {
	nethttp.Handle("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s from %s", r.URL.Query().Get("name"), r.URL.Path)
	}))
	nethttp.Start()
}
