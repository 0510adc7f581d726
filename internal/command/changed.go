package command

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

func (a *app) changedCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var since, stage, stack string
	var pairs, deploys []string
	c := &cobra.Command{
		Use:   "changed --since=manifest.json",
		Short: "List the functions that need a deploy",
		Long: `Changed builds and packs every function, and lists those that need a deploy. It
compares them with what is deployed: the manifest.json of an earlier package or
release, what the AWS CLI prints about the functions, or what terraform show -json
prints of a state. It notes runtimes that have ended and architectures for which
there is no zip. If there is nothing to deploy, the list is empty and the exit status 0.

Serverless, SAM and the CDK deploy a function under a different name. Names come from
--names; or from --deploy, a deploy file, and --stack, CloudFormation's description of a
deployed stack; or from the key deploy in bootzip.yaml, with --stage for ${stage}; otherwise
the function's own name is used.`,
		Example: "  aws lambda list-functions | bootzip changed --since=- --format=matrix\n" +
			"  aws lambda list-functions | bootzip changed --since=- --names=web=svc-prod-web,worker=svc-prod-worker\n" +
			"  aws cloudformation describe-stack-resources --stack-name=shop >stack.json\n" +
			"  aws lambda list-functions | bootzip changed --since=- --stack=stack.json",
		RunE: func(c *cobra.Command, _ []string) error {
			names, err := readNames(pairs)
			if err != nil {
				return misuse(err)
			}
			files, err := readDeployFiles(deploys)
			if err != nil {
				return err
			}
			// Before the pipeline, which may be about to write this very manifest.
			deployed, err := readDeployed(since)
			if err != nil {
				return misuse(err)
			}
			var resources pipeline.Stack
			if stack != "" {
				if resources, err = readStack(stack); err != nil {
					return misuse(err)
				}
			}
			p, _, err := s.load()
			if err != nil {
				return err
			}
			for _, function := range slices.Sorted(maps.Keys(names)) {
				if _, err := p.Select(function, s.arch); err != nil {
					return misuse(err)
				}
			}
			m, err := s.run(c.Context(), true)
			if err != nil {
				return err
			}
			found := pipeline.DeployedNames(pipeline.DeployConfig{Root: m.project.Root, Functions: m.project.Functions, Zips: m.zips}, files, resources)
			for _, f := range m.project.Functions {
				if len(names[f.Name]) > 0 || s.function != "" && s.function != f.Name {
					continue
				}
				list := found[f.Name]
				if len(list) == 0 {
					if list, err = f.DeployedNames(stage); err != nil {
						return misuse(err)
					}
				}
				if len(list) > 0 {
					names[f.Name] = list
				}
			}
			changes, gone, err := pipeline.Changed(pipeline.Lines(m.zips), deployed, names)
			if err != nil {
				return misuse(err)
			}
			for _, w := range pipeline.Warnings(pipeline.Lines(m.zips), deployed, names) {
				note("%s", w)
			}
			for i := range changes {
				if changes[i].Event, err = smokeEvent(m.project, changes[i].Function); err != nil {
					return err
				}
			}
			if s.function == "" && len(gone) > 0 {
				note("deployed, but no longer in the project: %s", strings.Join(gone, ", "))
			}
			return writeChanges(a.format, changes)
		},
	}
	c.Flags().StringVar(&since, "since", "", "what is deployed: a manifest.json, or - for standard input")
	c.Flags().StringSliceVar(&pairs, "names", nil, "name of a deployed function, `FUNCTION=NAME`; several are separated by commas, and a function may have several")
	c.Flags().StringArrayVar(&deploys, "deploy", nil, "take the names from this deploy `FILE`; may be repeated")
	c.Flags().StringVar(&stack, "stack", "", "take the names from `FILE`: what aws cloudformation describe-stack-resources or describe-stacks prints, or cdk deploy --outputs-file writes")
	c.Flags().StringVar(&stage, "stage", "", "value of ${stage} in the key deploy of bootzip.yaml")
	choice(c, &a.format, "format", "text, json, or matrix for GitHub Actions", "text", "json", "matrix")
	s.flags(c, "engine", "arch", "function")
	return c
}

// maxSmokeEvent bounds an event in a matrix, in bytes: it ends up in an environment variable.
const maxSmokeEvent = 64 << 10

// smokeEvent returns the function's event in bootzip.yaml on one line; empty without one.
func smokeEvent(p project.Project, function string) (string, error) {
	for _, f := range p.Functions {
		if f.Name != function || f.Event == "" {
			continue
		}
		payload, err := pipeline.Event(f, p.Root)
		if err != nil {
			return "", err
		}
		var line bytes.Buffer
		if err := json.Compact(&line, payload); err != nil {
			return "", err
		}
		if line.Len() > maxSmokeEvent {
			note("event %s of %q is larger than %d bytes, and is left out", f.Event, function, maxSmokeEvent)
			return "", nil
		}
		return line.String(), nil
	}
	return "", nil
}

// readNames reads the pairs of --names.
func readNames(pairs []string) (pipeline.Names, error) {
	names := pipeline.Names{}
	for _, p := range pairs {
		function, name, _ := strings.Cut(p, "=")
		if function == "" || name == "" {
			return nil, hint.New("as in --names=web=svc-prod-web,worker=svc-prod-worker", "invalid --names %q: not FUNCTION=NAME", p)
		}
		names[function] = append(names[function], name)
	}
	return names, nil
}

// readDeployFiles reads the files of --deploy. Its errors are misuse.
func readDeployFiles(names []string) (files []deploy.File, err error) {
	for _, name := range names {
		f, err := deploy.Read(name)
		if err != nil {
			return nil, misuse(err)
		}
		files = append(files, f)
	}
	return files, nil
}

func readStack(name string) (pipeline.Stack, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return pipeline.ReadStack(data, name)
}

func readDeployed(name string) (pipeline.Deployed, error) {
	var r io.Reader = os.Stdin
	switch name {
	case "":
		return pipeline.Deployed{}, hint.New("use --since=manifest.json, or --since=- after `aws lambda list-functions |`", "missing --since: nothing to compare with")
	case "-":
		name = "standard input"
	default:
		f, err := os.Open(name)
		if err != nil {
			return pipeline.Deployed{}, hint.Wrap(err, "for a first deploy: echo '{\"zips\":[]}' | bootzip changed --since=-")
		}
		defer f.Close()
		r = f
	}
	return pipeline.ReadDeployed(r, name)
}

func writeChanges(format string, changes []pipeline.Change) error {
	switch {
	case format == "json":
		return printJSON(changes)
	case format == "matrix":
		// One line, as $GITHUB_OUTPUT takes it (GitHub Docs, "Running
		// variations of jobs in a workflow", matrix.include).
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"include": changes})
	case len(changes) == 0:
		note("nothing to deploy")
		return nil
	}
	t := table{header: []string{"ZIP", "REASON", "CODESHA256"}}
	for _, c := range changes {
		file := distDir + "/" + c.File
		if c.Deployed != "" {
			file += " -> " + c.Deployed
		}
		t.add(file, c.Reason, c.CodeSha256)
	}
	return t.print("text", nil)
}
