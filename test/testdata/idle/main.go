// Command idle leaves a connection idle when it is initialised.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/nethttp"
)

func main() {
	runtime.Init(func(context.Context) error {
		resp, err := http.Get(os.Getenv("PEER"))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
	nethttp.Handle("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "yes") }))
	nethttp.Start()
}
