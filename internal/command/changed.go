package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
)

// Changed builds and packs every function, and says which of them need a deploy.
// It compares them with what is deployed: the manifest.json of an earlier
// package or release, or what the AWS CLI prints about the functions. Nothing
// to do is an empty list and exit status 0.
func Changed(ctx context.Context,
	since *string, // a manifest.json, or - for standard input; required
	engine *string, // auto (the default), docker, podman, sandbox or host
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	format *string, // text (the default), json, or matrix for GitHub Actions
) error {
	s, err := readSettings(engine, arch, function)
	if err != nil {
		return err
	}
	name := choose(format, "", "text")
	write, ok := changeFormats[name]
	if !ok {
		return misuse(fmt.Errorf("unknown format %q; use text, json or matrix", name))
	}
	// Before the pipeline, which may be about to write this very manifest.
	deployed, err := readDeployed(choose(since, "", ""))
	if err != nil {
		return misuse(err)
	}
	m, err := s.runPipeline(ctx, true)
	if err != nil {
		return err
	}
	changes, gone, err := pipeline.Changed(pipeline.Lines(m.zips), deployed)
	if err != nil {
		return misuse(err)
	}
	if s.function == "" && len(gone) > 0 {
		fmt.Fprintf(os.Stderr, "bootzip: deployed and no longer there: %s\n", strings.Join(gone, ", "))
	}
	return write(changes)
}

func readDeployed(name string) (pipeline.Deployed, error) {
	var r io.Reader = os.Stdin
	switch name {
	case "":
		return pipeline.Deployed{}, hint.New("use -since=manifest.json, or -since=- behind `aws lambda list-functions |`", "it is not said what is deployed")
	case "-":
		name = "standard input"
	default:
		f, err := os.Open(name)
		if err != nil {
			return pipeline.Deployed{}, hint.Wrap(err, "for a first deploy: echo '{\"zips\":[]}' | mage changed -since=-")
		}
		defer f.Close()
		r = f
	}
	return pipeline.ReadDeployed(r, name)
}

// changeFormats are the ways in which changes are written.
var changeFormats = map[string]func([]pipeline.Change) error{
	"text": func(changes []pipeline.Change) error {
		rows := [][]string{}
		for _, c := range changes {
			rows = append(rows, []string{distFolder + "/" + c.File, c.Reason, c.CodeSha256})
		}
		if len(rows) == 0 {
			fmt.Fprintln(os.Stderr, "bootzip: nothing to deploy")
			return nil
		}
		return table(append([][]string{{"ZIP", "REASON", "CODESHA256"}}, rows...))
	},
	"json": func(changes []pipeline.Change) error {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(changes)
	},
	// One line, as $GITHUB_OUTPUT takes it (GitHub Docs, "Running variations
	// of jobs in a workflow", matrix.include).
	"matrix": func(changes []pipeline.Change) error {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"include": changes})
	},
}
