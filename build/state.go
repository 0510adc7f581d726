package build

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
)

// stateFolder is the directory, in Config.Dist, of what a run must know of the
// one before. Removing it costs a build and nothing else.
const stateFolder = ".bootzip"

// state is what is remembered of the bootstraps in Config.Dist.
type state struct {
	Units map[string]unitState `json:"units"` // by Unit.String()
}

type unitState struct {
	Inputs inputs `json:"inputs"`
	Digest string `json:"digest"` // of the inputs and the recipe
	SHA256 string `json:"sha256"` // of the bootstrap
}

func stateFile(dist string) string { return filepath.Join(dist, stateFolder, "state.json") }

// readState never fails: a state that cannot be read is an empty one.
func readState(dist string) state {
	s := state{Units: map[string]unitState{}}
	data, err := os.ReadFile(stateFile(dist))
	if err != nil || json.Unmarshal(data, &s) != nil || s.Units == nil {
		s.Units = map[string]unitState{}
	}
	return s
}

func (s state) write(name string) error {
	return atomicfile.Write(name, 0o644, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "\t")
		return e.Encode(s)
	})
}

// Lock makes this process the only one that writes to the directory dist, until
// the returned function is called. Another process that does so already is an
// error; nothing waits. Whoever calls Build or pack.Pack holds it, and for
// both together where one follows the other. What killed processes left in
// dist is removed.
func Lock(dist string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(dist, stateFolder), 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dist, stateFolder, "lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lock.Path(), err)
	}
	if !locked {
		return nil, hint.New("wait until it has ended", "another bootzip is writing to %s", dist)
	}
	atomicfile.Sweep(dist)
	atomicfile.Sweep(filepath.Join(dist, stateFolder))
	return func() { _ = lock.Unlock() }, nil
}
