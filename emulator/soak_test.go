//go:build linux

package emulator

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var soak = flag.Duration("soak", 2*time.Second, "how long TestSoak goes on")

// Many callers at the same time, while instances are killed at random: every
// call gets its own answer, or one proper error, and nothing is left behind.
func TestSoak(t *testing.T) {
	const callers = 64
	f, _ := newFunction(t, Config{Handler: "exit-sometimes", Concurrency: 6, Timeout: 20 * time.Second})
	end := time.Now().Add(*soak)
	var answered, failed, throttled atomic.Int64
	var all sync.WaitGroup
	for caller := range callers {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; time.Now().Before(end); n++ {
				payload := fmt.Sprintf(`"%d-%d"`, caller, n)
				if rand.IntN(200) == 0 {
					payload = `"exit"`
				}
				resp, err := f.Invoke(context.Background(), Request{Payload: []byte(payload)})
				var limit *ThrottledError
				switch {
				case errors.As(err, &limit):
					throttled.Add(1)
					time.Sleep(time.Millisecond)
				case err != nil:
					t.Errorf("call %s: %v", payload, err)
				case resp.FunctionError == "" && string(resp.Payload) == payload && payload != `"exit"`:
					answered.Add(1)
				case resp.ErrorType == "Runtime.ExitError" && strings.Contains(string(resp.Payload), resp.RequestID):
					failed.Add(1)
				case resp.ErrorType == "Runtime.TruncatedResponse": // killed while it answered
					failed.Add(1)
				default:
					t.Errorf("call %s: %+v", payload, resp)
				}
			}
		}()
	}
	killed := 0
	for time.Now().Before(end) {
		time.Sleep(50 * time.Millisecond)
		if list := children(t); len(list) > 0 {
			pid, err := strconv.Atoi(strings.Fields(list[rand.IntN(len(list))])[0])
			if err != nil {
				t.Fatal(err)
			}
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed++
			}
		}
	}
	all.Wait()
	if answered.Load() == 0 || failed.Load() == 0 {
		t.Error("nothing was answered, or nothing failed")
	}
	t.Logf("%d answered, %d failed, %d throttled, %d instances killed", answered.Load(), failed.Load(), throttled.Load(), killed)
}
