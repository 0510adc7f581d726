// Command sandbox measures how long it takes to start a sandbox.
//
//	CGO_ENABLED=0 go run ./sandbox [-rounds 200]
//
// The sides start the same program, which ends at once, in turn: in a sandbox
// as a function runs in (sandbox.Start), in one with a network of its own as
// the boot check uses, in one as a build runs in (sandbox.Run), and by a bare
// clone(2) with the same namespaces and execve(2). Figures are medians from
// the start to the end of the program, and the ratios to the last.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/internal/sandbox"
)

var rounds = flag.Int("rounds", 200, "measurements of each side, in turn")

func main() {
	flag.Parse()
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A side is one way to start the program.
type side struct {
	name string
	run  func(program string) error
}

var sides = []side{
	{"sandbox of a function", func(program string) error { return start(program, false) }},
	{"sandbox of a boot check", func(program string) error { return start(program, true) }},
	{"sandbox of a build", build},
	{"clone and execve", bare},
}

func measure() error {
	dir, err := os.MkdirTemp("", "bootzip-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return err
	}
	program := filepath.Join(dir, "program")
	cmd := exec.Command("go", "build", "-ldflags=-s", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	took := make([][]time.Duration, len(sides))
	for range *rounds {
		for i, s := range sides {
			began := time.Now()
			if err := s.run(program); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	median := func(i int) time.Duration {
		slices.Sort(took[i])
		return took[i][len(took[i])/2]
	}
	base := median(len(sides) - 1)
	fmt.Printf("| side | median | ratio |\n|---|---|---|\n")
	for i, s := range sides {
		fmt.Printf("| %s | %.1f ms | %.1f |\n", s.name, float64(median(i))/1e6, float64(median(i))/float64(base))
	}
	return nil
}

func start(program string, ownNetwork bool) error {
	p, err := sandbox.Start(sandbox.ProcessConfig{
		Mounts:  []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}},
		Command: sandbox.Command{Dir: "/", Argv: []string{"/program"}},
		UID:     993, GID: 990, Output: os.Stderr,
		OwnNetwork: ownNetwork, Listening: func(l net.Listener) { l.Close() },
	})
	if err != nil {
		return err
	}
	if status := p.Wait(); status != "exit status 0" {
		return fmt.Errorf("it ended with %s", status)
	}
	return nil
}

func build(program string) error {
	var exit int
	err := sandbox.Run(context.Background(), sandbox.Config{
		Mounts:   []sandbox.Mount{{Source: program, Target: "/program", ReadOnly: true}},
		Commands: []sandbox.Command{{Dir: "/", Argv: []string{"/program"}}},
	}, func(r sandbox.Result) { exit = r.Exit })
	if err == nil && exit != 0 {
		err = fmt.Errorf("it ended with %d", exit)
	}
	return err
}

func bare(program string) error {
	cmd := exec.Command(program)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 993, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 990, HostID: os.Getgid(), Size: 1}},
	}
	return cmd.Run()
}
