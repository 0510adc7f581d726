//go:build linux

package attack

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// procFiles are the kernel's files in /proc: settings for all of the machine, and
// what container engines hide (OCI runtime specification, maskedPaths and
// readonlyPaths).
func procFiles() []Attempt {
	var all []Attempt
	for _, name := range []string{"kernel/core_pattern", "kernel/modprobe", "kernel/hostname", "kernel/panic", "kernel/sysrq", "kernel/randomize_va_space",
		"kernel/ns_last_pid", "fs/file-max", "vm/overcommit_memory", "net/ipv4/ip_forward", "user/max_user_namespaces"} {
		all = append(all, Attempt{
			ID: "sysctl-" + strings.ReplaceAll(filepath.Base(name), "_", "-"), What: "writes /proc/sys/" + name,
			Try: func(Target) error { return rewrite("/proc/sys/" + name) },
		})
	}
	for _, name := range []string{"kcore", "keys", "key-users", "timer_list", "sched_debug", "latency_stats", "acpi", "scsi", "asound", "bus", "fs", "irq",
		"interrupts", "kpagecount", "vmallocinfo", "slabinfo", "modules", "config.gz", "iomem"} {
		all = append(all, Attempt{
			ID: "proc-" + strings.NewReplacer("_", "-", ".", "-").Replace(name), What: "reads /proc/" + name,
			Try: func(Target) error { return peek("/proc/" + name) },
		})
	}
	return append(all,
		Attempt{ID: "proc-kallsyms", What: "reads addresses of the kernel from /proc/kallsyms", Try: kernelAddresses},
		Attempt{ID: "proc-iomem-addresses", What: "reads physical addresses from /proc/iomem", Try: physicalAddresses},
		Attempt{ID: "proc-irq-write", What: "moves interrupts to other CPUs", Try: func(Target) error { return rewrite("/proc/irq/default_smp_affinity") }},
		// Reading would take messages away from the host's log daemon.
		Attempt{ID: "proc-kmsg", What: "opens the kernel's log, /proc/kmsg", Try: func(Target) error { return openRead("/proc/kmsg") }},
		Attempt{ID: "proc-sysrq-trigger", What: "opens /proc/sysrq-trigger for writing", Try: func(Target) error { return openWrite("/proc/sysrq-trigger") }},
		Attempt{ID: "oom-score", What: "protects itself from being killed when memory runs out (OOM score)", Try: lowerScore},
		Attempt{ID: "pagemap", What: "reads physical addresses from its pagemap", Try: frames},
	)
}

// rewrite writes a file's current value to it.
func rewrite(name string) error {
	value, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(value)
	return err
}

func openRead(name string) error  { return open(name, unix.O_RDONLY) }
func openWrite(name string) error { return open(name, unix.O_WRONLY) }

func open(name string, how int) error {
	fd, err := unix.Open(name, how|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// peek reads a few bytes of a file, or one name of a directory. An empty one counts
// as absent, since that is how engines mask.
func peek(name string) error {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	empty := fmt.Errorf("%w: %s is empty", errAbsent, name)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		if _, err := f.Readdirnames(1); err != nil {
			return empty
		}
		return nil
	}
	n, err := unix.Read(fd, make([]byte, 8))
	if err := past(err, unix.EAGAIN); err != nil {
		return err
	}
	if n == 0 {
		return empty
	}
	return nil
}

func kernelAddresses(Target) error {
	data, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		if address, _, _ := bytes.Cut(line, []byte(" ")); len(bytes.Trim(address, "0")) > 0 {
			return nil
		}
	}
	return errors.New("all addresses are 0")
}

func physicalAddresses(Target) error {
	data, err := os.ReadFile("/proc/iomem")
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		if span, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" ")); len(bytes.Trim(span, "0-")) > 0 {
			return nil
		}
	}
	return errors.New("all addresses are 0")
}

// frames reads a page frame number, which the kernel shows as 0 to those who may
// not know it (proc_pid_pagemap(5)).
func frames(Target) error {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return err
	}
	defer f.Close()
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	page[0] = 1
	entry := make([]byte, 8)
	if _, err := f.ReadAt(entry, int64(uintptr(unsafe.Pointer(&page[0])))/int64(os.Getpagesize())*8); err != nil {
		return err
	}
	if bytes.Equal(entry[:6], make([]byte, 6)) {
		return errors.New("the frame is 0")
	}
	return nil
}

func lowerScore(Target) error {
	const name = "/proc/self/oom_score_adj"
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(strconv.Itoa(max(score-1, -1000))), 0)
}

// processFiles are what /proc shows about other processes: the first process of
// the place, which has more rights, and one outside.
func processFiles() []Attempt {
	var all []Attempt
	for _, who := range []struct {
		prefix, name string
		folder       func(Target) (string, error)
	}{
		{"init", "the first process", func(t Target) (string, error) { return fmt.Sprintf("/proc/%d", t.init()), nil }},
		{"outside", "a process of the host", outside},
	} {
		in := func(do func(t Target, folder string) error) func(Target) error {
			return func(t Target) error {
				folder, err := who.folder(t)
				if err != nil {
					return err
				}
				return do(t, folder)
			}
		}
		all = append(all,
			Attempt{ID: who.prefix + "-environ", What: "reads the environment of " + who.name, Try: in(func(_ Target, dir string) error { return openRead(dir + "/environ") })},
			Attempt{ID: who.prefix + "-root", What: "reaches the root directory of " + who.name, Try: in(func(_ Target, dir string) error { return peek(dir + "/root/") })},
			Attempt{ID: who.prefix + "-root-secret", What: "reads files of the host through the root directory of " + who.name, Try: in(func(t Target, dir string) error {
				return hasSecret(t, dir+"/root"+t.Planted+"/secret")
			})},
			Attempt{ID: who.prefix + "-cwd", What: "reaches the working directory of " + who.name, Try: in(func(_ Target, dir string) error { return peek(dir + "/cwd/") })},
			Attempt{ID: who.prefix + "-fd", What: "lists the descriptors of " + who.name, Try: in(func(_ Target, dir string) error { return peek(dir + "/fd") })},
			Attempt{ID: who.prefix + "-exe", What: "opens the program of " + who.name, Try: in(func(_ Target, dir string) error { return peek(dir + "/exe") })},
			Attempt{ID: who.prefix + "-maps", What: "reads the memory map of " + who.name, Try: in(func(_ Target, dir string) error { return peek(dir + "/maps") })},
			Attempt{ID: who.prefix + "-mem", What: "opens the memory of " + who.name + " for writing", Try: in(func(_ Target, dir string) error { return openWrite(dir + "/mem") })},
			Attempt{ID: who.prefix + "-oom-score", What: "changes how readily the kernel kills, when memory runs out, " + who.name, Try: in(func(_ Target, dir string) error {
				return rewrite(dir + "/oom_score_adj")
			})},
		)
	}
	return append(all, Attempt{ID: "outside-seen", What: "sees processes of the host in /proc", Try: func(t Target) error {
		_, err := outside(t)
		return err
	}})
}

// outside returns the directory in /proc of the process outside, which it finds by
// the mark in its command line.
func outside(t Target) (string, error) {
	if t.Mark == "" {
		return "", errAbsent
	}
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if line, err := os.ReadFile(name); err == nil && hasArguments(line, "victim", t.Mark) {
			return filepath.Dir(name), nil
		}
	}
	return "", errors.New("no process of the host is seen")
}

// hasArguments looks for two adjacent arguments in the content of a cmdline file
// (proc_pid_cmdline(5)).
func hasArguments(line []byte, name, value string) bool {
	return bytes.Contains(line, []byte("\x00"+name+"\x00"+value+"\x00"))
}
