package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/verify"
)

// Verify builds and packs every function, and proves that Lambda can start each zip.
// The last proof is to start it: the boot check sends an event to each of the
// function's handlers.
// It ends with status 1 if a check fails.
func Verify(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox or host
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	strict *bool, // warnings fail as well
	format *string, // text (the default), json, sarif, github or junit; several as in text,github
) error {
	s, err := readSettings(engine, arch, function)
	if err != nil {
		return err
	}
	write, err := reportWriter(format)
	if err != nil {
		return err
	}
	s.locked = isSet(locked)
	m, err := s.runPipeline(ctx, true)
	if err != nil {
		return err
	}
	checked, err := pipeline.Check(ctx, pipeline.CheckConfig{Strict: isSet(strict), Boot: true, Qemu: findQemu()}, m.zips)
	if err != nil {
		return m.before.failed(err, distFolder)
	}
	return conclude(pipeline.Reports(checked), write)
}

// conclude writes the reports, and fails if a zip did.
func conclude(reports []verify.Report, write func([]verify.Report) error) error {
	if err := write(reports); err != nil {
		return err
	}
	bad := 0
	for _, r := range reports {
		if !r.OK() {
			bad++
		}
	}
	if bad > 0 {
		return mg.Fatal(1, fmt.Sprintf("%d of %d zips failed", bad, len(reports)))
	}
	return nil
}

// formats are the ways in which a report can be written.
var formats = map[string]func(io.Writer, []verify.Report) error{
	"text": func(w io.Writer, reports []verify.Report) error {
		return verify.WriteText(w, reports, verify.TextOptions{Color: useColor(), Verbose: mg.Verbose()})
	},
	"json":   verify.WriteJSON,
	"sarif":  verify.WriteSARIF,
	"github": verify.WriteGitHub,
	"junit":  verify.WriteJUnit,
}

// reportWriter returns what writes reports in the formats that were asked for,
// one after the other.
func reportWriter(format *string) (func([]verify.Report) error, error) {
	names := strings.Split(choose(format, "", "text"), ",")
	for _, name := range names {
		if formats[name] == nil {
			return nil, misuse(fmt.Errorf("unknown format %q; use text, json, sarif, github or junit", name))
		}
	}
	return func(reports []verify.Report) error {
		for _, name := range names {
			if err := formats[name](os.Stdout, reports); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
