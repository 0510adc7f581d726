package build

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// podmanLimit is what podman gives to a container unless it is told
// otherwise (containers.conf(5), default_ulimits).
const podmanLimit = 1 << 20

// limits keep podman from asking for more open files and processes than this
// process may have, which fails with "error setting rlimit" where root may
// not raise its own limits, as in many virtual machines for CI.
func limits(client string) []string {
	if client != "podman" {
		return nil
	}
	files, processes := hardLimit(unix.RLIMIT_NOFILE), hardLimit(unix.RLIMIT_NPROC)
	// Podman lowers its own limit of processes to this before it starts.
	if data, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64); err == nil {
			processes = min(processes, n)
		}
	}
	return []string{
		"--ulimit", fmt.Sprintf("nofile=%d:%d", files, files),
		"--ulimit", fmt.Sprintf("nproc=%d:%d", processes, processes),
	}
}

func hardLimit(resource int) uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return podmanLimit
	}
	return min(limit.Max, podmanLimit)
}
