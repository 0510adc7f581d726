package build

import (
	"strings"
	"testing"
)

// What engines report about themselves, reduced to the fields that are read, and what
// follows for the containers.
func TestBoundsOfEngines(t *testing.T) {
	const gib = 1 << 30
	for name, c := range map[string]struct {
		client, said string
		want         engineInfo
		bounds       string
		options      string // of the client, for an engine on another machine
	}{
		"docker": {
			"docker", `{"OSType":"linux","Architecture":"x86_64","MemTotal":8589934592,"MemoryLimit":true,"SwapLimit":true,"PidsLimit":true,"SecurityOptions":["name=apparmor","name=seccomp,profile=default"]}`,
			engineInfo{arch: "amd64", memory: 8 * gib, boundsMemory: true, boundsSwap: true, boundsProcesses: true, seccomp: true},
			"at most 6.0 GiB of memory and 16384 processes (control groups)",
			"--pids-limit 16384 --memory 6442450944 --memory-swap 6442450944 --tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0",
		},
		"docker that cannot bound swap": {
			"docker", `{"OSType":"linux","Architecture":"aarch64","MemTotal":8589934592,"MemoryLimit":true,"PidsLimit":true,"SecurityOptions":["name=seccomp,profile=builtin"]}`,
			engineInfo{arch: "arm64", memory: 8 * gib, boundsMemory: true, boundsProcesses: true, seccomp: true},
			"at most 6.0 GiB of memory and 16384 processes (control groups)",
			"--pids-limit 16384 --memory 6442450944 --tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0",
		},
		"docker without root and without control groups": {
			"docker", `{"OSType":"linux","Architecture":"x86_64","MemTotal":8589934592,"SecurityOptions":["name=seccomp,profile=unconfined","name=rootless"]}`,
			engineInfo{arch: "amd64", memory: 8 * gib, rootless: true},
			"at most 6.0 GiB of memory and 16384 processes (ulimits), and no seccomp filter",
			"--tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0 --ulimit data=6442450944:6442450944 --ulimit nproc=16384:16384",
		},
		"an engine behind docker's API that does not say what memory there is": {
			"docker", `{"OSType":"linux","Architecture":"amd64","PidsLimit":true,"SecurityOptions":["name=seccomp"]}`,
			engineInfo{arch: "amd64", boundsProcesses: true, seccomp: true},
			"at most 16384 processes (control group)",
			"--pids-limit 16384 --tmpfs /tmp:exec,mode=1777 --ulimit core=0:0",
		},
		"podman": {
			"podman", `{"host":{"os":"linux","arch":"amd64","memTotal":8589934592,"cgroupVersion":"v1","cgroupControllers":["cpuset","memory","pids"],"security":{"rootless":false,"seccompEnabled":true}},"version":{"Version":"4.3.1"}}`,
			engineInfo{arch: "amd64", version: "4.3.1", memory: 8 * gib, boundsMemory: true, boundsSwap: true, boundsProcesses: true, seccomp: true},
			"at most 6.0 GiB of memory and 16384 processes (control groups)",
			"--pids-limit 16384 --memory 6442450944 --memory-swap 6442450944 --tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0",
		},
		"podman without root, control groups of version 1": {
			"podman", `{"host":{"os":"linux","arch":"amd64","memTotal":8589934592,"cgroupVersion":"v1","cgroupControllers":[],"security":{"rootless":true,"seccompEnabled":true}},"version":{"Version":"4.3.1"}}`,
			engineInfo{arch: "amd64", version: "4.3.1", rootless: true, memory: 8 * gib, seccomp: true},
			"at most 6.0 GiB of memory and 16384 processes (ulimits)",
			"--tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0 --ulimit data=6442450944:6442450944 --ulimit nproc=16384:16384",
		},
		"podman without root, of version 2, delegated in part": {
			"podman", `{"host":{"os":"linux","arch":"arm64","memTotal":8589934592,"cgroupVersion":"v2","cgroupControllers":["memory"],"security":{"rootless":true,"seccompEnabled":true}},"version":{"Version":"5.4.2"}}`,
			engineInfo{arch: "arm64", version: "5.4.2", rootless: true, memory: 8 * gib, boundsMemory: true, boundsSwap: true, seccomp: true},
			"at most 6.0 GiB of memory (control group) and 16384 processes (ulimit)",
			"--memory 6442450944 --memory-swap 6442450944 --tmpfs /tmp:exec,mode=1777,size=3221225472 --ulimit core=0:0 --ulimit nproc=16384:16384",
		},
	} {
		t.Run(name, func(t *testing.T) {
			decode := decodeDocker
			if c.client == "podman" {
				decode = decodePodman
			}
			got, goos, err := decode([]byte(c.said))
			if err != nil || goos != "linux" || got != c.want {
				t.Fatalf("it is %+v on %q (%v), want %+v", got, goos, err, c.want)
			}
			if got := got.bounds().String(); got != c.bounds {
				t.Errorf("bounds are %q, want %q", got, c.bounds)
			}
			e := &container{client: c.client, engineInfo: got, remote: true}
			if options := strings.Join(e.boundOptions(), " "); options != c.options {
				t.Errorf("options are\n%s, want\n%s", options, c.options)
			}
		})
	}
}

// Podman on this machine is never asked for more processes than it may have, or than
// the bound.
func TestPodmanHasOneLimitOfProcesses(t *testing.T) {
	e := &container{client: "podman", engineInfo: engineInfo{rootless: true}}
	n := 0
	for _, option := range e.boundOptions() {
		if strings.HasPrefix(option, "nproc=") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("options %q have %d limits of processes", e.boundOptions(), n)
	}
}

// A docker client may exit with status 0 although no daemon answers.
func TestDockerWithoutDaemon(t *testing.T) {
	_, _, err := decodeDocker([]byte(`{"ID":"","OSType":"","ServerErrors":["Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?"]}`))
	if err == nil || !strings.Contains(err.Error(), "Is the docker daemon running") {
		t.Errorf("error is %v", err)
	}
}

// The tests of test/endtoend look from inside a container. Where there is no engine,
// this test checks the options that they depend on.
func TestConfinement(t *testing.T) {
	for _, client := range []string{"docker", "podman"} {
		options := strings.Join(confinement(client), " ")
		for _, want := range []string{"--network none", "--ipc private", "--cap-drop ALL", "--security-opt no-new-privileges", "--read-only"} {
			if !strings.Contains(options, want) {
				t.Errorf("%s: %q lack %s", client, options, want)
			}
		}
	}
}

// The messages are those of the go command, gcc and cargo.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		outcome outcome
		want    bool
	}{
		{outcome{exit: 137}, true},
		{outcome{exit: 1, output: "example.com/app: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed"}, true},
		{outcome{exit: 1, output: "gcc: fatal error: Killed signal terminated program cc1"}, true},
		{outcome{exit: 101, output: "process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)"}, true},
		{outcome{exit: 143, output: "signal: terminated"}, false},
		{outcome{exit: 1, output: "main.go:3:1: syntax error"}, false},
	} {
		if got := c.outcome.killed(); got != c.want {
			t.Errorf("%+v: %v", c.outcome, got)
		}
	}
}
