// Command raw echoes its event, on this project's runtime.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

func main() {
	runtime.Handle("", func(_ context.Context, event []byte) ([]byte, error) { return event, nil })
	runtime.Start()
}
