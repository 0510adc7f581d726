package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// Check proves of any zip, made by any tool from any language, that Lambda can start it.
// FILE is a zip, a folder with zips, or a pattern such as 'dist/*.zip'; or
// several of these, one on each line. Without -boot nothing in it is started: it
// may be anybody's. Flags go behind the file. It ends with status 1 if a check
// fails, and with 2 if there is no such file.
func Check(ctx context.Context,
	file string,
	arch *string, // amd64 or arm64; default: what the program is for
	runtime *string, // al2023 (the default) or al2: decides which glibc there is
	kind *string, // function (the default) or layer
	strict *bool, // warnings fail as well
	dynamic *bool, // allow a dynamically linked program
	boot *bool, // start the function as well, and send it an event; only for zips that you trust
	handlers *string, // with -boot: the values of _HANDLER to try, with commas
	format *string, // text (the default), json, sarif, github or junit; several as in text,github
) error {
	options := verify.Options{
		Runtime: project.Runtime(choose(runtime, "", string(project.AL2023))),
		Kind:    verify.Kind(choose(kind, "", string(verify.KindFunction))),
		Dynamic: isSet(dynamic),
	}
	if a := choose(arch, "", ""); a != "" {
		var err error
		if options.Arch, err = project.ParseArch(a); err != nil {
			return misuse(err)
		}
	}
	if !slices.Contains([]project.Runtime{project.AL2023, project.AL2}, options.Runtime) {
		return misuse(fmt.Errorf("unknown runtime %q; use al2023 or al2", options.Runtime))
	}
	if !slices.Contains([]verify.Kind{verify.KindFunction, verify.KindLayer}, options.Kind) {
		return misuse(fmt.Errorf("unknown kind %q; use function or layer", options.Kind))
	}
	write, err := reportWriter(format)
	if err != nil {
		return err
	}
	files, err := listedFiles(file)
	if err != nil && strings.HasPrefix(file, "-") {
		err = hint.Wrap(err, "flags go behind the file: mage check FILE.zip "+file)
	}
	if err != nil {
		return misuse(err)
	}
	called := project.Function{Handlers: strings.FieldsFunc(choose(handlers, "", ""), isComma)}
	var zips []pipeline.Zip
	for _, f := range files {
		zips = append(zips, pipeline.Zip{Function: called, Target: verify.Target{Path: f, Options: options}})
	}
	config := pipeline.CheckConfig{Strict: isSet(strict), Boot: isSet(boot), Qemu: findQemu()}
	checked, err := pipeline.Check(ctx, config, zips)
	if err != nil && config.Boot {
		return failed(err)
	}
	if err != nil {
		return misuse(err)
	}
	reports := pipeline.Reports(checked)
	if config.Boot && config.Strict {
		failSkippedBoots(reports)
	}
	return conclude(reports, write)
}

func isComma(r rune) bool { return r == ',' }

// failSkippedBoots fails the zips of which it was asked to start the function,
// and which could not be started here. Whoever is strict wants to know.
func failSkippedBoots(reports []verify.Report) {
	for _, r := range reports {
		if !r.OK() {
			continue
		}
		for i, x := range r.Results {
			if x.Check.Layer == verify.Boot && x.Status == verify.Skip {
				r.Results[i].Status, r.Results[i].Detail = verify.Fail, "it was not started: "+x.Detail
			}
		}
	}
}

// listedFiles returns the files that the argument of check stands for, each
// once, in the order of the lines.
func listedFiles(argument string) ([]string, error) {
	var all []string
	for line := range strings.Lines(argument) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		files, err := zipFiles(line)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	if len(all) == 0 {
		return nil, hint.New("name a zip, a folder with zips, or a pattern", "no file is named")
	}
	return all, nil
}

// zipFiles returns the files that one line stands for.
func zipFiles(argument string) ([]string, error) {
	info, err := os.Stat(argument)
	switch {
	case err == nil && info.IsDir():
		files, err := filepath.Glob(filepath.Join(escapePattern(argument), "*.zip"))
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("no .zip file is in the folder %q", argument)
		}
		return files, err
	case err == nil:
		return []string{argument}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	files, globErr := filepath.Glob(argument)
	if globErr != nil || len(files) == 0 {
		return nil, err // there is no such file; a pattern without a match says the same
	}
	return files, nil
}

func escapePattern(s string) string {
	var b []rune
	for _, r := range s {
		if (r == '*' || r == '?' || r == '[') && filepath.Separator == '/' {
			b = append(b, '\\')
		}
		b = append(b, r)
	}
	return string(b)
}
