// Command probe finds out what can be seen and done in a sandbox. Its first argument says
// what to try.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The main goroutine keeps the first thread.
func init() { runtime.LockOSThread() }

func main() { probes[os.Args[1]](os.Args[2:]) }

// probes print what they find.
var probes = map[string]func(args []string){
	"nothing": func([]string) {},
	"who": func([]string) {
		groups, _ := os.Getgroups()
		fmt.Println(os.Getuid(), os.Getgid(), groups)
	},
	"print": func(args []string) { // as many bytes
		n, _ := strconv.Atoi(args[0])
		_, _ = os.Stdout.WriteString(strings.Repeat("x", n))
	},
	"descriptors": func([]string) {
		var s syscall.Stat_t
		for fd := 3; fd < 200; fd++ {
			if syscall.Fstat(fd, &s) != nil {
				continue
			}
			// Skip what the Go runtime itself has open: its poller.
			if to, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err != nil || !strings.HasPrefix(to, "anon_inode:") {
				fmt.Println(fd, to)
			}
		}
	},
	"read": func(files []string) {
		for _, name := range files {
			data, err := os.ReadFile(name)
			fmt.Printf("%s %d %v\n", name, len(data), err == nil)
		}
	},
	"write": func(files []string) { // nothing is written
		for _, name := range files {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err == nil {
				f.Close()
			}
			fmt.Printf("%s %v\n", name, err == nil)
		}
	},
	"chmod": func(files []string) {
		for _, name := range files {
			info, err := os.Stat(name)
			if err == nil {
				err = os.Chmod(name, info.Mode())
			}
			fmt.Printf("%s %v\n", name, err == nil)
		}
	},
	"setuid": func(args []string) {
		err := os.WriteFile(args[0], nil, 0o755)
		fmt.Println(err == nil, syscall.Chmod(args[0], 0o4755) == nil, syscall.Chmod(args[0], 0o755) == nil)
	},
	"list": func(args []string) {
		entries, err := os.ReadDir(args[0])
		for _, e := range entries {
			fmt.Println(e.Name())
		}
		if err != nil {
			fmt.Println(err)
		}
	},
	"namespaces": func([]string) {
		for _, flag := range []uintptr{unix.CLONE_NEWUSER, unix.CLONE_NEWNS, unix.CLONE_NEWNET, unix.CLONE_NEWPID} {
			fmt.Println(syscall.Unshare(int(flag)) == nil)
		}
	},
	"tasks": func([]string) {
		n := 0
		for ; n < 5000; n++ {
			if _, err := os.StartProcess("/proc/self/exe", []string{"x", "wait"}, &os.ProcAttr{}); err != nil {
				break
			}
		}
		fmt.Println(n)
		unix.Exit(0) // at the limit, Go cannot start a thread either, and would abort
	},
	"wait": func([]string) { time.Sleep(time.Minute) },
	"memory": func(args []string) {
		mb, _ := strconv.Atoi(args[1])
		switch args[0] {
		case "memfd":
			fd, err := unix.MemfdCreate("x", 0)
			for range mb {
				if err == nil {
					_, err = unix.Write(fd, make([]byte, 1<<20))
				}
			}
			if err != nil {
				fmt.Println(err)
			}
		case "mapped": // a memfd that is mapped counts once
			fd, _ := unix.MemfdCreate("x", 0)
			_ = unix.Ftruncate(fd, int64(mb)<<20)
			data, err := unix.Mmap(fd, 0, mb<<20, unix.PROT_WRITE, unix.MAP_SHARED)
			for i := 0; err == nil && i < len(data); i += 4096 {
				data[i] = 1
			}
		case "closed", "beside": // a memfd that is mapped and no longer open
			fd, _ := unix.MemfdCreate("x", 0)
			_ = unix.Ftruncate(fd, int64(mb)<<20)
			data, err := unix.Mmap(fd, 0, mb<<20, unix.PROT_WRITE, unix.MAP_SHARED)
			_ = unix.Close(fd)
			if args[0] == "beside" { // and another one that is
				fd, _ = unix.MemfdCreate("y", 0)
				_, _ = unix.Write(fd, []byte("y"))
			}
			for i := 0; err == nil && i < len(data); i += 4096 {
				data[i] = 1
			}
		case "leader": // private memory of a process whose first thread ends
			data := make([]byte, mb<<20)
			for i := range data {
				data[i] = 1
			}
			go func() {
				for ended := false; !ended; {
					state, _ := os.ReadFile("/proc/self/stat")
					ended = bytes.Contains(state, []byte(") Z "))
				}
				fmt.Println("ready")
				time.Sleep(time.Minute)
				runtime.KeepAlive(data)
			}()
			_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
		case "segment":
			id, err := unix.SysvShmGet(unix.IPC_PRIVATE, mb<<20, unix.IPC_CREAT|0o600)
			if err != nil {
				fmt.Println(err)
				return
			}
			data, _ := unix.SysvShmAttach(id, 0, 0)
			for i := 0; i < len(data); i += 4096 {
				data[i] = 1
			}
			_ = unix.SysvShmDetach(data)
		case "tmp":
			_ = os.WriteFile("/tmp/x", make([]byte, mb<<20), 0o600)
			runtime.GC()
		}
		fmt.Println("ready")
		time.Sleep(time.Minute)
	},
	"accept": func(args []string) {
		c, err := net.Dial("tcp4", args[0])
		if err != nil {
			fmt.Println(err)
			return
		}
		data, _ := io.ReadAll(c)
		fmt.Println(string(data))
		interfaces, _ := net.Interfaces()
		for _, i := range interfaces {
			fmt.Println(i.Name)
		}
	},
	"status": func([]string) {
		data, _ := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "Cap") || strings.HasPrefix(line, "NoNewPrivs") || strings.HasPrefix(line, "Seccomp:") {
				fmt.Print(strings.Join(strings.Fields(line), " "), "\n")
			}
		}
	},
	"ptrace": func([]string) {
		cmd := exec.Command("/proc/self/exe", "nothing")
		runtime.LockOSThread()
		cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
		fmt.Println(cmd.Start() == nil)
	},
}
