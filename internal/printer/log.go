package printer

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"
)

// A Log shows the logs of functions on a terminal or in the log of a CI job. Each
// line that a function prints begins with "| ", so that it is neither mistaken for a
// line of the platform, such as REPORT, nor executed as a workflow command.
type Log struct {
	mu   sync.Mutex
	w    io.Writer
	open *Source // whose line has not ended
}

// NewLog makes a Log that writes to w.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// A Source is the log of one function: an io.Writer for its output, which buffers
// incomplete characters.
type Source struct {
	log  *Log
	rest []byte
	last [2]rune // before the next character
}

// Source adds a function to the log.
func (l *Log) Source() *Source { return &Source{log: l} }

const bar = "| "

// Write shows what a function prints.
func (s *Source) Write(p []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	in := append(s.rest, p...)
	s.rest = nil
	out := s.log.turnTo(s)
	for len(in) > 0 {
		if !utf8.FullRune(in) || len(in) == 1 && in[0] == '\r' { // what follows decides
			s.rest = bytes.Clone(in)
			break
		}
		c, size := utf8.DecodeRune(in)
		if s.log.open == nil {
			out = append(out, bar...)
			s.log.open = s
		}
		if s.last == [2]rune{'#', '#'} && c == '[' {
			out = append(out, `\x5b`...) // "##[" is a command
		} else if c != '\r' || in[1] != '\n' {
			out = appendEscaped(out, c, in[:size])
		}
		s.last = [2]rune{s.last[1], c}
		if c == '\n' {
			s.log.open = nil
		}
		in = in[size:]
	}
	if _, err := s.log.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// turnTo ends the open line of another source, by returning the line end to write. mu
// is held.
func (l *Log) turnTo(s *Source) []byte {
	if l.open == nil || l.open == s {
		return nil
	}
	l.open = nil
	return []byte{'\n'}
}

// Platform returns the writer for the platform's own lines, of which the function
// controls at most a word in the middle.
func (s *Source) Platform() io.Writer { return platform{s.log} }

type platform struct{ log *Log }

func (p platform) Write(b []byte) (int, error) {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	if _, err := p.log.w.Write(append(p.log.turnTo(nil), Text(string(b))...)); err != nil {
		return 0, err
	}
	return len(b), nil
}
