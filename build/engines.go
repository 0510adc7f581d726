package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
)

// An EngineState says whether an engine can be used here.
type EngineState struct {
	Name   string `json:"name"`
	Usable bool   `json:"usable"`
	Auto   bool   `json:"auto"` // auto tries it
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // how to get it, if it cannot be used
}

// Engines checks every engine, in the order in which auto tries them. It makes no
// image and builds nothing: it checks that docker and podman answer, and, if it is
// configured, that BuildKit has workers.
func Engines(ctx context.Context, c Config) []EngineState {
	var states []EngineState
	add := func(name, detail string, err error, advice string) {
		s := EngineState{Name: name, Usable: err == nil, Auto: slices.Contains(engineNames, name), Detail: detail}
		if err != nil {
			s.Detail, s.Hint = firstLine(err.Error()), advice
		}
		states = append(states, s)
	}
	add("docker", "answers", answers(ctx, c, "docker"), "install and start it: https://docs.docker.com/engine/install/")
	add("podman", "answers", answers(ctx, c, "podman"), "install it: https://podman.io/docs/installation")
	// The sandbox and the host need the go command of this machine.
	_, noGo := exec.LookPath("go")
	const install = "install Go: https://go.dev/doc/install"
	if noGo != nil {
		noGo = errors.New("there is no go command")
		add("sandbox", "", noGo, install)
	} else if s, err := newSandbox(ctx, c); err != nil {
		add("sandbox", "", err, hint.Of(err))
	} else {
		add("sandbox", cmp.Or(s.why(""), "namespaces are allowed"), nil, "")
	}
	if lookup(c.Environ, buildkitHost) != "" {
		e, err := newBuildkit(ctx, c)
		if err != nil {
			add("buildkit", "", err, hint.Of(err))
		} else {
			add("buildkit", fmt.Sprintf("%d of %d workers answer", len(e.workers)-len(e.dead), len(e.workers)), nil, "")
		}
	}
	add("host", "go is there; a build can read and write what you can", noGo, install)
	return states
}
