package command

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/printer"
)

// A progress shows what a build is doing, if it takes over a second, on one line of the
// terminal. The line is never wider than the terminal, and is wiped at the end. Without a
// terminal nothing is shown.
type progress struct {
	mu    sync.Mutex
	w     io.Writer // nil without a terminal
	quiet bool      // the engine was named before
	text  string
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup
}

func (s *settings) newProgress() *progress {
	p := &progress{quiet: s.quiet, start: time.Now(), stop: make(chan struct{})}
	if isTerminal(os.Stderr) {
		p.w = os.Stderr
		p.ended.Add(1)
		go p.tick()
	}
	return p
}

// event shows an event of a build. The engine is named without a terminal as well: it
// decides what the build could see.
func (p *progress) event(e build.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	switch e.Stage {
	case "engine", "cgo", "cache":
		before := map[string]string{"engine": "building with ", "cache": "cache: "}[e.Stage]
		if !p.quiet {
			note("%s%s", before, e.Text)
		}
	case "image", "worker", "lock", "user", "toolchain":
		note("%s", e.Text)
	case "build":
		p.text = fmt.Sprintf("%d of %d built", e.Done, e.Total)
		if e.Text != "" {
			p.text += ", building " + e.Text
		}
	default:
		p.text = e.Stage + ": " + e.Text
	}
}

func (p *progress) tick() {
	defer p.ended.Done()
	for {
		select {
		case <-p.stop:
			return
		case <-time.After(200 * time.Millisecond):
		}
		p.mu.Lock()
		if elapsed := time.Since(p.start); p.text != "" && elapsed > time.Second {
			fmt.Fprintf(p.w, "\r\033[K%s", p.line(elapsed))
		}
		p.mu.Unlock()
	}
}

// line returns the line, cut to the terminal's width less one column: some terminals wrap
// in the last.
func (p *progress) line(elapsed time.Duration) string {
	columns, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	clock := fmt.Sprintf(" %d s", int(elapsed.Seconds()))
	return shorten(printer.Line(p.text), columns-1-len(clock)) + clock
}

// shorten cuts a text to at most that many characters.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:max(most-1, 0)]) + "…"
}

func (p *progress) wipe() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\033[K")
	}
}

func (p *progress) close() {
	close(p.stop)
	p.ended.Wait()
	p.wipe()
}
