//go:build linux

package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var soak = flag.Duration("soak", 2*time.Second, "how long TestSoak goes on; its variants take a third of that")

// Many callers at the same time, while instances are killed at random: every
// call gets its own answer, or one proper error, and nothing is left behind.
func TestSoak(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "exit-sometimes", Concurrency: 6, Timeout: 20 * time.Second})
	soakWith(t, *soak, func(payload []byte) (Response, error) {
		return f.Invoke(context.Background(), Request{Payload: payload})
	})
}

// The same with several events in each instance.
func TestSoakSeveral(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "exit-sometimes", Concurrency: 3, PerInstance: 8, Timeout: 20 * time.Second, Memory: 512})
	soakWith(t, *soak/3, func(payload []byte) (Response, error) {
		return f.Invoke(context.Background(), Request{Payload: payload})
	})
}

// The same over HTTP.
func TestSoakHTTP(t *testing.T) {
	f, _ := newFunction(t, Config{Name: "f", Handler: "exit-sometimes", Concurrency: 6, Timeout: 20 * time.Second})
	s := NewServer(ServerConfig{})
	s.Set("f", f)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer func() {
		client.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	soakWith(t, *soak/3, func(payload []byte) (Response, error) {
		resp, err := client.Post("http://"+l.Addr().String()+functionsPath+"/f/invocations", "application/json", strings.NewReader(string(payload)))
		if err != nil {
			return Response{}, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode == http.StatusTooManyRequests {
			return Response{}, &ThrottledError{}
		}
		if err != nil || resp.StatusCode != http.StatusOK {
			return Response{}, fmt.Errorf("%s, %s, %v", resp.Status, body, err)
		}
		r := Response{RequestID: resp.Header.Get("X-Amzn-Requestid"), Payload: body, FunctionError: resp.Header.Get("X-Amz-Function-Error")}
		if r.FunctionError != "" {
			var document struct{ ErrorType string }
			err = json.Unmarshal(body, &document)
			r.ErrorType = document.ErrorType
		}
		return r, err
	})
}

func soakWith(t *testing.T, duration time.Duration, call func(payload []byte) (Response, error)) {
	const callers = 64
	var answered, failed, throttled atomic.Int64
	began := time.Now()
	over := func() bool {
		took := time.Since(began)
		// A busy machine may take longer for an event of each kind.
		return took > duration && (answered.Load() > 0 && failed.Load() > 0 || took > duration+time.Minute)
	}
	var all sync.WaitGroup
	for caller := range callers {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; !over(); n++ {
				payload := fmt.Sprintf(`"%d-%d"`, caller, n)
				if rand.IntN(200) == 0 {
					payload = `"exit"`
				}
				resp, err := call([]byte(payload))
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
	for !over() {
		time.Sleep(50 * time.Millisecond)
		if list := children(); len(list) > 0 {
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
