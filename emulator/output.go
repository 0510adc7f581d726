package emulator

import (
	"bytes"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// tailSize is how much of a log an answer can carry, in bytes (AWS Lambda API
// reference, Invoke, LogType).
const tailSize = 4 << 10

// An output reads what an instance prints, through a pipe.
//
// When the program answers, its output may still be in the pipe. So there are two
// readers, which take turns: a goroutine that blocks, and sync, which does not.
type output struct {
	read, write *os.File
	pipe        syscall.RawConn // of read
	done        chan struct{}

	reading sync.Mutex // held from reading the pipe until the log has the text
	buffer  []byte

	mu    sync.Mutex
	heard func(text []byte) // gets what the program prints; may be nil
	sink  *sink             // may be nil
	tail  []byte
	held  []byte // lines of the platform, to be written before anything else

	observers []Observer // of the events that the instance has
}

// pipeSize is how much a pipe holds, in bytes (pipe(7)).
const pipeSize = 64 << 10

func newOutput(sink *sink) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &output{read: r, write: w, sink: sink, done: make(chan struct{}), buffer: make([]byte, pipeSize)}
	if o.pipe, err = r.SyscallConn(); err != nil {
		r.Close()
		w.Close()
		return nil, err
	}
	go o.pump()
	return o, nil
}

// listen passes what the program prints from now on to heard as well.
func (o *output) listen(heard func(text []byte)) {
	o.mu.Lock()
	o.heard = heard
	o.mu.Unlock()
}

func (o *output) pump() {
	defer close(o.done)
	for o.next() {
	}
}

// take adds the pipe's content to the log, at most the pipe's size.
func (o *output) take(fd uintptr) (n int, again bool) {
	o.reading.Lock()
	defer o.reading.Unlock()
	n, again = readNow(fd, o.buffer)
	if n > 0 {
		o.add(o.buffer[:n], nil)
	}
	return n, again
}

// hold buffers a line of the platform until the next write, which usually follows
// soon; otherwise flush writes it.
func (o *output) hold(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = append(o.held, line...)
}

// flush writes the buffered lines.
func (o *output) flush() { o.add(nil, nil) }

// line adds a line of the platform.
func (o *output) line(text string) { o.add(nil, []byte(text)) }

// add adds the buffered lines, then output of the function, then lines of the
// platform, to the log and to its tail.
func (o *output) add(own, platform []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held)+len(own)+len(platform) == 0 {
		return
	}
	if o.heard != nil && len(own) > 0 {
		o.heard(own)
	}
	if o.sink != nil {
		o.sink.write(o.held, own, platform)
	}
	for _, p := range [...][]byte{o.held, own, platform} {
		o.keep(p)
		for _, x := range o.observers {
			if len(p) > 0 {
				x.Logged(p)
			}
		}
	}
	o.held = o.held[:0]
}

// keep adds to the tail; o.mu is held.
func (o *output) keep(p []byte) {
	o.tail = append(o.tail, p[max(0, len(p)-tailSize):]...)
	o.tail = slices.Delete(o.tail, 0, max(0, len(o.tail)-tailSize))
}

// begin clears the tail.
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

// sync reads what has been printed so far. It reads at most the pipe's size, so a program
// that prints endlessly does not block it.
func (o *output) sync() {
	for left := pipeSize; left > 0; {
		var n int
		if o.pipe.Control(func(fd uintptr) { n, _ = o.take(fd) }) != nil || n <= 0 {
			return
		}
		left -= n
	}
}

// close ends the output after the program has ended, and reads the rest.
func (o *output) close() {
	o.write.Close()
	// A process that the program left running may keep the pipe open.
	select {
	case <-o.done:
	case <-time.After(time.Second):
	}
	o.read.Close()
	<-o.done
}
