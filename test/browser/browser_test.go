package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the pictures of docs/images")

// A browser is a Chromium with one page, which has axe-core for its checks.
type browser struct {
	t    *testing.T
	page context.Context

	mu       sync.Mutex
	requests []string // addresses that the page asked for
}

// newBrowser starts the browser that BOOTZIP_TEST_CHROMIUM names.
func newBrowser(t *testing.T) *browser {
	program := os.Getenv("BOOTZIP_TEST_CHROMIUM")
	if program == "" {
		t.Skip("BOOTZIP_TEST_CHROMIUM is not set to a Chromium; .ci/run console site sets it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	page, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	b := &browser{t: t, page: page}
	chromedp.ListenTarget(page, func(e any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := e.(type) {
		case *network.EventRequestWillBeSent:
			b.requests = append(b.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			t.Errorf("exception in the page: %s", e.ExceptionDetails.Error())
		}
	})
	// The browser lives as long as the context of the first Run.
	if err := chromedp.Run(page, network.Enable()); err != nil {
		t.Fatal(err)
	}
	return b
}

// askedOnly fails if there were requests to addresses without this prefix, and then forgets all
// requests.
func (b *browser) askedOnly(prefix string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.requests) == 0 {
		b.t.Error("no request was seen")
	}
	for _, address := range b.requests {
		if !strings.HasPrefix(address, prefix) && !strings.HasPrefix(address, "data:") {
			b.t.Errorf("the page asked for %s", address)
		}
	}
	b.requests = nil
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.page, 60*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) until(what string, done func() bool) {
	b.t.Helper()
	for end := time.Now().Add(90 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s did not come", what)
		}
	}
}

// js evaluates an expression in the page.
func js[T any](b *browser, expression string) (value T) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, &value))
	return value
}

// shows waits until an element has a text.
func (b *browser) shows(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q in %s", text, selector), func() bool {
		return strings.Contains(js[string](b, fmt.Sprintf("[...document.querySelectorAll(%q)].map(e => e.textContent).join('\\n')", selector)), text)
	})
}

// choose gives a field a value, as a person does.
func (b *browser) choose(id, value string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q in #%s", value, id), func() bool {
		return js[bool](b, fmt.Sprintf(`(e => { e.value = %q; if (e.value !== %[1]q) return false; e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input")); return true })(document.getElementById(%[2]q))`, value, id))
	})
}

// accessible fails if axe-core finds anything.
func (b *browser) accessible(what string) {
	b.t.Helper()
	name := os.Getenv("BOOTZIP_TEST_AXE")
	if name == "" {
		b.t.Fatal("BOOTZIP_TEST_AXE is not set to the file axe.min.js of axe-core")
	}
	axe, err := os.ReadFile(name)
	if err != nil {
		b.t.Fatal(err)
	}
	var found string
	b.do(chromedp.Evaluate(string(axe)+";0", nil), chromedp.Evaluate(
		`axe.run().then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html).join(" "))))`, &found,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if found != "[]" {
		b.t.Errorf("axe-core finds in %s: %s", what, found)
	}
}

// screenshot writes a picture for the documentation, with -update.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	var picture []byte
	b.do(chromedp.CaptureScreenshot(&picture))
	if *update {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "images", name), picture, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}
