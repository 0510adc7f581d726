package emulator

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// tailSize is how much of a log an answer can carry, in bytes (AWS Lambda API
// reference, Invoke, LogType).
const tailSize = 4 << 10

// An output takes what an instance prints, through a pipe.
//
// What the program has printed when it answers may still be in the pipe. Sync
// writes a mark into the pipe, and waits until it comes out: then all that was
// written before it has.
type output struct {
	read, write *os.File
	mark        []byte
	seen        chan struct{}
	done        chan struct{}

	mu   sync.Mutex
	sink io.Writer // may be nil
	tail []byte
}

func newOutput(sink io.Writer) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 16)
	_, _ = rand.Read(secret)
	o := &output{
		read: r, write: w, sink: sink,
		// Neither text nor UTF-8, and nothing that a program could know.
		mark: fmt.Appendf([]byte{0xff, 0}, "%x", secret),
		seen: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go o.pump()
	return o, nil
}

func (o *output) pump() {
	defer close(o.done)
	buffer := make([]byte, 64<<10)
	have := 0 // bytes in buffer that may be the beginning of a mark
	for {
		n, err := o.read.Read(buffer[have:])
		if n == 0 && err != nil {
			o.Write(buffer[:have])
			return
		}
		data := buffer[:have+n]
		for {
			before, after, found := bytes.Cut(data, o.mark)
			if !found {
				break
			}
			o.Write(before)
			select {
			case o.seen <- struct{}{}:
			default: // nobody waits any more
			}
			data = after
		}
		held := partial(data, o.mark)
		o.Write(data[:len(data)-held])
		have = copy(buffer, data[len(data)-held:])
	}
}

// partial returns how many bytes at the end of data may be the beginning of
// a mark.
func partial(data, mark []byte) int {
	for n := min(len(data), len(mark)-1); n > 0; n-- {
		if bytes.HasSuffix(data, mark[:n]) {
			return n
		}
	}
	return 0
}

// Write adds to the log.
func (o *output) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sink != nil {
		_, _ = o.sink.Write(p)
	}
	if len(p) >= tailSize {
		o.tail = append(o.tail[:0], p[len(p)-tailSize:]...)
		return len(p), nil
	}
	if more := len(o.tail) + len(p) - tailSize; more > 0 {
		o.tail = append(o.tail[:0], o.tail[more:]...)
	}
	o.tail = append(o.tail, p...)
	return len(p), nil
}

// line adds a line of the platform's own.
func (o *output) line(format string, args ...any) {
	_, _ = fmt.Fprintf(o, format+"\n", args...)
}

// begin forgets the tail so far.
func (o *output) begin() {
	o.mu.Lock()
	o.tail = o.tail[:0]
	o.mu.Unlock()
}

// last returns the last 4 KB.
func (o *output) last() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.tail)
}

// sync waits for what was printed until now. A program that prints without end is not
// waited for longer than a second.
func (o *output) sync() {
	select {
	case <-o.seen: // of a call that did not wait long enough
	default:
	}
	if _, err := o.write.Write(o.mark); err != nil {
		return
	}
	late := time.NewTimer(time.Second)
	defer late.Stop()
	select {
	case <-o.seen:
	case <-o.done:
	case <-late.C:
	}
}

// close ends it when the program has ended; what was printed is taken.
func (o *output) close() {
	o.write.Close()
	// A process that was left behind may hold the pipe open.
	select {
	case <-o.done:
	case <-time.After(time.Second):
	}
	o.read.Close()
	<-o.done
}
