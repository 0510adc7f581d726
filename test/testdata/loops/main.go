// Command loops is a bootstrap on this project's runtime. It answers events with their trace
// ids once four of them are there at the same time.
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
