package build

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
)

// StateDir is the directory in Config.Dist with what a run must know about the previous
// one. Removing it costs no more than a build.
const StateDir = ".bootzip"

// state records how the bootstraps in Config.Dist were built.
type state struct {
	Units map[string]unitState `json:"units"` // by Unit.String()
}

type unitState struct {
	Inputs inputs `json:"inputs"`
	Digest string `json:"digest"` // of the inputs and the recipe
	SHA256 string `json:"sha256"` // of the bootstrap
}

func stateFile(dist string) string { return filepath.Join(dist, StateDir, "state.json") }

// readState returns an empty state if it cannot be read.
func readState(dist string) state {
	var s state
	data, err := regular.ReadFile(stateFile(dist))
	if err != nil || json.Unmarshal(data, &s) != nil || s.Units == nil {
		s.Units = map[string]unitState{}
	}
	return s
}

// directories returns an error if one of dirs exists and is not a directory: a repository
// could have a link in place of the output, and so choose which files are replaced.
func directories(dirs ...string) error {
	for _, dir := range dirs {
		if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
			return hint.New("remove it", "%s is a file or a link, not a directory", dir)
		}
	}
	return nil
}

// Lock makes this process the only one that writes to the directory dist, until
// unlock is called. It does not wait: if another process has the lock, it returns
// an error. Callers of Build and pack.Pack hold the lock; a caller of both holds it
// until the second is done. Lock removes what killed processes left in dist.
func Lock(dist string) (unlock func(), err error) {
	if err := directories(dist, filepath.Join(dist, StateDir)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dist, StateDir), 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dist, StateDir, "lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lock.Path(), err)
	}
	if !locked {
		return nil, hint.New("wait until it has ended", "another bootzip is writing to %s", dist)
	}
	atomicfile.Sweep(dist)
	atomicfile.Sweep(filepath.Join(dist, StateDir))
	return func() { _ = lock.Unlock() }, nil
}
