// Command echo is the function that is invoked: it answers each event with
// itself.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

func main() {
	runtime.Handle("", func(_ context.Context, event []byte) ([]byte, error) { return event, nil })
	runtime.Start()
}
