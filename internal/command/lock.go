package command

import (
	"context"
	"fmt"

	"github.com/bootzip/bootzip/build"
)

// Lock writes bootzip.lock: the toolchain, the base image and the packages of the build image.
// Commit it. A build that differs from it says so, and fails with -locked.
func Lock(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox or host
) error {
	s, err := readSettings(engine, nil, nil)
	if err != nil {
		return err
	}
	p, functions, err := s.load()
	if err != nil {
		return err
	}
	bar := newProgress()
	name, err := build.WriteLock(ctx, s.buildConfig(p, functions, bar.event))
	bar.close()
	if err != nil {
		return failed(err)
	}
	fmt.Println(relative(p.Root, name))
	return nil
}
