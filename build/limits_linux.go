package build

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// podmanLimit is podman's default for a container (containers.conf(5),
// default_ulimits).
const podmanLimit = 1 << 20

// limits returns ulimits by name. They keep podman from asking for more open files
// and processes than this process may have, which fails with "error setting rlimit"
// where root may not raise its own limits, as in many virtual machines for CI.
func limits(client string) map[string]uint64 {
	if client != "podman" {
		return map[string]uint64{}
	}
	processes := min(hardLimit(unix.RLIMIT_NPROC), maxProcesses)
	// Podman lowers its own limit on processes to this before it starts.
	if data, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64); err == nil {
			processes = min(processes, n)
		}
	}
	return map[string]uint64{"nofile": hardLimit(unix.RLIMIT_NOFILE), "nproc": processes}
}

func hardLimit(resource int) uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return podmanLimit
	}
	return min(limit.Max, podmanLimit)
}
