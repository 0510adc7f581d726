// Command httpevent answers an API Gateway event on runtime/httpevent.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

func main() {
	httpevent.Handle("", func(_ context.Context, r *httpevent.Request) (*httpevent.Response, error) {
		return httpevent.Text(200, "Hello "+r.Query.Get("hello")), nil
	})
	runtime.Start()
}
