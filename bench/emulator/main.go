// Command emulator measures how fast emulators of Lambda answer Invoke.
//
//	go run ./emulator [-seconds 5] [-rounds 3] [-rie PATH]
//
// Each emulator is a process of its own and runs the same function, which
// echoes its event: this project's emulator, a plain net/http server that does
// just enough (see plain.go), and AWS's Runtime Interface Emulator where -rie names a
// program that was built from its public source. Clients keep their
// connection and do no more than they have to (see load.go). CPU is that of the emulator and the function together, the client's not among it.
// The rounds go in turn, and the best of each is printed.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/emulator"
)

var (
	seconds = flag.Float64("seconds", 5, "duration of a measurement")
	rounds  = flag.Int("rounds", 3, "measurements of each, in turn")
	rie     = flag.String("rie", "", "AWS's emulator, built")
	serve   = flag.String("serve", "", "be an emulator: ours or plain")
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
	if *serve == "plain" {
		return runPlain(ctx, l, *program)
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
	f, err := emulator.New(ctx, emulator.Config{Name: "function", Zip: name, Temp: folder})
	if err != nil {
		return err
	}
	s := emulator.NewServer(emulator.ServerConfig{})
	s.Set("function", f)
	web := http.Server{Handler: s}
	go web.Serve(l)
	<-ctx.Done()
	web.Close()
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
	const address = "127.0.0.1:9471"
	commands := [][]string{
		{"bootzip", self, "-serve=ours", "-program=" + bootstrap, "-listen=" + address},
		{"net/http loop", self, "-serve=plain", "-program=" + bootstrap, "-listen=" + address},
	}
	if *rie != "" {
		commands = append(commands, []string{"RIE", *rie, "--runtime-interface-emulator-address", address, "--runtime-api-address", "127.0.0.1:9472", bootstrap})
	}
	fmt.Printf("%-14s %7s %12s %9s %9s %12s\n", "emulator", "callers", "invocations/s", "p50", "p99", "CPU each")
	for _, callers := range []int{1, 8} {
		best := make([]result, len(commands))
		for range *rounds {
			for i, c := range commands {
				r := measure(c[1:], address, callers)
				if r.perSecond > best[i].perSecond || best[i].perSecond == 0 {
					best[i] = r
				}
			}
		}
		for i, c := range commands {
			r := best[i]
			if r.failure != "" {
				fmt.Printf("%-14s %7d  failed: %s\n", c[0], callers, r.failure)
				continue
			}
			fmt.Printf("%-14s %7d %12.0f %9s %9s %12s\n", c[0], callers, r.perSecond, r.p50.Round(time.Microsecond), r.p99.Round(time.Microsecond), r.cpu.Round(100*time.Nanosecond))
		}
	}
	return nil
}

// measure starts an emulator, invokes its function for a while, and stops it.
func measure(argv []string, address string, callers int) result {
	cmd := exec.Command(argv[0], argv[1:]...)
	// The function would compete with its emulator for nothing but the cores.
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		return result{failure: err.Error()}
	}
	times, err := load(address, callers)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if err != nil {
		return result{failure: err.Error()}
	}
	slices.Sort(times)
	n := len(times)
	return result{
		perSecond: float64(n) / *seconds, p50: times[n/2], p99: times[n*99/100],
		cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()) / time.Duration(n),
	}
}
