package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/reproduce"
)

// Rebuild builds a released zip again from the commit that its provenance names, and compares the bytes.
// FILE is FUNCTION-ARCH.zip as it was released, with provenance.intoto.json beside
// it. It needs no project, only git and what builds the function; nothing of the
// sources runs outside of the engine. Flags go behind the file. It ends with
// status 1 if the bytes differ, and says what differs and why.
func Rebuild(ctx context.Context,
	file string,
	provenance *string, // the provenance; default: provenance.intoto.json beside the file
	source *string, // the repository, a folder or an address; default: this one if it has the commit, else the provenance's
	folder *string, // the project's folder in the repository; default: the provenance's, or the only one that has the function
	key *string, // the public key that signed the provenance, in PEM; default: it is not signed
	engine *string, // docker, podman, sandbox or host; default: the provenance's if it can be used, and never host
	format *string, // text (the default) or json
) error {
	s, err := readSettings(engine, nil, nil)
	if err != nil {
		return err
	}
	write, err := comparisonWriter(format)
	if err != nil {
		return err
	}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		if err == nil {
			err = errors.New("not a file")
		}
		return misuse(hint.Wrap(fmt.Errorf("zip %q: %w", file, err), "mage rebuild FUNCTION-ARCH.zip, and flags behind it"))
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	before := readDist(distFolder)
	bar := newProgress()
	r, err := reproduce.Rebuild(ctx, reproduce.RebuildConfig{
		File: file, Provenance: choose(provenance, "", ""), Source: choose(source, "", ""), Key: choose(key, "", ""),
		Folder: choose(folder, "", ""),
		Build: build.Config{
			Root: here, Cache: s.cache, Engine: s.engine, BaseImage: s.baseImage, Environ: os.Environ(), Progress: bar.event,
		},
	})
	bar.close()
	if err != nil {
		return before.failed(err, distFolder)
	}
	if err := write(r); err != nil {
		return err
	}
	if !r.Report.Equal {
		return mg.Fatal(1, "the bytes differ")
	}
	return nil
}
