package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// consoleFunction is a function that answers as its event asks.
const consoleFunction = `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bootzip/bootzip/runtime"
)

func main() {
	runtime.Handle("", func(ctx context.Context, event []byte) ([]byte, error) {
		var e struct{ Log, Fail string; Long int }
		_ = json.Unmarshal(event, &e)
		fmt.Println("INFO", e.Log+strings.Repeat("x", e.Long))
		if e.Fail != "" {
			return nil, fmt.Errorf("it was told to fail: %s", e.Fail)
		}
		return json.Marshal(map[string]string{"echo": e.Log})
	})
	runtime.Start()
}
`

// A console is bootzip serve with a browser at its page.
type console struct {
	*browser
	dir     string
	base    string // of the server
	printed string // address of the console
	output  bytes.Buffer
}

// newConsole serves a project with one function, and opens its console.
func newConsole(t *testing.T) *console {
	c := &console{browser: newBrowser(t), dir: t.TempDir()}
	c.write("go.mod", "module example.com/app\n\ngo 1.24.0\n\ntoolchain "+goruntime.Version()+"\n\nrequire github.com/bootzip/bootzip/runtime v0.1.0\n\nreplace github.com/bootzip/bootzip/runtime => ./runtime\n")
	c.write("cmd/hello/main.go", consoleFunction)
	c.write("bootzip.yaml", "functions:\n  hello:\n")
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(c.dir, "runtime"), os.DirFS(filepath.Join(top, "runtime"))); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "bootzip")
	build := exec.Command("go", "build", "-o", program, "./cmd/bootzip")
	build.Dir = top
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	ctx, stop := context.WithCancel(context.Background())
	serve := exec.CommandContext(ctx, program, "serve", "--address=127.0.0.1:0", "--engine=host")
	serve.Dir = c.dir
	serve.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	serve.Cancel = func() error { return serve.Process.Signal(os.Interrupt) }
	out, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = serve.Wait()
		if t.Failed() {
			c.mu.Lock()
			t.Logf("serve printed:\n%s", c.output.Bytes()[max(0, c.output.Len()-4000):])
			c.mu.Unlock()
		}
	})
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := out.Read(b)
			c.mu.Lock()
			if c.output.Len() < 1<<20 {
				c.output.Write(b[:n])
			}
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	c.until("the printed address", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, after, found := strings.Cut(c.output.String(), "console: ")
		line, _, whole := strings.Cut(after, "\n")
		c.printed = line
		c.base, _, _ = strings.Cut(line, "/?token=")
		return found && whole
	})

	c.do(chromedp.Navigate(c.printed), chromedp.WaitVisible(`//ul[@id="functions"]//strong[text()="hello"]`, chromedp.BySearch))
	return c
}

func (c *console) write(name, text string) {
	c.t.Helper()
	file := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) invoke(event string) {
	c.t.Helper()
	resp, err := http.Post(c.base+"/2015-03-31/functions/hello/invocations", "application/json", strings.NewReader(event))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatal(resp.Status, err)
	}
}

func TestConsole(t *testing.T) {
	c := newConsole(t)
	if address := js[string](c.browser, "location.href"); strings.Contains(address, "token") {
		t.Errorf("the token stays in the address: %s", address)
	}

	// An event appears as it happens, and is opened, sent again, and edited.
	c.invoke(`{"log":"a first event"}`)
	c.shows("#events", "success")
	c.do(chromedp.Click("#events button"), chromedp.WaitVisible("#detail h3"))
	c.shows("#detail", "a first event")
	c.shows("#detail", "cold, ")
	c.shows("#detail .phase", "init, ")
	c.do(chromedp.Click(`//button[text()="Send again"]`, chromedp.BySearch))
	c.until("a second event", func() bool { return js[int](c.browser, "document.querySelectorAll('#events tr').length") == 2 })
	c.shows("#detail", "warm")
	c.do(chromedp.Click(`//button[text()="Edit and send"]`, chromedp.BySearch), chromedp.SetValue("#send-event", `{"log":"edited","fail":"for a test"}`), chromedp.Click(`#send button[type=submit]`))
	c.shows("#detail .error", "it was told to fail: for a test")
	c.shows("#events .error", "error")

	// A ready-made event, and one that is saved for invoke.
	c.choose("send-kind", "s3")
	c.until("the ready-made event", func() bool {
		return strings.Contains(js[string](c.browser, "document.getElementById('send-event').value"), "aws:s3")
	})
	c.do(chromedp.SetValue("#save-name", "upload"), chromedp.Click("#save"))
	c.shows("#sent", "saved: bootzip invoke hello events/upload.json")
	if b, err := os.ReadFile(filepath.Join(c.dir, "events", "upload.json")); err != nil || !json.Valid(b) {
		t.Errorf("saved: %q, %v", b, err)
	}
	c.do(chromedp.Click("#save"))
	c.shows("#sent", "choose another name")

	// Filters, by the keyboard.
	c.do(chromedp.Focus("#filter-text"), chromedp.KeyEvent("edited"))
	c.until("one event", func() bool { return js[int](c.browser, "document.querySelectorAll('#events tr').length") == 1 })
	c.choose("filter-text", "")
	c.choose("filter-status", "error")
	c.until("the failed event", func() bool { return js[int](c.browser, "document.querySelectorAll('#events tr').length") == 1 })
	c.choose("filter-status", "")
	c.until("all events", func() bool { return js[int](c.browser, "document.querySelectorAll('#events tr').length") == 3 })

	for _, look := range []struct {
		name, scheme  string
		width, height int64
	}{{"console-light.png", "light", 1280, 900}, {"console-dark.png", "dark", 1280, 900}, {"console-narrow.png", "light", 360, 780}} {
		c.do(emulation.SetDeviceMetricsOverride(look.width, look.height, 1, false),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}), chromedp.Evaluate("scrollTo(0, 0)", nil))
		if wide := js[int64](c.browser, "document.documentElement.scrollWidth"); wide > look.width {
			t.Errorf("%s: the page is %d wide", look.name, wide)
		}
		c.accessible(look.name)
		c.screenshot(look.name)
	}
	c.do(emulation.SetDeviceMetricsOverride(1280, 900, 1, false))

	// The page shows that a build fails, and later that it works again.
	c.write("cmd/hello/main.go", consoleFunction+"\nvar broken int = \"text\"\n")
	c.shows("#functions", "The last build failed")
	c.shows("#functions", "cannot use")
	c.invoke(`{"log":"the old one goes on"}`)
	c.write("cmd/hello/main.go", consoleFunction)
	c.until("the build that works", func() bool {
		return !strings.Contains(js[string](c.browser, "document.getElementById('functions').textContent"), "failed")
	})

	// Text from functions stays text.
	hostile := "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>\u202egnp.exe\x1b[31m\x07"
	event, err := json.Marshal(map[string]any{"log": hostile, "long": 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	c.invoke(string(event))
	c.shows("#state", "5 of 5 events")
	c.until("the hostile event", func() bool { return js[int](c.browser, "document.querySelectorAll('#events tr').length") == 5 })
	c.do(chromedp.Click("#events button"))
	c.shows("#detail pre", "window.hacked")
	if js[bool](c.browser, "!!window.hacked || document.querySelectorAll('#detail script, #detail img').length > 0") {
		t.Error("text of a function became markup")
	}
	if strings.ContainsAny(js[string](c.browser, "document.body.textContent"), "\u202e\x1b\x07") {
		t.Error("control characters are shown as they are")
	}
	if wide := js[int](c.browser, "document.documentElement.scrollWidth"); wide > 1280 {
		t.Errorf("a long line makes the page %d wide", wide)
	}

	// Ten thousand events: what the page has stays bounded.
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 1250 {
				resp, err := http.Post(c.base+"/2015-03-31/functions/hello/invocations", "application/json", strings.NewReader(`{"log":"one of many"}`))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}()
	}
	wg.Wait()
	c.shows("#state", "10,005 events")
	c.do(chromedp.Reload(), chromedp.WaitVisible("#events tr"))
	if n := js[int](c.browser, "document.querySelectorAll('*').length"); n > 3000 {
		t.Errorf("the page has %d elements", n)
	}
	if n := js[int](c.browser, "performance.memory.usedJSHeapSize"); n > 64<<20 {
		t.Errorf("the page has %d bytes of objects", n)
	}
	t.Logf("with 10,005 events: first paint after %.0f ms, %d bytes of objects", js[float64](c.browser, "performance.getEntriesByName('first-contentful-paint')[0].startTime"), js[int](c.browser, "performance.memory.usedJSHeapSize"))
	first := js[string](c.browser, "document.querySelector('#events button').dataset.id")
	c.do(chromedp.Click("#older"))
	c.until("an older page", func() bool {
		return js[string](c.browser, "document.querySelector('#events button').dataset.id") != first
	})

	c.do(chromedp.Click("#pause"))
	c.shows("#pause", "Go on")
	c.do(chromedp.Click("#clear"))
	c.shows("#state", "0 of 10,005")

	c.askedOnly(c.base + "/")
}

// Pages of other origins get nothing, and neither do requests without a token.
func TestConsoleIsNotForOthers(t *testing.T) {
	c := newConsole(t)
	for _, headers := range [][2]string{{"Origin", "http://example.com"}, {"Sec-Fetch-Site", "cross-site"}, {"Host", "example.com"}} {
		r, err := http.NewRequest("GET", c.base+"/_bootzip/invocations", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(headers[0], headers[1])
		if headers[0] == "Host" {
			r.Host = headers[1]
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", headers, resp.Status)
		}
	}
}

// The pages that other commands write are accessible too, and send no requests.
func TestPagesOfCommands(t *testing.T) {
	c := newConsole(t)
	zips, err := filepath.Glob(filepath.Join(c.dir, "dist", "*.zip"))
	if err != nil || len(zips) == 0 {
		t.Fatal(zips, err)
	}
	for name, args := range map[string][]string{
		"size.png": {"size", zips[0], "--format=html"}, "": {"diff", zips[0], zips[0], "--format=html"}, "report.png": {"check", zips[0], "--format=html"},
	} {
		cmd := exec.Command("go", append([]string{"run", "./cmd/bootzip"}, args...)...)
		cmd.Dir = filepath.Join("..", "..")
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(args, err)
		}
		file := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		c.requests = nil
		c.mu.Unlock()
		for _, width := range []int64{1280, 360} {
			c.do(emulation.SetDeviceMetricsOverride(width, 900, 1, false), chromedp.Navigate("file://"+file))
			if wide := js[int64](c.browser, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d wide of %d", name, wide, width)
			}
			c.accessible(name)
		}
		c.do(emulation.SetDeviceMetricsOverride(1280, 900, 1, false))
		if name != "" {
			c.screenshot(name)
		}
		c.askedOnly("file://" + file)
	}
}
