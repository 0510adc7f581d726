// Command emulator measures how fast emulators of Lambda answer Invoke.
//
//	go run ./emulator [-seconds 0.5] [-rounds 20] [-rie PATH]
//	go run ./emulator -console
//
// Each emulator is a process of its own and runs the same function, which
// echoes its event: this project's emulator, a plain net/http server that does
// just enough (see plain.go), with one caller bare sockets (see socket.go), and AWS's Runtime Interface Emulator where -rie names a
// program that was built from its public source. Clients keep their
// connection and do no more than they have to (see load.go). CPU is that of the emulator and the function together, the client's not among it.
// The emulators run side by side and are measured in turn, a short time each, so that
// what else the machine does befalls all of them alike; figures are of all rounds together.
//
// With -console it is this project's emulator alone: without the console, with it and nobody who
// looks, and with one page that asks for what the console's own page asks for (see viewer.go).
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/console"
)

var (
	seconds = flag.Float64("seconds", 0.5, "duration of a measurement")
	rounds  = flag.Int("rounds", 20, "measurements of each, in turn")
	rie     = flag.String("rie", "", "AWS's emulator, built")
	view    = flag.Bool("console", false, "measure what the console costs, in place of other emulators")
	serve   = flag.String("serve", "", "be an emulator: ours, console, plain or socket")
	program = flag.String("program", "", "with -serve: the bootstrap")
	listen  = flag.String("listen", "", "with -serve: address")
)

func main() {
	flag.Parse()
	var err error
	if *serve != "" {
		err = runServer()
	} else {
		err = measureAll()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runServer is an emulator, until SIGTERM.
func runServer() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	switch *serve {
	case "plain":
		return runPlain(ctx, l, *program)
	case "socket":
		return runSocket(ctx, l, *program)
	}
	folder, err := os.MkdirTemp("", "bench-emulator-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	name := filepath.Join(folder, "function.zip")
	if err := writeZip(name, *program); err != nil {
		return err
	}
	f, err := emulator.New(ctx, emulator.Config{Name: "function", Zip: name, Temp: folder, Log: os.Stderr})
	if err != nil {
		return err
	}
	config := emulator.ServerConfig{}
	page := console.New(viewerToken, "events")
	if *serve == "console" {
		config.Observe, config.Console = page.Observe, page
	}
	s := emulator.NewServer(config)
	page.Attach(s)
	s.Set("function", f)
	go s.Serve(l)
	<-ctx.Done()
	return s.Close(context.Background())
}

func writeZip(name, program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	f, err := w.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

// A result is one measurement.
type result struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       time.Duration // an invocation
	failure   string
}

func measureAll() error {
	folder, err := os.MkdirTemp("", "bench-emulator-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	bootstrap := filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bootstrap, "github.com/bootzip/bootzip/bench/emulator/echo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ours, plain, socket := "127.0.0.1:9471", "127.0.0.1:9472", "127.0.0.1:9475"
	commands := [][]string{
		{"bootzip", ours, self, "-serve=ours", "-program=" + bootstrap, "-listen=" + ours},
		{"net/http loop", plain, self, "-serve=plain", "-program=" + bootstrap, "-listen=" + plain},
	}
	if *view {
		watched := "127.0.0.1:9476"
		console := func(name, address string) []string {
			return []string{name, address, self, "-serve=console", "-program=" + bootstrap, "-listen=" + address}
		}
		commands = [][]string{console("page open", watched), console("console", plain), commands[0]}
	} else if *rie != "" {
		const address = "127.0.0.1:9473"
		commands = append(commands, []string{"RIE", address, *rie, "--runtime-interface-emulator-address", address, "--runtime-api-address", "127.0.0.1:9474", bootstrap})
	}
	fmt.Printf("%-14s %7s %13s %7s %9s %9s %12s %7s\n", "emulator", "callers", "invocations/s", "ratio", "p50", "p99", "CPU each", "ratio")
	first := []string{"socket loop", socket, self, "-serve=socket", "-program=" + bootstrap, "-listen=" + socket} // knows one caller
	for _, callers := range []int{1, 8} {
		commands := commands
		if callers == 1 && !*view {
			commands = append([][]string{first}, commands...)
		}
		results := measure(commands, callers)
		last := results[len(results)-1]
		for i, r := range results {
			if r.failure != "" {
				fmt.Printf("%-14s %7d  failed: %s\n", commands[i][0], callers, r.failure)
				continue
			}
			fmt.Printf("%-14s %7d %13.0f %7s %9s %9s %12s %7s\n", commands[i][0], callers, r.perSecond, ratio(r.perSecond, last.perSecond),
				r.p50.Round(time.Microsecond), r.p99.Round(time.Microsecond), r.cpu.Round(100*time.Nanosecond), ratio(float64(r.cpu), float64(last.cpu)))
		}
	}
	return nil
}

// ratio is that to the last emulator of the table.
func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// measure starts the emulators, invokes their functions for a while in turn, and stops them.
func measure(commands [][]string, callers int) []result {
	processes := make([]*exec.Cmd, len(commands))
	results := make([]result, len(commands))
	times := make([][]time.Duration, len(commands))
	for i, c := range commands {
		// What they print goes nowhere, and costs this process nothing.
		processes[i] = exec.Command(c[2], c[3:]...)
		if err := processes[i].Start(); err != nil {
			results[i].failure, processes[i] = err.Error(), nil
		}
	}
	for range *rounds {
		for i, c := range commands {
			if results[i].failure != "" {
				continue
			}
			stop := func() {}
			if c[0] == "page open" {
				stop = openPage(c[1])
			}
			more, err := load(c[1], callers)
			stop()
			if err != nil {
				results[i].failure = err.Error()
			}
			times[i] = append(times[i], more...)
		}
	}
	for i, p := range processes {
		if p == nil {
			continue
		}
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
		if n := len(times[i]); results[i].failure == "" && n > 0 {
			slices.Sort(times[i])
			results[i] = result{
				perSecond: float64(n) / *seconds / float64(*rounds), p50: times[i][n/2], p99: times[i][n*99/100],
				cpu: (p.ProcessState.UserTime() + p.ProcessState.SystemTime()) / time.Duration(n),
			}
		}
	}
	return results
}
