package command

import (
	"context"
	"path/filepath"

	"github.com/bootzip/bootzip/build"
)

// Build makes the bootstrap of every function, in a Debian container where there is one.
// They are left at dist/FUNCTION/ARCH/bootstrap. What has not changed is not
// built again.
func Build(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox or host
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	force *bool, // build what has not changed as well
) error {
	s, err := readSettings(engine, arch, function)
	if err != nil {
		return err
	}
	s.force = isSet(force)
	s.locked = isSet(locked)
	m, err := s.runPipeline(ctx, false)
	if err != nil {
		return err
	}
	rows := [][]string{{"FUNCTION", "ARCH", "SIZE", "TOOLCHAIN", "", "BOOTSTRAP"}}
	for _, a := range m.report.Artifacts {
		rows = append(rows, []string{a.Function.Name, string(a.Arch), size(a.Size), a.Toolchain, novelty(a), relative(m.project.Root, a.Path)})
	}
	return table(rows)
}

func novelty(a build.Artifact) string {
	if a.Unchanged {
		return "unchanged"
	}
	return "built"
}

func relative(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil {
		return rel
	}
	return path
}
