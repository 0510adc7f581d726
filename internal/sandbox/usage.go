package sandbox

import "time"

// A Usage is what processes use; what is not known is 0.
type Usage struct {
	Memory, Peak int64         // bytes, now and at most
	CPU          time.Duration // so far
}
