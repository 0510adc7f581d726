// Package workflows has tests that enforce the rules for what runs on GitHub: the
// workflows and the action.
package workflows

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/project"
)

const root = "../.."

// workflow is a workflow, or an action (Inputs and Runs), as far as the tests and the rules
// need it.
type workflow struct {
	Permissions map[string]string
	Concurrency map[string]any
	Jobs        map[string]job
	Inputs      map[string]struct{ Default string }
	Runs        struct{ Steps []step }
}

type job struct {
	Permissions map[string]string
	Needs       oneOrMore
	Outputs     map[string]string
	Strategy    struct{ Matrix any } // a mapping, or an expression
	Env         map[string]string
	Steps       []step
}

type step struct {
	ID            string
	If, Uses, Run string
	With          map[string]any
	Env           map[string]string
	Directory     string `yaml:"working-directory"`
}

// oneOrMore is a list that may be written in YAML as a single element without brackets.
type oneOrMore []string

func (o *oneOrMore) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*o = oneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(o))
}

var (
	usesLine = regexp.MustCompile(`^\s*(?:- )?uses: (.*)$`)
	pinned   = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$`)
	// action.yml has a script of its own; ci.yml builds the program with which it tries
	// the action.
	actionLine = regexp.MustCompile(`^bash "\$GITHUB_ACTION_PATH/scripts/action" (install|check)$`)
	mageLine   = regexp.MustCompile(`^go tool mage ((?:-w \S+ )?)([a-z]+)(.*)$`)
	matrix     = regexp.MustCompile(`\$\{\{ matrix\.\w+ \}\}`)
	handed     = regexp.MustCompile(`^\$\{\{ needs\.([\w-]+)\.outputs\.([\w-]+) \}\}$`)
	uploaded   = regexp.MustCompile(`^\$\{\{ steps\.([\w-]+)\.outputs\.artifact-id \}\}$`)
	flag       = regexp.MustCompile(` -(\w+)`)
)

const buildProgram = "go build -o ${{ runner.temp }}/built/ ./cmd/bootzip"

// deployFile is for other repositories, which have no Mage targets. Each run is one command,
// whose output may be piped through another one. What a user enters comes through the
// environment.
const deployFile = "deploy.yml"

var deployCommand = regexp.MustCompile("^(aws|gh|chmod|tail|\"\\$RUNNER_TEMP/bootzip\") [^\n;&`]*$")

// problems returns what in a file violates the rules. targets are the parameters of the
// Mage targets, by name, both in lower case.
func problems(name, text string, targets map[string][]string) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, name+": "+fmt.Sprintf(format, args...)) }
	// Only the text has the comment with the version.
	for line := range strings.Lines(text) {
		if m := usesLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil && m[1] != "./" && !pinned.MatchString(m[1]) {
			say("%q is not pinned by a full commit with the version behind it", m[1])
		}
	}
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return append(all, name+": "+err.Error())
	}
	steps := w.Runs.Steps
	if action := len(steps) > 0; !action {
		if w.Permissions == nil || len(w.Permissions) != 0 {
			say("permissions on top is not {}")
		}
		if w.Concurrency["group"] == nil {
			say("no concurrency group")
		}
	}
	for id, j := range w.Jobs {
		if j.Permissions == nil {
			say("job %s does not say its permissions", id)
		}
		for what, access := range j.Permissions {
			if access == "write" && slices.ContainsFunc(j.Steps, func(s step) bool {
				return s.Run != "" && !(name == deployFile && (strings.HasPrefix(s.Run, "aws ") || strings.HasPrefix(s.Run, "tail ")))
			}) {
				say("job %s runs the repository's code and may write %s", id, what)
			}
		}
		for _, s := range j.Steps {
			if action, _, _ := strings.Cut(s.Uses, "@"); action == "actions/download-artifact" {
				if problem := takes(w.Jobs, j, s.With); problem != "" {
					say("job %s %s", id, problem)
				}
			}
		}
		steps = append(steps, j.Steps...)
	}
	for _, s := range steps {
		switch action, _, _ := strings.Cut(s.Uses, "@"); {
		case action == "actions/checkout" && s.With["persist-credentials"] != false:
			say("checkout leaves the token behind")
		case action == "actions/setup-go" && name != "ci.yml" && s.With["cache"] != false:
			say("setup-go takes a cache")
		case action == "actions/cache":
			say("a cache")
		}
		if s.Run != "" && name == deployFile {
			if !deployCommand.MatchString(s.Run) || strings.Contains(s.Run, "$(") || strings.Contains(s.Run, "${{") {
				say("%q is not one command of the AWS CLI, of gh or of bootzip", s.Run)
			}
		} else if s.Run != "" {
			all = append(all, runProblems(name, s.Run, targets)...)
		}
	}
	return all
}

// takes says what is wrong with how a job downloads an artifact. A job that ran the
// repository's code can replace the artifact with a name, but never the one with an id.
// Without an id, or with an expression that is empty, all artifacts are downloaded.
func takes(jobs map[string]job, j job, with map[string]any) string {
	m := handed.FindStringSubmatch(fmt.Sprint(with["artifact-ids"]))
	switch {
	case m == nil || with["name"] != nil || with["pattern"] != nil:
		return "takes an artifact by other than the id that another job hands on"
	case with["digest-mismatch"] != "error":
		return "takes an artifact whatever its digest is"
	case !slices.Contains(j.Needs, m[1]):
		return fmt.Sprintf("takes an artifact of job %s and does not need it", m[1])
	}
	from := uploaded.FindStringSubmatch(jobs[m[1]].Outputs[m[2]])
	if from == nil || !slices.ContainsFunc(jobs[m[1]].Steps, func(s step) bool {
		return s.ID == from[1] && strings.HasPrefix(s.Uses, "actions/upload-artifact@")
	}) {
		return fmt.Sprintf("takes %q, which is no id of an artifact that job %s uploads", m[2], m[1])
	}
	return ""
}

// runProblems checks one script: it must be one Mage target, with flags that it has.
func runProblems(name, run string, targets map[string][]string) []string {
	if run == buildProgram || name == "action.yml" && actionLine.MatchString(run) {
		return nil
	}
	m := mageLine.FindStringSubmatch(run)
	if m == nil || strings.Contains(run, "\n") {
		return []string{fmt.Sprintf("%s: %q is not one Mage target", name, run)}
	}
	var all []string
	rest := matrix.ReplaceAllString(m[3], "x")
	if strings.Contains(rest, "${{") || strings.Contains(rest, "$(") || strings.ContainsAny(rest, ";&|`<>") {
		all = append(all, fmt.Sprintf("%s: %q has more than a target in it", name, run))
	}
	parameters, ok := targets[m[2]]
	if !ok {
		return append(all, fmt.Sprintf("%s: there is no target %s", name, m[2]))
	}
	for _, f := range flag.FindAllStringSubmatch(rest, -1) {
		if !slices.Contains(parameters, strings.ToLower(f[1])) {
			all = append(all, fmt.Sprintf("%s: target %s has no flag %s", name, m[2], f[1]))
		}
	}
	return all
}

// readTargets returns the parameters of the targets.
func readTargets(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "targets", "*.go"))
	own, ownErr := filepath.Glob(filepath.Join(root, "internal", "dev", "*.go"))
	if err := errors.Join(err, ownErr); err != nil {
		t.Fatal(err)
	}
	files = append(files, own...)
	all := map[string][]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok || !function.Name.IsExported() || function.Recv != nil || strings.HasSuffix(file, "_test.go") {
				continue
			}
			parameters := []string{}
			for _, field := range function.Type.Params.List {
				for _, n := range field.Names {
					parameters = append(parameters, strings.ToLower(n.Name))
				}
			}
			all[strings.ToLower(function.Name.Name)] = parameters
		}
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRules(t *testing.T) {
	targets := readTargets(t)
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("workflows are %q (%v)", files, err)
	}
	versions := map[string]string{}
	for _, file := range append(files, filepath.Join(root, "action.yml")) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems(filepath.Base(file), string(data), targets) {
			t.Error(p)
		}
		// Each action has the same version everywhere.
		for line := range strings.Lines(string(data)) {
			m := usesLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
			if m == nil || m[1] == "./" {
				continue
			}
			action, version, _ := strings.Cut(m[1], "@")
			if before := versions[action]; before != "" && before != version {
				t.Errorf("%s is used as %s and as %s", action, before, version)
			}
			versions[action] = version
		}
	}
}

// Each rule finds its violations.
func TestRulesFind(t *testing.T) {
	const good = `permissions: {}
concurrency: {group: x}
jobs:
  build:
    permissions: {contents: read}
    outputs: {artifact: "${{ steps.upload.outputs.artifact-id }}", other: "${{ steps.other.outputs.artifact-id }}"}
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v1.2.3
        with: {persist-credentials: false}
      - uses: actions/setup-go@0123456789012345678901234567890123456789 # v1.2.3
        with: {cache: false}
      - uses: ./
      - run: go tool mage verify -engine=${{ matrix.engine }} -strict
      - uses: actions/upload-artifact@0123456789012345678901234567890123456789 # v1.2.3
        id: upload
  sign:
    needs: build
    permissions: {id-token: write}
    steps:
      - uses: actions/download-artifact@0123456789012345678901234567890123456789 # v1.2.3
        with: {artifact-ids: "${{ needs.build.outputs.artifact }}", digest-mismatch: error}
      - uses: actions/attest@0123456789012345678901234567890123456789 # v1.2.3
`
	targets := map[string][]string{"verify": {"ctx", "engine", "strict"}}
	if all := problems("release.yml", good, targets); len(all) > 0 {
		t.Errorf("a good one: %q", all)
	}
	for what, c := range map[string]struct{ old, new, want string }{
		"a tag":              {"attest@0123456789012345678901234567890123456789", "attest@v1", "not pinned"},
		"a short commit":     {"attest@0123456789012345678901234567890123456789", "attest@0123456", "not pinned"},
		"no version":         {" # v1.2.3\n        with: {cache", "\n        with: {cache", "not pinned"},
		"permissions on top": {"permissions: {}", "permissions: {contents: read}", "not {}"},
		"default ones":       {"permissions: {}\n", "", "not {}"},
		"all of them":        {"permissions: {}", "permissions: write-all", "cannot"},
		"a job without":      {"    permissions: {contents: read}\n", "", "job build does not say"},
		"a job that writes":  {"contents: read", "contents: write", "may write contents"},
		"no concurrency":     {"concurrency: {group: x}\n", "", "no concurrency"},
		"token":              {"{persist-credentials: false}", "{}", "leaves the token"},
		"cache":              {"{cache: false}", "{}", "takes a cache"},
		"shell":              {"run: go tool mage verify", "run: sudo go tool mage verify", "not one Mage target"},
		"two lines":          {"run: go tool mage verify -engine=${{ matrix.engine }} -strict", "run: |\n          go tool mage verify\n          rm -r /", "not one Mage target"},
		"two commands":       {"-strict", "-strict; rm -r /", "more than a target"},
		"a command in it":    {"-strict", "-strict=$(rm -r /)", "more than a target"},
		"injection":          {"matrix.engine", "github.head_ref", "more than a target"},
		"artifact by name":   {`artifact-ids: "${{ needs.build.outputs.artifact }}"`, "name: release", "by other than the id"},
		"all artifacts":      {`artifact-ids: "${{ needs.build.outputs.artifact }}", `, "", "by other than the id"},
		"one of a step":      {"needs.build.outputs.artifact }", "steps.x.outputs.artifact }", "by other than the id"},
		"name as well":       {"digest-mismatch: error}", "digest-mismatch: error, name: x}", "by other than the id"},
		"any digest":         {"digest-mismatch: error", "digest-mismatch: warn", "whatever its digest is"},
		"job not needed":     {"    needs: build\n", "", "does not need it"},
		"no such output":     {"needs.build.outputs.artifact", "needs.build.outputs.none", `takes "none", which is no id`},
		"no such upload":     {"needs.build.outputs.artifact", "needs.build.outputs.other", `takes "other", which is no id`},
		"digest as an id":    {"upload.outputs.artifact-id", "upload.outputs.artifact-digest", `takes "artifact", which is no id`},
		"no such target":     {"mage verify", "mage prove", "no target prove"},
		"no such flag":       {"-strict", "-strictly", "no flag strictly"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%s: nothing was replaced", what)
		}
		all := strings.Join(problems("release.yml", text, targets), "\n")
		if !strings.Contains(all, c.want) {
			t.Errorf("%s: it is not found: %q", what, all)
		}
	}
}

// The SBOM of each released file is attested.
func TestReleasedFiles(t *testing.T) {
	p, err := project.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range p.Functions {
		for _, arch := range f.Arch {
			want = append(want, fmt.Sprintf("%s-%s.zip %[1]s-%[2]s.cdx.json", f.Name, arch))
		}
	}
	for _, system := range []string{"darwin", "linux", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			suffix := map[string]string{"windows": ".exe"}[system]
			want = append(want, fmt.Sprintf("bootzip-%s-%s%s bootzip-%[1]s-%[2]s.cdx.json", system, arch, suffix))
		}
	}
	var w workflow
	if err := yaml.Unmarshal([]byte(read(t, ".github/workflows/release.yml")), &w); err != nil {
		t.Fatal(err)
	}
	var got []string
	matrix, _ := w.Jobs["attest-sbom"].Strategy.Matrix.(map[string]any)
	lines, _ := matrix["include"].([]any)
	for _, line := range lines {
		fields, _ := line.(map[string]any)
		got = append(got, fmt.Sprint(fields["file"], " ", fields["sbom"]))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("SBOMs are attested of\n%s\nand there are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
