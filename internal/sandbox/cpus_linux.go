package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// LimitCPUs lets the calling thread, and the processes that it starts from now
// on, use only the first n of the CPUs that it may use; 0 changes nothing. That
// there are fewer is an error. The thread must be locked to its goroutine.
func LimitCPUs(n int) error {
	if n == 0 {
		return nil
	}
	var may, first unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return fmt.Errorf("CPUs: %w", err)
	}
	if may.Count() < n {
		return fmt.Errorf("CPUs: %d are asked for, and there are %d", n, may.Count())
	}
	for i := 0; first.Count() < n; i++ {
		if may.IsSet(i) {
			first.Set(i)
		}
	}
	if err := unix.SchedSetaffinity(0, &first); err != nil {
		return fmt.Errorf("CPUs: %w", err)
	}
	return nil
}
