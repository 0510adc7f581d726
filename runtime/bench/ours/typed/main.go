// Command typed decodes and answers an API Gateway event, on this project's runtime.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/bench/event"
	"github.com/bootzip/bootzip/runtime/typed"
)

func main() {
	typed.Handle("", func(_ context.Context, r event.Request) (event.Response, error) { return event.Greet(r), nil })
	runtime.Start()
}
