package command

import "context"

// Package builds every function and packs it into dist/FUNCTION-ARCH.zip, with the same bytes every time.
// dist/manifest.json describes the zips. It prints the CodeSha256 that Lambda
// shows for each when it is deployed.
func Package(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox or host
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
) error {
	s, err := readSettings(engine, arch, function)
	if err != nil {
		return err
	}
	s.locked = isSet(locked)
	m, err := s.runPipeline(ctx, true)
	if err != nil {
		return err
	}
	rows := [][]string{{"ZIP", "SIZE", "UNZIPPED", "CODESHA256"}}
	for _, z := range m.zips {
		rows = append(rows, []string{distFolder + "/" + z.Packed.File, size(z.Packed.Size), size(z.Packed.Unzipped), z.Packed.CodeSha256})
	}
	return table(rows)
}
