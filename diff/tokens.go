package diff

import "slices"

// Programs hold strings one behind the other, often with nothing between
// them, and one string that is longer moves all that follow. So text is cut
// into tokens at places that the text itself decides: behind any five bytes
// with a certain sum. After a difference the cuts fall on the same places
// again, and what both programs have is recognised wherever it lies.
const (
	shortestRun   = 6 // characters; less is hardly ever text
	shortestToken = 16
	longestToken  = 256
	shortestLine  = 200 // of a text file's line, to be cut
	cutMask       = 31  // a cut for each 32 characters
)

// gear has a random number for each byte.
var gear = func() (g [256]uint64) {
	x := uint64(1)
	for i := range g {
		x = x*6364136223846793005 + 1442695040888963407
		g[i] = x >> 33
	}
	return g
}()

// A tokenizer finds tokens in bytes that pass by. A run is text that nothing
// else interrupts; a line, in a text file.
type tokenizer struct {
	emit  func(token []byte, begins, ends bool) // of a run
	lines bool
	least int
	token []byte
	inRun bool // a token of this run was emitted
	hash  uint64
}

func newTokenizer(lines bool) *tokenizer {
	t := &tokenizer{lines: lines, least: shortestToken, token: make([]byte, 0, longestToken)}
	if lines {
		t.least = shortestLine
	}
	return t
}

func (t *tokenizer) write(b []byte) {
	for _, c := range b {
		switch {
		case c >= ' ' && c < 0x7f, t.lines && (c == '\t' || c >= 0x80):
		case t.lines && c == '\r':
			continue
		default:
			t.end()
			continue
		}
		t.token = append(t.token, c)
		t.hash = t.hash<<1 + gear[c]
		if n := len(t.token); n >= t.least && t.hash&cutMask == 0 || n == longestToken {
			t.emit(t.token, !t.inRun, false)
			t.inRun, t.token = true, t.token[:0]
		}
	}
}

// end ends a run.
func (t *tokenizer) end() {
	if t.inRun || len(t.token) >= shortestRun || t.lines && len(t.token) > 0 {
		t.emit(t.token, !t.inRun, true)
	}
	t.inRun, t.token, t.hash = false, t.token[:0], 0
}

// maxTokens bounds the memory of a set: 8 MiB.
const maxTokens = 1 << 20

// A tokenSet holds the hashes of tokens.
type tokenSet struct {
	hashes []uint64
	full   bool // there are more
}

func (s *tokenSet) add(token []byte, _, _ bool) {
	if len(s.hashes) == maxTokens && !s.full {
		s.sort()
		s.full = len(s.hashes) > maxTokens/2
	}
	if !s.full {
		s.hashes = append(s.hashes, hashOf(token))
	}
}

func (s *tokenSet) sort() {
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
}

func (s *tokenSet) has(token []byte) bool {
	_, ok := slices.BinarySearch(s.hashes, hashOf(token))
	return ok
}

func (s *tokenSet) equal(o tokenSet) bool { return slices.Equal(s.hashes, o.hashes) }

// hashOf is FNV-1a. Whoever makes two tokens with the same hash hides a
// string, and no more: the section still differs.
func hashOf(token []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range token {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
