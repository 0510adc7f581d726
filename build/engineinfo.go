package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// engineInfo is what a container engine reports about itself and its machine.
type engineInfo struct {
	arch     string // GOARCH of its machine
	version  string // only podman's info has it
	rootless bool   // it runs as a plain user
	memory   uint64 // of its machine, in bytes; 0 if unknown

	// What its control groups can bound.
	boundsMemory, boundsSwap, boundsProcesses bool

	seccomp bool // containers get a seccomp filter by default
}

// answers returns why the engine cannot be used, such as no client or no daemon; nil if it
// answers within ten seconds.
func answers(ctx context.Context, c Config, client string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := askEngine(ctx, c, client)
	return err
}

func askEngine(ctx context.Context, c Config, client string) (engineInfo, error) {
	decode := decodeDocker
	if client == "podman" {
		decode = decodePodman
	}
	text, err := capture(ctx, c.Environ, "", client, "info", "--format", "{{json .}}")
	if err != nil {
		return engineInfo{}, err
	}
	info, goos, err := decode([]byte(text))
	switch {
	case err != nil:
		return info, fmt.Errorf("%s info: %w", client, err)
	case goos == "" || info.arch == "":
		return info, fmt.Errorf("%s info does not say which system and architecture it runs on", client)
	case goos != "linux":
		return info, fmt.Errorf("%s runs %s containers, and Linux ones are needed", client, goos)
	}
	return info, nil
}

// decodeDocker reads the answer of the Docker API's GET /info. A client whose
// daemon does not answer may exit with status 0 and list its errors instead.
func decodeDocker(data []byte) (info engineInfo, goos string, err error) {
	var said struct {
		OSType, Architecture              string
		MemTotal                          uint64
		MemoryLimit, SwapLimit, PidsLimit bool
		SecurityOptions                   []string // "name=seccomp,profile=builtin", "name=rootless"
		ServerErrors                      []string
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return info, "", fmt.Errorf("the answer is not understood: %w", err)
	}
	if len(said.ServerErrors) > 0 {
		return info, "", errors.New(strings.Join(said.ServerErrors, "; "))
	}
	info = engineInfo{
		arch: said.Architecture, memory: said.MemTotal,
		boundsMemory: said.MemoryLimit, boundsSwap: said.SwapLimit, boundsProcesses: said.PidsLimit,
	}
	// The daemon gives the machine's name for it, as uname(1) does.
	switch said.Architecture {
	case "x86_64":
		info.arch = "amd64"
	case "aarch64":
		info.arch = "arm64"
	}
	for _, option := range said.SecurityOptions {
		switch name, rest, _ := strings.Cut(option, ","); name {
		case "name=seccomp":
			info.seccomp = rest != "profile=unconfined"
		case "name=rootless":
			info.rootless = true
		}
	}
	return info, said.OSType, nil
}

func decodePodman(data []byte) (info engineInfo, goos string, err error) {
	var said struct {
		Host struct {
			OS, Arch          string
			MemTotal          uint64
			CgroupControllers []string // without root: none on version 1, the delegated ones on version 2
			Security          struct{ Rootless, SECCOMPEnabled bool }
		}
		Version struct{ Version string }
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return info, "", fmt.Errorf("the answer is not understood: %w", err)
	}
	has := func(controller string) bool { return slices.Contains(said.Host.CgroupControllers, controller) }
	return engineInfo{
		arch: said.Host.Arch, version: said.Version.Version, rootless: said.Host.Security.Rootless, memory: said.Host.MemTotal,
		// Podman's info does not mention swap. Where it cannot bound swap, it only warns.
		boundsMemory: has("memory"), boundsSwap: has("memory"), boundsProcesses: has("pids"),
		seccomp: said.Host.Security.SECCOMPEnabled,
	}, said.Host.OS, nil
}
