// Command raw echoes its event, on the runtime of this project.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

func main() {
	runtime.Handle("", func(_ context.Context, event []byte) ([]byte, error) { return event, nil })
	runtime.Start()
}
