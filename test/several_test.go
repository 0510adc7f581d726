//go:build linux

package test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
)

// Four events are in one instance at the same time, each with its own trace
// ID, which is not in the environment: the runtime does what the emulator
// expects on Lambda Managed Instances.
func TestSeveralEventsInOneInstance(t *testing.T) {
	zip := packed(t, "loops")
	f, err := emulator.New(t.Context(), emulator.Config{
		Zip: zip, Handler: "together", PerInstance: 4, Concurrency: 1, Timeout: 20 * time.Second, Temp: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	var callers sync.WaitGroup
	for n := range 4 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			trace := fmt.Sprintf("Root=%d", n)
			resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte("{}"), Trace: trace})
			if want := fmt.Sprintf("%q", trace+" false"); err != nil || string(resp.Payload) != want {
				t.Errorf("got %s %s, %v; want %s", resp.ErrorType, resp.Payload, err, want)
			}
		}()
	}
	callers.Wait()
}
