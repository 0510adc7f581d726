// Command loops is a bootstrap with this project's runtime that answers events
// when four of them are there at the same time, with their trace ids.
package main

import (
	"context"
	"os"
	"strconv"
	"sync"

	"github.com/bootzip/bootzip/runtime"
)

func main() {
	var all sync.WaitGroup
	all.Add(4)
	runtime.Handle("together", func(ctx context.Context, _ []byte) ([]byte, error) {
		all.Done()
		all.Wait()
		inv, _ := runtime.FromContext(ctx)
		_, shared := os.LookupEnv("_X_AMZN_TRACE_ID")
		return []byte(strconv.Quote(inv.TraceID + " " + strconv.FormatBool(shared))), nil
	})
	runtime.Start()
}
