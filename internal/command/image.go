package command

import (
	"context"

	"github.com/bootzip/bootzip/build"
)

// Image makes the Debian image in which this project's functions are built, if it is not there yet.
// It prints the engine and the image's id. Other targets make it by themselves.
func Image(ctx context.Context,
	engine *string, // auto (the default), docker or podman
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
	id, name, err := build.Image(ctx, s.buildConfig(p, functions, bar.event))
	bar.close()
	if err != nil {
		return failed(err)
	}
	return table([][]string{{"ENGINE", "IMAGE"}, {name, id}})
}
