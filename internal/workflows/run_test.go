package workflows

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// testTag is the release that the workflows find.
const testTag = "v0.0.0"

// TestWorkflows runs the jobs of the workflows that run the repository's code, each
// command as written, in clones of this repository at a tag. It imitates GitHub's own
// actions: a checkout is a clone, and an artifact is a directory. It takes a container
// engine and many minutes, and runs only if BOOTZIP_TEST_WORKFLOWS names jobs, as in
// "release/build,release/reproduce".
func TestWorkflows(t *testing.T) {
	jobs := os.Getenv("BOOTZIP_TEST_WORKFLOWS")
	if jobs == "" {
		t.Skip("BOOTZIP_TEST_WORKFLOWS is not set")
	}
	base := t.TempDir()
	origin, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	r := runner{origin: filepath.Join(base, "origin"), artifacts: filepath.Join(base, "artifacts")}
	r.command(t, base, nil, "git", "clone", "-q", origin, r.origin)
	r.command(t, r.origin, nil, "git", "tag", testTag)
	for _, name := range strings.Split(jobs, ",") {
		t.Run(name, func(t *testing.T) {
			file, id, _ := strings.Cut(name, "/")
			r.jobs = readJobs(t, file)
			j, ok := r.jobs[id]
			if !ok {
				t.Fatalf("there is no job %s", name)
			}
			for i, values := range j.combinations() {
				r.workspace = filepath.Join(base, "work", file, id, fmt.Sprint(i))
				if err := os.MkdirAll(r.workspace, 0o755); err != nil {
					t.Fatal(err)
				}
				r.job(t, j, values)
			}
		})
	}
}

func readJobs(t *testing.T, name string) map[string]job {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(read(t, ".github/workflows/"+name+".yml")), &w); err != nil {
		t.Fatal(err)
	}
	return w.Jobs
}

// combinations returns the combinations of a matrix's values, except those of machines and
// of Go versions, of which there is only one here.
func (j job) combinations() []map[string]string {
	all := []map[string]string{{}}
	matrix, _ := j.Strategy.Matrix.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(matrix)) {
		values, _ := matrix[key].([]any)
		if key == "os" || key == "go" {
			continue
		}
		var more []map[string]string
		for _, before := range all {
			for _, v := range values {
				with := maps.Clone(before)
				with[key] = fmt.Sprint(v)
				more = append(more, with)
			}
		}
		all = more
	}
	return all
}

// A runner is what a job runs on. Each job has its own workspace.
type runner struct {
	jobs                         map[string]job // of the workflow
	origin, artifacts, workspace string
}

// artifact returns the name of the artifact whose id an expression, such as
// needs.JOB.outputs.NAME, passes on.
func (r runner) artifact(t *testing.T, expression string) string {
	t.Helper()
	var from []string
	m := handed.FindStringSubmatch(expression)
	if m != nil {
		from = uploaded.FindStringSubmatch(r.jobs[m[1]].Outputs[m[2]])
	}
	if from != nil {
		for _, s := range r.jobs[m[1]].Steps {
			if name, ok := s.With["name"].(string); ok && s.ID == from[1] {
				return name
			}
		}
	}
	t.Fatalf("%q hands on no artifact", expression)
	return ""
}

func (r runner) job(t *testing.T, j job, matrix map[string]string) {
	t.Helper()
	env := []string{"GITHUB_WORKSPACE=" + r.workspace, "GITHUB_ACTION_PATH=" + r.workspace, "GITHUB_REF_NAME=" + testTag}
	for name, value := range j.Env {
		env = append(env, name+"="+value)
	}
	for _, s := range j.Steps {
		action, _, _ := strings.Cut(s.Uses, "@")
		text := func(key string) string { v, _ := s.With[key].(string); return v }
		switch action {
		case "":
			run := s.Run
			for key, value := range matrix {
				run = strings.ReplaceAll(run, "${{ matrix."+key+" }}", value)
			}
			r.shell(t, filepath.Join(r.workspace, s.Directory), env, runnerExpressions(run, r.workspace))
		case "actions/checkout":
			r.command(t, r.workspace, env, "git", "clone", "-q", r.origin, filepath.Join(r.workspace, text("path")))
		case "actions/setup-go":
		case "actions/upload-artifact":
			for pattern := range strings.Lines(text("path")) {
				files, err := filepath.Glob(filepath.Join(r.workspace, strings.TrimSpace(pattern)))
				if err != nil || len(files) == 0 {
					t.Fatalf("no file is at %q (%v)", pattern, err)
				}
				for _, f := range files {
					copyFile(t, f, filepath.Join(r.artifacts, text("name"), filepath.Base(f)))
				}
			}
		case "actions/download-artifact":
			err := os.CopyFS(filepath.Join(r.workspace, text("path")), os.DirFS(filepath.Join(r.artifacts, r.artifact(t, text("artifact-ids")))))
			if err != nil {
				t.Fatal(err)
			}
		case "./":
			for name, value := range s.With {
				s.With[name] = runnerExpressions(fmt.Sprint(value), r.workspace)
			}
			status, out := readAction(t).run(t, r.workspace, env, s.With)
			if t.Log(out); status != 0 {
				t.Fatalf("the action ended with status %d", status)
			}
		default:
			t.Fatalf("what %s does is not known here", action)
		}
	}
}

// runnerExpressions fills in what is known about the runner.
func runnerExpressions(text, workspace string) string {
	return fill(text, map[string]string{"runner.temp": filepath.Join(workspace, ".temp"), "runner.os": "Linux"}, false)
}

// shell runs a script as GitHub does, and reports how long it took.
func (r runner) shell(t *testing.T, dir string, env []string, script string) {
	t.Helper()
	began := time.Now()
	out, err := r.output(t, dir, env, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	t.Logf("%s\n%s(%d s)", script, out, int(time.Since(began).Seconds()))
	// Without a network, the job would stop here on GitHub.
	if err != nil && strings.HasPrefix(script, "go tool mage vuln") && strings.HasPrefix(out, "not run: ") {
		t.Log("the step failed as it must: the database cannot be reached here")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (r runner) command(t *testing.T, dir string, env []string, argv ...string) {
	t.Helper()
	if out, err := r.output(t, dir, env, argv...); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
}

func (r runner) output(t *testing.T, dir string, env []string, argv ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readAction(t *testing.T) workflow {
	t.Helper()
	var a workflow
	if err := yaml.Unmarshal([]byte(read(t, "action.yml")), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// run runs the action's steps in a directory, with the given inputs and the defaults of the
// others. It returns the exit status of the last step that ran.
func (a workflow) run(t *testing.T, dir string, env []string, with map[string]any) (status int, output string) {
	t.Helper()
	values := map[string]string{"github.action_ref": "v1.2.3", "github.token": "token"}
	for name, input := range a.Inputs {
		values["inputs."+name] = input.Default
	}
	for name, value := range with {
		if _, ok := values["inputs."+name]; !ok && name != "ref" {
			t.Fatalf("there is no input %q", name)
		}
		values["inputs."+name] = fmt.Sprint(value)
	}
	if ref, ok := with["ref"]; ok { // the version with which the action is used, which is not an input
		values["github.action_ref"] = fmt.Sprint(ref)
	}
	temp := t.TempDir()
	paths := filepath.Join(temp, "paths")
	env = append(slices.Concat(os.Environ(), env), "RUNNER_TEMP="+temp, "GITHUB_PATH="+paths)
	path := os.Getenv("PATH")
	for _, e := range env {
		if p, ok := strings.CutPrefix(e, "PATH="); ok {
			path = p
		}
	}
	for _, s := range a.Runs.Steps {
		if s.If != "" && !truthy(evaluate(s.If, values, false)) {
			continue
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir, cmd.Env = dir, env
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+fill(value, values, false))
		}
		if added, err := os.ReadFile(paths); err == nil {
			cmd.Env = append(cmd.Env, "PATH="+strings.TrimSpace(string(added))+":"+path)
		}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		output += string(out)
		if status = cmd.ProcessState.ExitCode(); status != 0 {
			return status, output
		}
	}
	return status, output
}

// buildBootzip builds the program of this tree.
func buildBootzip(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootzip")
	build := exec.Command("go", "build", "-o", program, "./cmd/bootzip")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// The action downloads the release that it is used with, and nothing else.
func TestActionInstall(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a bash in the PATH there may be another system's; ci.yml uses the action itself on Windows")
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	const commit = "0123456789012345678901234567890123456789"
	for what, c := range map[string]struct {
		with   map[string]any
		env    []string
		status int
		want   string
	}{
		"tag":             {map[string]any{}, nil, 0, "release download v1.2.3 --repo bootzip/bootzip --pattern bootzip-linux-amd64 --pattern SHA256SUMS"},
		"attested":        {map[string]any{}, nil, 0, "attestation verify bootzip-linux-amd64 --repo bootzip/bootzip --signer-workflow bootzip/bootzip/.github/workflows/release.yml --deny-self-hosted-runners --source-ref refs/tags/v1.2.3\n"},
		"commit":          {map[string]any{"ref": commit, "version": "v2.0.0-rc.1"}, nil, 0, "--source-ref refs/tags/v2.0.0-rc.1 --source-digest " + commit + "\n"},
		"macOS":           {map[string]any{}, []string{"RUNNER_OS=macOS", "RUNNER_ARCH=ARM64"}, 0, "--pattern bootzip-darwin-arm64 "},
		"Windows":         {map[string]any{}, []string{"RUNNER_OS=Windows"}, 0, "--pattern bootzip-windows-amd64.exe "},
		"commit alone":    {map[string]any{"ref": commit}, nil, 2, "set the input version, such as v1.2.3"},
		"branch":          {map[string]any{"ref": "main"}, nil, 2, "set the input version"},
		"no version":      {map[string]any{"version": "v1; touch injected"}, nil, 2, `::error title=bootzip::the input version is "v1; touch injected", not a release`},
		"two lines":       {map[string]any{"version": "v1\n::notice::x"}, nil, 2, `the input version is "v1%0A::notice::x"`},
		"no program":      {map[string]any{"program": "/nosuch"}, nil, 2, `::error title=bootzip::the input program is not a file: "/nosuch"`},
		"other system":    {map[string]any{}, []string{"RUNNER_OS=Plan9"}, 2, "there is no bootzip for Plan9"},
		"other processor": {map[string]any{}, []string{"RUNNER_ARCH=ARM"}, 2, "there is no bootzip for ARM"},
		"wrong sum":       {map[string]any{}, []string{"FAKE_SUM=" + strings.Repeat("0", 64)}, 1, "FAILED"},
		"no sum":          {map[string]any{}, []string{"FAKE_NAME=other"}, 2, "SHA256SUMS of v1.2.3 does not have bootzip-linux-amd64"},
		"no release":      {map[string]any{}, []string{"FAKE_FAIL=release"}, 1, "release download"},
		"not attested":    {map[string]any{}, []string{"FAKE_FAIL=attestation"}, 1, "attestation verify"},
		"another program": {map[string]any{"program": "gh"}, nil, 0, ""},
	} {
		t.Run(what, func(t *testing.T) {
			bin := t.TempDir()
			// A gh in place of GitHub's: it records its arguments, and downloads a program.
			script := `#!/bin/sh
echo "$@"
[ "$FAKE_FAIL" != "$1" ] || exit 1
[ "$1" = release ] || exit 0
while [ "$1" != --dir ]; do [ "$1" = --pattern ] && [ "$2" != SHA256SUMS ] && file=$2; shift; done
echo program >"$2/$file"
echo "${FAKE_SUM:-$(sha256sum <"$2/$file" | cut -c1-64)}  ${FAKE_NAME:-$file}" >"$2/SHA256SUMS"
`
			if err := os.WriteFile(filepath.Join(bin, "gh"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			env := append([]string{"GITHUB_ACTION_PATH=" + here, "GITHUB_WORKSPACE=" + bin, "RUNNER_OS=Linux", "RUNNER_ARCH=X64", "PATH=" + bin + ":" + os.Getenv("PATH")}, c.env...)
			status, out := readAction(t).run(t, bin, env, c.with)
			if status != c.status || !strings.Contains(out, c.want) {
				t.Errorf("status %d, want %d and %q:\n%s", status, c.status, c.want, out)
			}
			if strings.Contains(out, "attestation verify") && status == 0 && !strings.Contains(out, ": OK") {
				t.Errorf("the sum was not checked:\n%s", out)
			}
		})
	}
}

// TestAction runs the action with good and bad zips, and with inputs that look like
// commands. It needs no engine.
func TestAction(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a bash in the PATH there may be another system's; ci.yml uses the action itself on Windows")
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "bad.zip"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := buildBootzip(t)
	for what, c := range map[string]struct {
		with   map[string]any
		status int
		want   string
	}{
		"bad zip":         {map[string]any{"zips": "bad.zip"}, 1, "::error file=bad.zip,title=zip-not-a-zip::"},
		"folder":          {map[string]any{"zips": "."}, 1, "::error file=bad.zip,"},
		"text alone":      {map[string]any{"zips": "*.zip", "format": "text", "strict": true}, 1, "FAIL  zip-not-a-zip"},
		"no zip":          {map[string]any{"zips": "dist/*.zip"}, 2, "dist/*.zip"},
		"quote":           {map[string]any{"zips": `"; touch injected; "`}, 2, "touch injected"},
		"command":         {map[string]any{"zips": "$(touch injected)", "arch": "`touch injected`"}, 2, "touch injected"},
		"bad input":       {map[string]any{"zips": "bad.zip", "runtime": "nodejs"}, 2, `unknown runtime "nodejs"`},
		"empty inputs":    {map[string]any{"zips": "bad.zip", "strict": "", "boot": "", "arch": "", "runtime": "", "kind": "", "handlers": "", "format": "", "dynamic": "", "with-layer": "", "timeout": "", "memory": ""}, 1, "FAIL  zip-not-a-zip"},
		"event":           {map[string]any{"zips": "bad.zip", "boot": true, "event": "none.json"}, 2, "none.json"},
		"environment":     {map[string]any{"zips": "bad.zip", "boot": true, "env-file": "none.env"}, 2, "none.env"},
		"variable":        {map[string]any{"zips": "bad.zip", "boot": true, "env": "$(touch injected)"}, 2, "touch injected"},
		"time-out":        {map[string]any{"zips": "bad.zip", "boot": true, "timeout": -1}, 2, "--timeout is -1: Lambda offers 1 to 900 seconds"},
		"boot settings":   {map[string]any{"zips": "bad.zip", "boot": true, "env": "TABLE=x\nLIST=a,b\n", "timeout": 3, "memory": 256, "event": "s3", "with-layer": true, "dynamic": true}, 1, "FAIL  zip-not-a-zip"},
		"several, a line": {map[string]any{"zips": "bad.zip\n./bad.zip\n"}, 1, "2 of 2 zips failed"},
	} {
		c.with["program"] = program
		env := []string{"GITHUB_ACTION_PATH=" + here, "GITHUB_WORKSPACE=" + work}
		if status, out := readAction(t).run(t, work, env, c.with); status != c.status || !strings.Contains(out, c.want) {
			t.Errorf("%s: status %d, want %d and %q:\n%s", what, status, c.status, c.want, out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(work, "*")); err != nil || len(left) != 1 {
		t.Errorf("there are %q (%v)", left, err)
	}
}

// A download finds the artifact with the id that it gets.
func TestHandedOn(t *testing.T) {
	r := runner{jobs: readJobs(t, "release")}
	downloads := 0
	for _, j := range r.jobs {
		for _, s := range j.Steps {
			if expression, ok := s.With["artifact-ids"].(string); ok {
				downloads++
				if name := r.artifact(t, expression); name != "release" {
					t.Errorf("%q is artifact %q", expression, name)
				}
			}
		}
	}
	if downloads == 0 {
		t.Error("nothing is downloaded")
	}
}
