package sandbox

import "time"

// A Usage is what processes use; 0 for what is not known.
type Usage struct {
	Memory, Peak int64         // bytes, now and at most
	CPU          time.Duration // so far
}
