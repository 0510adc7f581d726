// Command faulty is a bootstrap for tests. The name of its handler says what it does.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	address = os.Getenv("AWS_LAMBDA_RUNTIME_API")
	base    = "http://" + address + "/2018-06-01/runtime/"
	handler = os.Getenv("_HANDLER")
	count   int // events of handler slow
	four    sync.WaitGroup
)

func longError() string {
	return `{"errorMessage":"` + strings.Repeat("ë", 1<<20) + `","errorType":"Function.Long"}`
}

func main() {
	four.Add(4)
	if len(os.Args) > 1 { // a process that was left behind
		time.Sleep(time.Hour)
	}
	fmt.Println("starting", handler)
	if os.Getenv("SLOW_INIT") != "" {
		time.Sleep(500 * time.Millisecond)
	}
	switch handler {
	case "exit-at-init":
		fmt.Println("no configuration")
		os.Exit(3)
	case "exit-zero-at-init":
		os.Exit(0)
	case "hang-at-init":
		time.Sleep(time.Hour)
	case "init-error":
		post("init/error", `{"errorMessage":"no table","errorType":"Function.NoTable"}`, http.Header{"Lambda-Runtime-Function-Error-Type": {"Function.NoTable"}})
		os.Exit(1)
	case "long-init-error":
		post("init/error", longError(), nil)
		os.Exit(1)
	case "memory-at-init":
		useMemory(300 << 20)
	case "needs-credentials":
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
			if os.Getenv(name) == "" {
				fmt.Println("no " + name)
				os.Exit(5)
			}
		}
	case "needs-zones":
		if _, err := os.ReadDir("/usr/share/zoneinfo"); err != nil {
			fmt.Println(err)
			os.Exit(4)
		}
	case "second-try": // /tmp is not kept, but the port of the API changes, so time decides
		time.Sleep(700 * time.Millisecond)
	case "term", "ignore-term":
		extension()
	}
	if strings.HasPrefix(handler, "snapshot") {
		snapshot()
	}
	if handler == "early-answer" {
		fmt.Println(post("invocation/x/response", "1", nil))
	}
	loops, _ := strconv.Atoi(os.Getenv("AWS_LAMBDA_MAX_CONCURRENCY"))
	for range loops - 1 {
		go loop()
	}
	loop()
}

// snapshot goes through the restore, as a runtime with SnapStart.
func snapshot() {
	if handler == "snapshot-hook-fails" {
		post("init/error", `{"errorMessage":"busy","errorType":"App.Busy"}`, http.Header{"Lambda-Runtime-Function-Error-Type": {"Runtime.BeforeSnapshotError"}})
		os.Exit(1)
	}
	resp, err := http.Get(base + "restore/next")
	if err != nil {
		fmt.Println("restore/next:", err)
		os.Exit(7)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Printf("restore/next: %s %q\n", resp.Status, body)
	switch handler {
	case "snapshot-twice":
		again, err := http.Get(base + "restore/next")
		if err == nil {
			text, _ := io.ReadAll(again.Body)
			again.Body.Close()
			fmt.Printf("again: %s %s\n", again.Status, text)
		}
	case "snapshot-restore-fails":
		fmt.Println(post("restore/error", `{"errorMessage":"no table","errorType":"App.NoTable"}`, http.Header{"Lambda-Runtime-Function-Error-Type": {"Runtime.AfterRestoreError"}}))
		os.Exit(1)
	case "snapshot-restore-exits":
		os.Exit(3)
	case "snapshot-restore-hangs":
		time.Sleep(time.Hour)
	}
}

func loop() {
	for {
		resp, err := http.Get(base + "invocation/next")
		if err != nil {
			os.Exit(9)
		}
		event, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			fmt.Println("next:", resp.Status)
			os.Exit(8)
		}
		answer(resp.Header, event)
	}
}

func answer(h http.Header, event []byte) {
	id := h.Get("Lambda-Runtime-Aws-Request-Id")
	respond := func(body string) string { return post("invocation/"+id+"/response", body, nil) }
	switch handler {
	case "headers":
		h.Del("Date")
		respond(strconv.Quote(fmt.Sprint(h)))
	case "snapshot-credentials":
		out := ""
		for _, token := range []string{os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"), "wrong"} {
			r, _ := http.NewRequest(http.MethodGet, os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), nil)
			r.Header.Set("Authorization", token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				out += err.Error()
				continue
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			out += resp.Status + " " + string(body)
		}
		respond(strconv.Quote(out + strings.Join(os.Environ(), "\n")))
	case "environment":
		respond(strconv.Quote(strings.Join(os.Environ(), "\n")))
	case "root":
		out := ""
		for _, dir := range []string{"/", "/dev", "."} {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				out += dir + ":" + e.Name() + " "
			}
		}
		for _, name := range []string{"/x", "/var/task/x", "/tmp/x"} {
			out += fmt.Sprint(name, "=", os.WriteFile(name, nil, 0o600) == nil, " ")
		}
		respond(strconv.Quote(out))
	case "error":
		post("invocation/"+id+"/error", `{"errorMessage":"no luck","errorType":"Luck"}`, http.Header{"Lambda-Runtime-Function-Error-Type": {"Function.Luck"}})
	case "long-error":
		post("invocation/"+id+"/error", longError(), nil)
	case "liar":
		fmt.Println("REPORT RequestId: a lie")
		post("invocation/"+id+"/error", `{}`, http.Header{"Lambda-Runtime-Function-Error-Type": {"Liar"}})
	case "network": // an error, which the boot check shows
		names := ""
		interfaces, _ := net.Interfaces()
		for _, i := range interfaces {
			names += " " + i.Name
		}
		post("invocation/"+id+"/error", fmt.Sprintf(`{"errorMessage":"%s%s"}`, address, names), nil)
	case "exit":
		os.Exit(5)
	case "exit-sometimes", "snapshot-exits":
		if bytes.Contains(event, []byte("exit")) {
			os.Exit(6)
		}
		respond(string(event))
	case "tmp": // leaves a file and a process, and reports what it found
		found, _ := os.ReadFile("/tmp/kept")
		_ = os.WriteFile("/tmp/kept", append(found, event...), 0o600)
		left, _ := os.ReadDir("/proc")
		processes := 0
		for _, entry := range left {
			if _, err := strconv.Atoi(entry.Name()); err == nil {
				processes++
			}
		}
		cmd := exec.Command("/proc/self/exe", "sleep")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		_ = cmd.Start()
		switch string(event) {
		case "1": // exit
			os.Exit(5)
		case "2": // hang
			fmt.Println("hanging")
			time.Sleep(time.Hour)
		case "3": // use too much memory
			useMemory(300 << 20)
		}
		respond(fmt.Sprintf(`"%s, %d processes"`, found, processes))
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case "hang":
		time.Sleep(time.Hour)
	case "loop":
		for { //nolint
		}
	case "answer-and-exit":
		respond(string(event))
		os.Exit(7)
	case "answer-twice":
		fmt.Println("first", respond(string(event)))
		fmt.Println("second", respond(`"again"`))
		fmt.Println("late", post("init/error", "{}", nil))
	case "wrong-id":
		fmt.Println("wrong", post("invocation/00000000-0000-4000-8000-000000000000/response", `"wrong"`, nil))
		respond(string(event))
	case "next-twice":
		resp, err := http.Get(base + "invocation/next")
		if err == nil {
			fmt.Println("next", resp.Status)
			resp.Body.Close()
		}
		respond(string(event))
	case "oversize":
		fmt.Println("large", respond(strings.Repeat("x", 7<<20)))
	case "break-off":
		c, err := net.Dial("tcp", address)
		if err != nil {
			os.Exit(9)
		}
		fmt.Fprintf(c, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\nhalf", id, address)
		// If the connection were closed at once, it could be refused, since it would have
		// no owner any more.
		time.Sleep(50 * time.Millisecond)
		c.Close()
		time.Sleep(50 * time.Millisecond)
	case "bad-mode":
		fmt.Println("mode", post("invocation/"+id+"/response", "1", http.Header{"Lambda-Runtime-Function-Response-Mode": {"dripping"}}))
	case "fork":
		for range 20 {
			cmd := exec.Command("/proc/self/exe", "sleep")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if err := cmd.Start(); err != nil {
				fmt.Println(err)
			}
		}
		os.Exit(5)
	case "fill-tmp":
		respond(strconv.Quote(fmt.Sprint(fill("/tmp/big", 64<<20))))
	case "chatter":
		line := bytes.Repeat([]byte("blah "), 20)
		line[99] = '\n'
		w := bufio.NewWriterSize(os.Stdout, 1<<16)
		for range 1 << 20 {
			w.Write(line)
		}
		w.WriteString("the end\n")
		w.Flush()
		respond(string(event))
	case "descriptors":
		var files []*os.File
		var err error
		for len(files) < 2000 && err == nil {
			var f *os.File
			if f, err = os.Open("/dev/null"); err == nil {
				files = append(files, f)
			}
		}
		n := len(files)
		for _, f := range files {
			f.Close()
		}
		respond(strconv.Itoa(n))
	case "threads":
		var pipe [2]int
		if syscall.Pipe(pipe[:]) != nil {
			os.Exit(9)
		}
		for range 1500 {
			go func() {
				runtime.LockOSThread()
				_, _ = syscall.Read(pipe[0], make([]byte, 1)) // for ever
			}()
		}
		time.Sleep(time.Hour)
	case "memory":
		useMemory(300 << 20)
	case "kernel-memory": // more than is written between two measurements
		useMemory(3 << 30)
	case "stream":
		stream(id, event, "")
	case "stream-fail":
		stream(id, event, `{"errorMessage":"torn","errorType":"Torn"}`)
	case "slow":
		time.Sleep(100 * time.Millisecond)
		if string(event) != `"count"` {
			count++
		}
		respond(strconv.Itoa(count))
	case "slow-to-ask":
		respond(string(event))
		time.Sleep(30 * time.Millisecond)
	case "http":
		body, _ := json.Marshal(string(event))
		respond(`{"statusCode":201,"headers":{"X-One":1},"multiValueHeaders":{"X-Multi":["a","b"]},"cookies":["a=1","b=2"],"body":` + string(body) + `}`)
	case "answer": // what the request's body says
		var request struct{ Body string }
		_ = json.Unmarshal(event, &request)
		respond(request.Body)
	case "prelude": // likewise
		var request struct{ Body string }
		_ = json.Unmarshal(event, &request)
		r, _ := http.NewRequest(http.MethodPost, base+"invocation/"+id+"/response", strings.NewReader(request.Body+strings.Repeat("\x00", 8)))
		r.Header.Set("Content-Type", "application/vnd.awslambda.http-integration-response")
		r.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
		}
	case "http-stream":
		r, _ := http.NewRequest(http.MethodPost, base+"invocation/"+id+"/response", io.MultiReader(
			strings.NewReader(`{"statusCode":418,"headers":{"X-Kind":"tea"}}`+"\x00\x00\x00"),
			strings.NewReader("\x00\x00\x00\x00\x00drop "), strings.NewReader("by drop")))
		r.Header.Set("Content-Type", "application/vnd.awslambda.http-integration-response")
		r.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
		}
	case "together":
		together(string(event), h.Get("Lambda-Runtime-Trace-Id"), respond)
	case "read": // the file of the package that the event names
		var name string
		_ = json.Unmarshal(event, &name)
		text, err := os.ReadFile(name)
		if err != nil {
			text = []byte(err.Error())
		}
		document, _ := json.Marshal(string(text))
		respond(string(document))
	case "pid":
		respond(strconv.Itoa(os.Getpid()))
	default:
		respond(string(event))
	}
}

// together answers events that are there at the same time.
func together(event, trace string, respond func(string) string) {
	switch event {
	case `"all"`: // four of them
		four.Done()
		four.Wait()
		_, shared := os.LookupEnv("_X_AMZN_TRACE_ID")
		respond(strconv.Quote(fmt.Sprint(trace, " ", shared)))
	case `"late"`:
		fmt.Println("sleeping")
		time.Sleep(3 * time.Second)
		fmt.Println("woke", respond("1"))
	case `"brief"`:
		fmt.Println("resting")
		time.Sleep(400 * time.Millisecond)
		respond(`"rested"`)
	case `"exit"`:
		os.Exit(5)
	}
}

func post(path, body string, header http.Header) string {
	r, err := http.NewRequest(http.MethodPost, base+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	for k, v := range header {
		r.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.Status + " " + strings.TrimSpace(string(text))
}

// stream sends the event in pieces of ten bytes.
func stream(id string, event []byte, failure string) {
	read, write := io.Pipe()
	r, err := http.NewRequest(http.MethodPost, base+"invocation/"+id+"/response", read)
	if err != nil {
		os.Exit(9)
	}
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
	r.Trailer = http.Header{"Lambda-Runtime-Function-Error-Type": nil, "Lambda-Runtime-Function-Error-Body": nil}
	go func() {
		for len(event) > 0 {
			n := min(10, len(event))
			_, _ = write.Write(event[:n])
			event = event[n:]
			time.Sleep(5 * time.Millisecond)
		}
		if failure != "" {
			r.Trailer.Set("Lambda-Runtime-Function-Error-Type", "Function.Torn")
			r.Trailer.Set("Lambda-Runtime-Function-Error-Body", base64.StdEncoding.EncodeToString([]byte(failure)))
		}
		write.Close()
	}()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
}

func useMemory(size int) {
	b := make([]byte, size)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	time.Sleep(time.Hour)
}

func fill(name string, size int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(make([]byte, size))
	return err
}

// extension registers an extension, and waits for SIGTERM unless it is to be ignored.
func extension() {
	url := "http://" + address + "/2020-01-01/extension/"
	r, err := http.NewRequest(http.MethodPost, url+"register", strings.NewReader(`{"events":["INVOKE"]}`))
	if err != nil {
		os.Exit(9)
	}
	r.Header.Set("Lambda-Extension-Name", "inside")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		os.Exit(9)
	}
	resp.Body.Close()
	id := resp.Header.Get("Lambda-Extension-Identifier")
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		fmt.Println("got SIGTERM")
		if handler == "term" {
			os.Exit(0)
		}
	}()
	go func() {
		for {
			r, err := http.NewRequest(http.MethodGet, url+"event/next", nil)
			if err != nil {
				os.Exit(9)
			}
			r.Header.Set("Lambda-Extension-Identifier", id)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				return
			}
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			fmt.Println("extension got", string(text))
		}
	}()
}
