package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tools are the names of the processes whose memory counts.
var tools = []string{"go", "compile", "link", "asm"}

// watchMemory begins to watch the Go tools, wherever they run, and returns a
// function that ends that and says what they held together at most, in bytes.
func watchMemory() func() int64 {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
				most = max(most, toolsMemory())
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-peak
	}
}

func toolsMemory() (sum int64) {
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		comm, err := os.ReadFile(name)
		if err != nil || !slices.Contains(tools, strings.TrimSpace(string(comm))) {
			continue
		}
		// proc(5): the second field of statm is the resident set, in pages.
		statm, err := os.ReadFile(filepath.Join(filepath.Dir(name), "statm"))
		if err != nil {
			continue
		}
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			pages, _ := strconv.ParseInt(fields[1], 10, 64)
			sum += pages * int64(os.Getpagesize())
		}
	}
	return sum
}
