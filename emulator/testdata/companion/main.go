// Command companion is an external extension for tests. The name of its file says what it
// does.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var (
	api  = "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")
	name = filepath.Base(os.Args[0])
	id   string
	mu   sync.Mutex
	seen = map[string]int{} // records by type
)

func main() {
	does := func(what string) bool { return strings.Contains(name, what) }
	if does("exit-at-init") {
		os.Exit(5)
	}
	if does("hang-at-init") {
		time.Sleep(time.Hour)
	}
	time.Sleep(100 * time.Millisecond) // the runtime must not start before this one has registered
	resp := send("POST", "/2020-01-01/extension/register", `{"events":["INVOKE","SHUTDOWN"]}`, "Lambda-Extension-Name", name)
	id = resp.Header.Get("Lambda-Extension-Identifier")
	say("registered")
	if does("environment") {
		for _, v := range os.Environ() {
			say(v)
		}
	}
	subscribe()
	if does("init-error") {
		send("POST", "/2020-01-01/extension/init/error", `{"errorMessage":"no licence","errorType":"Extension.NoLicence"}`, "Lambda-Extension-Function-Error-Type", "Extension.NoLicence")
		os.Exit(1)
	}
	for {
		resp := send("GET", "/2020-01-01/extension/event/next", "")
		var e struct {
			EventType, RequestID, ShutdownReason string
			DeadlineMs                           int64
		}
		if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
			panic(err)
		}
		mu.Lock()
		seen[e.EventType]++
		mu.Unlock()
		if !strings.HasPrefix(name, "quiet") || e.EventType != "INVOKE" {
			say(e.EventType, e.RequestID+e.ShutdownReason)
		}
		switch {
		case e.EventType == "SHUTDOWN":
			if time.Until(time.UnixMilli(e.DeadlineMs)) > 2*time.Second {
				say("late deadline")
			}
			if does("subscribe.tcp") {
				time.Sleep(200 * time.Millisecond) // records that were sent may still be in the connection
			}
			mu.Lock()
			for kind, n := range seen {
				say("saw", n, kind)
			}
			mu.Unlock()
			if does("ignore-shutdown") {
				time.Sleep(time.Hour)
			}
			return
		case does("exit-at-invoke"):
			os.Exit(6)
		case does("exit-error"):
			send("POST", "/2020-01-01/extension/exit/error", `{"errorMessage":"disk full","errorType":"Extension.DiskFull"}`, "Lambda-Extension-Function-Error-Type", "Extension.DiskFull")
			os.Exit(1)
		case does("slow"):
			time.Sleep(400 * time.Millisecond)
		case does("hang"):
			time.Sleep(time.Hour)
		}
	}
}

func say(words ...any) { fmt.Print(name + ": " + fmt.Sprintln(words...)) }

func send(method, path, body string, header ...string) *http.Response {
	r, err := http.NewRequest(method, api+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	if id != "" {
		r.Header.Set("Lambda-Extension-Identifier", id)
	}
	if len(header) > 0 {
		r.Header.Set(header[0], header[1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	return resp
}

// subscribe subscribes to telemetry if the name has a part such as
// "subscribe.http.2022-12-13", and prints each record.
func subscribe() {
	_, how, ok := strings.Cut(name, "subscribe.")
	if !ok {
		return
	}
	protocol, version, _ := strings.Cut(how, ".")
	l, err := net.Listen("tcp", "sandbox.localdomain:0")
	if err != nil {
		panic(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	destination := fmt.Sprintf(`{"protocol":"TCP","port":%d}`, port)
	if protocol == "http" {
		destination = fmt.Sprintf(`{"protocol":"HTTP","URI":"http://sandbox.localdomain:%d/log?a=b"}`, port)
		go func() {
			_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.String() != "/log?a=b" || r.Method != "POST" {
					say("request", r.Method, r.URL)
				}
				body, err := io.ReadAll(r.Body)
				var batch []json.RawMessage
				if err := json.Unmarshal(body, &batch); err != nil {
					say("batch", err)
				}
				if err != nil {
					say(err)
				}
				for _, one := range batch {
					record(one)
				}
			}))
		}()
	} else {
		go func() {
			conn, err := l.Accept()
			if err != nil {
				panic(err)
			}
			lines := bufio.NewScanner(conn)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				record(bytes.Clone(lines.Bytes()))
			}
		}()
	}
	path := "/2022-07-01/telemetry"
	if version < "2022" {
		path = "/2020-08-15/logs"
	}
	resp := send("PUT", path, `{"schemaVersion":"`+version+`","types":["platform","function"],"buffering":{"timeoutMs":25},"destination":`+destination+`}`)
	answer, err := io.ReadAll(resp.Body)
	say("subscribed", resp.StatusCode, string(answer), err)
}

func record(one json.RawMessage) {
	var r struct {
		Time, Type string
		Record     json.RawMessage
	}
	if err := json.Unmarshal(one, &r); err != nil {
		say(err)
	}
	mu.Lock()
	seen[r.Type]++
	var lost struct{ DroppedRecords int }
	if r.Type == "platform.logsDropped" && json.Unmarshal(r.Record, &lost) == nil {
		seen["dropped"] += lost.DroppedRecords
	}
	mu.Unlock()
	if !strings.HasPrefix(name, "quiet") {
		say("record", r.Type, string(r.Record))
	}
}
