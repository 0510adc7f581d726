package targets

// The rules of what is printed, obeyed by every target:
//
//   - Results go to standard output, all else to standard error.
//   - An error is one message and, where a person can mend it, a line
//     "hint: …". Mage puts "Error: " before it.
//   - Progress is shown on a terminal only, on one line that is wiped when it
//     is over. What goes to a file or a CI log holds no trace of it.
//   - What a function prints is shown on a terminal and on GitHub Actions with
//     "| " before each line and without control characters, see
//     internal/printer. A file or another program gets it as it is.
//   - Colour is used on a terminal only, and not if NO_COLOR is set
//     (no-color.org).

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
)

// withHint is the text of an error and of its hint, without what a terminal
// would act on: an error may hold names out of somebody's files, or the words
// of somebody's server.
func withHint(err error) string {
	text := err.Error()
	if h := hint.Of(err); h != "" {
		text += "\nhint: " + h
	}
	return printer.Text(text)
}

// A shownError is an error as people see it.
type shownError struct {
	error
	text string
}

func (e shownError) Error() string { return e.text }
func (e shownError) Unwrap() error { return e.error }

// failed makes an error show its hint, see withHint. Where dist is written to,
// distState.failed says more of an interrupt.
func failed(err error) error {
	if errors.Is(err, context.Canceled) {
		return shownError{err, "interrupted"}
	}
	if err == nil {
		return nil
	}
	if text := withHint(err); text != err.Error() {
		return shownError{err, text}
	}
	return err
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// isShown reports whether what is written to a file is acted on: by a terminal,
// or by GitHub Actions, which reads commands out of a job's output.
func isShown(f *os.File) bool {
	info, err := f.Stat()
	return isTerminal(f) || os.Getenv("GITHUB_ACTIONS") == "true" && err == nil && !info.Mode().IsRegular()
}

// useColor says whether results may be coloured.
func useColor() bool {
	_, refused := os.LookupEnv("NO_COLOR")
	return !refused && isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb"
}

// table writes rows of cells in columns to standard output.
func table(rows [][]string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// size writes a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 10e6:
		return fmt.Sprintf("%d MB", (n+5e5)/1e6)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%d kB", (n+500)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// progress shows what a build is doing.
type progress struct {
	mu    sync.Mutex
	w     io.Writer // nil without a terminal
	text  string
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup
}

func newProgress() *progress {
	p := &progress{start: time.Now(), stop: make(chan struct{})}
	if isTerminal(os.Stderr) && os.Getenv("TERM") != "dumb" {
		p.w = os.Stderr
		p.ended.Add(1)
		go p.tick()
	}
	return p
}

// event takes an event of a build. The engine is said on every kind of
// output: it decides what the build could see.
func (p *progress) event(e build.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	switch e.Stage {
	case "engine":
		fmt.Fprintf(os.Stderr, "bootzip: building with %s\n", e.Text)
	case "image", "lock", "user":
		fmt.Fprintf(os.Stderr, "bootzip: %s\n", e.Text)
	case "build":
		p.text = fmt.Sprintf("building %s: %d of %d done", e.Text, e.Done, e.Total)
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
		// What takes less than a second needs no progress.
		if elapsed := time.Since(p.start); p.text != "" && elapsed > time.Second {
			fmt.Fprintf(p.w, "\r\033[K%s, %d s", p.text, int(elapsed.Seconds()))
		}
		p.mu.Unlock()
	}
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
