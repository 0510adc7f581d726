package emulator

import (
	"io"
	"sync"
)

// A sink collects the logs of a function's instances, one write at a time.
type sink struct {
	mu       sync.Mutex // of the writers; no other lock is taken under it
	own      io.Writer
	platform io.Writer // nil: own takes the platform's lines too
	joined   []byte
}

func newSink(own, platform io.Writer) *sink {
	if own == nil {
		return nil
	}
	return &sink{own: own, platform: platform}
}

// write writes lines of the platform, output of the function, and again lines of the
// platform.
func (s *sink) write(before, own, after []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.platform == nil {
		s.joined = append(append(append(s.joined[:0], before...), own...), after...)
		_, _ = s.own.Write(s.joined)
		if cap(s.joined) > pipeSize {
			s.joined = nil
		}
		return
	}
	for _, part := range [...]struct {
		to   io.Writer
		text []byte
	}{{s.platform, before}, {s.own, own}, {s.platform, after}} {
		if len(part.text) > 0 {
			_, _ = part.to.Write(part.text)
		}
	}
}
