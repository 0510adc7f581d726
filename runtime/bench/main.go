//go:build linux

// Command bench measures bootstraps on this project's runtime beside the
// same functions on aws-lambda-go, a net/http loop, and a C loop of system
// calls as the floor. It builds them, runs them in turn on one processor, and
// prints a table and the ratios:
//
//	cd runtime/bench && go run .
//	cd runtime/bench && go run . -rounds 3 -plot ../../docs/images/runtime.svg
//
// It needs Linux, and gcc on x86-64 for the floor; without them, that row is omitted.
// The driver is the Runtime API: it writes an event and waits for the answer, one at a
// time, over 127.0.0.1. Driver and function take turns on one processor. Absolute
// figures depend on the machine; compare the ratios, each of which is the median over
// the rounds.
//
// What is measured, for each program:
//
//   - binary and zip: bytes, stripped; deflated at archive/zip's best level
//   - start: from exec to the first GET next, with the program's pages in the
//     page cache (warm) and evicted from it (cold)
//   - CPU: user and system time of the entire process for an invocation
//   - p50, p99: from the event's first byte to the last of the answer
//   - memory: peak resident memory (VmHWM), after the events of one size
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	rounds := flag.Int("rounds", 7, "rounds to run; figures are medians over them")
	plot := flag.String("plot", "", "write a plot (SVG) to this `file`")
	flag.Parse()
	if err := run(*rounds, *plot); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(rounds int, plot string) error {
	dir, err := os.MkdirTemp("", "bench-runtime-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	list, err := build(dir)
	if err != nil {
		return err
	}
	if err := pin(); err != nil {
		return err
	}
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
		for _, p := range list {
			select {
			case <-interrupted:
				return fmt.Errorf("interrupted")
			default:
			}
			if err := p.measure(); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	table(os.Stdout, list)
	ratios(os.Stdout, list)
	if plot != "" {
		return writePlot(plot, list)
	}
	return nil
}
