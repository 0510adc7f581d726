// Command verify measures package verify against Info-ZIP's unzip.
//
//	cd bench && go run ./verify [-rounds 5] [-count 1000]
//
// For zips of 1, 50 and 250 MB of content it starts, in turn, a process that
// checks the zip and "unzip -t", and prints the medians of their times, the
// ratio, the ratio of the processor time that they used (which says more on a
// busy machine: the check uses two cores), and the most memory that the check
// took. Then it checks many small zips in one call, on one core and on all.
//
// The content is what lies in GOROOT: a program, sources and archives, so it
// compresses as functions do. unzip must be installed. Everything is written
// to a temporary directory of about 350 MB, which is removed at the end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/verify"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each is measured")
	count := flag.Int("count", 1000, "how many small zips")
	check := flag.String("check", "", "check this zip and exit; what the measured process does")
	flag.Parse()
	var err error
	if *check != "" {
		err = checkOne(*check)
	} else {
		err = measure(*rounds, *count)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func checkOne(path string) error {
	r, err := verify.File(context.Background(), path, verify.Options{})
	if err != nil {
		return err
	}
	if !r.OK() {
		return verify.WriteText(os.Stderr, []verify.Report{r}, verify.TextOptions{})
	}
	return nil
}

func measure(rounds, count int) error {
	if _, err := exec.LookPath("unzip"); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("%d cores, %s, medians of %d rounds in turn\n\n", runtime.NumCPU(), runtime.Version(), rounds)
	fmt.Printf("%-28s %9s %9s %9s %7s %7s %9s\n", "zip", "bytes", "check", "unzip -t", "ratio", "CPU", "memory")
	for _, c := range []struct {
		name  string
		size  int64
		asset int64
	}{
		{"1 MB", 1e6, 1e6},
		{"2 MB, one bootstrap", 2e6, 0},
		{"50 MB, one asset", 50e6, 50e6},
		{"50 MB, assets of 100 kB", 50e6, 100e3},
		{"250 MB, one asset", 250e6, 250e6},
		{"250 MB, assets of 1 MB", 250e6, 1e6},
		{"250 MB, one bootstrap", 250e6, 0},
	} {
		path := filepath.Join(dir, "bench.zip")
		bytes, err := write(path, c.size, c.asset)
		if err != nil {
			return err
		}
		own, other, memory, err := race(self, path, rounds)
		if err != nil {
			return err
		}
		fmt.Printf("%-28s %9d %7.1fms %7.1fms %7.2f %7.2f %6.1f MB\n", c.name, bytes, ms(own.wall), ms(other.wall),
			float64(own.wall)/float64(other.wall), float64(own.cpu)/float64(other.cpu), float64(memory)/1e6)
	}
	return many(dir, rounds, count)
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// A cost is what a process took: from start to end, and of processors.
type cost struct{ wall, cpu time.Duration }

// race measures both processes in turn, and returns the medians. memory is
// the most that the check took in any round, in bytes.
func race(self, path string, rounds int) (own, other cost, memory int64, err error) {
	var owns, others []cost
	for range rounds {
		c, m, err := run(self, "-check", path)
		if err != nil {
			return cost{}, cost{}, 0, err
		}
		owns, memory = append(owns, c), max(memory, m)
		if c, _, err = run("unzip", "-tqq", path); err != nil {
			return cost{}, cost{}, 0, err
		}
		others = append(others, c)
	}
	return medians(owns), medians(others), memory, nil
}

func medians(list []cost) cost {
	var walls, cpus []time.Duration
	for _, c := range list {
		walls, cpus = append(walls, c.wall), append(cpus, c.cpu)
	}
	return cost{median(walls), median(cpus)}
}

func run(name string, args ...string) (cost, int64, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, 0, fmt.Errorf("%s: %w", name, err)
	}
	c := cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return c, 0, nil
	}
	return c, usage.Maxrss * 1024, nil // Linux counts in kilobytes
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// many checks count small zips in one call, on one core and on all of them.
func many(dir string, rounds, count int) error {
	path := filepath.Join(dir, "small.zip")
	if _, err := write(path, 500e3, 100e3); err != nil {
		return err
	}
	targets := make([]verify.Target, count)
	for i := range targets {
		targets[i].Path = path
	}
	all := runtime.GOMAXPROCS(0)
	var one, every []time.Duration
	busy := 0.0
	for range rounds {
		for _, procs := range []int{1, all} {
			runtime.GOMAXPROCS(procs)
			start, spent := time.Now(), cpu()
			if _, err := verify.Files(context.Background(), targets); err != nil {
				return err
			}
			d := time.Since(start)
			if procs == 1 {
				one = append(one, d)
			}
			if procs == all {
				every = append(every, d)
				busy = max(busy, float64(cpu()-spent)/float64(d))
			}
		}
	}
	a, b := median(one), median(every)
	fmt.Printf("\n%d zips of 500 kB in one call: %.0f ms on one core, %.0f ms on %d: %.2f times as fast, up to %.2f cores busy\n",
		count, ms(a), ms(b), all, float64(a)/float64(b), busy)
	return nil
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
