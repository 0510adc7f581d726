package workflows

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// run runs the steps of a job as GitHub does, with the contexts in values and the runner's
// environment in env. It returns what failed, and the outputs by name.
func (j job) run(t *testing.T, dir string, values map[string]string, env []string) (failed string, outputs map[string]string) {
	t.Helper()
	values = maps.Clone(values)
	output := filepath.Join(dir, "output")
	for i, s := range j.Steps {
		if s.Uses != "" {
			continue
		}
		condition := s.If
		if !strings.Contains(condition, "failure()") && failed != "" || condition != "" && !truthy(evaluate(condition, values, failed != "")) {
			continue
		}
		if err := os.WriteFile(output, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir, cmd.Env = dir, slices.Concat(os.Environ(), env, []string{"GITHUB_OUTPUT=" + output})
		for _, from := range []map[string]string{j.Env, s.Env} {
			for name, value := range from {
				cmd.Env = append(cmd.Env, name+"="+fill(value, values, failed != ""))
			}
		}
		out, err := cmd.CombinedOutput()
		t.Logf("%s\n%s(%v)", s.Run, out, err)
		outcome := "success"
		if err != nil {
			outcome = "failure"
			if failed == "" {
				failed = fmt.Sprintf("%d: %s: %s", i, s.Run, out)
			}
		}
		data, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		if s.ID != "" {
			values["steps."+s.ID+".outcome"] = outcome
			for line := range strings.Lines(string(data)) {
				name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
				values["steps."+s.ID+".outputs."+name] = value
			}
		}
	}
	return failed, values
}

// awsCLI returns an environment in which aws, the AWS CLI version 2, talks to an address.
func awsCLI(t *testing.T, address string) []string {
	t.Helper()
	program := os.Getenv("BOOTZIP_TEST_AWS_CLI")
	if program == "" {
		t.Skip("BOOTZIP_TEST_AWS_CLI, which names the AWS CLI, version 2, is not set")
	}
	if out, err := exec.Command(program, "--version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "aws-cli/2.") {
		t.Fatalf("%s --version: %v, %s", program, err, out)
	}
	bin := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec %s --endpoint-url=%s \"$@\"\n", program, address)
	if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=",
	}
}

// zipOf returns a zip with one file: the AWS CLI accepts nothing else.
func zipOf(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The job deploy moves the alias to a version that answers, and otherwise leaves everything
// unchanged.
func TestDeployJob(t *testing.T) {
	t.Parallel()
	job := readJobs(t, "deploy")["deploy"]
	before, after := zipOf(t, "before"), zipOf(t, "after")
	name := map[string]string{string(before): "before", string(after): "after"}
	for what, c := range map[string]struct {
		alias  string
		size   int
		broken func(qualifier string) bool
		sha    string // "": of the zip
		want   string // the alias at the end
		code   string
		fails  string
	}{
		"first":             {want: "2", code: "after"},
		"next":              {alias: "live", want: "2", code: "after"},
		"large":             {alias: "live", size: 60 << 20, want: "2", code: "after"},
		"bad version":       {alias: "live", broken: func(q string) bool { return q == "2" }, want: "1", code: "before", fails: "lambda invoke"},
		"bad first version": {broken: func(q string) bool { return q == "2" }, want: "", code: "before", fails: "lambda invoke"},
		"bad large version": {alias: "live", size: 60 << 20, broken: func(q string) bool { return q == "2" }, want: "1", code: "before", fails: "lambda invoke"},
		"bad behind alias":  {alias: "live", broken: func(q string) bool { return q == "live" }, want: "1", code: "before", fails: "lambda invoke"},
		"other bytes":       {alias: "live", sha: digestOf([]byte("other")), want: "1", code: "before", fails: "is different from current CodeSHA256"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := newFakeLambda(t, before, c.alias)
			if c.broken != nil {
				l.broken = c.broken
			}
			env := awsCLI(t, l.URL)
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "dist"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "dist", "web-arm64.zip"), after, 0o644); err != nil {
				t.Fatal(err)
			}
			if c.size == 0 {
				c.size = len(after)
			}
			if c.sha == "" {
				c.sha = digestOf(after)
			}
			failed, _ := job.run(t, dir, map[string]string{
				"inputs.alias": "live", "inputs.bucket": "uploads", "matrix.function": "web", "matrix.deployed": "svc", "matrix.file": "web-arm64.zip", "matrix.arch": "arm64",
				"matrix.contentDigest": "0123", "matrix.codeSha256": c.sha, "matrix.size": fmt.Sprint(c.size), "matrix.reason": "content", "matrix.event": `{"text": "it's \"$HOME\""}`,
			}, env)
			if (failed == "") != (c.fails == "") || !strings.Contains(failed, c.fails) {
				t.Errorf("failed is %q, want %q", failed, c.fails)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.alias["live"] != c.want || name[string(l.code)] != c.code {
				t.Errorf("the alias is at %q with code %q, want %q and %q; calls:\n%s", l.alias["live"], name[string(l.code)], c.want, c.code, strings.Join(l.calls, "\n"))
			}
			if arch := map[string]string{"before": "x86_64", "after": "arm64"}[c.code]; l.arch != arch {
				t.Errorf("the architecture is %s, want %s", l.arch, arch)
			}
			if _, stored := l.objects["/uploads/bootzip/0123.zip"]; stored != (c.size > 50<<20) {
				t.Errorf("objects are %v", slices.Sorted(maps.Keys(l.objects)))
			}
			for _, e := range l.events {
				if !json.Valid([]byte(e)) || !strings.Contains(e, "$HOME") {
					t.Errorf("the event is %s", e)
				}
			}
		})
	}
}

// The jobs deployed and build report what needs a deploy: first everything, then nothing.
func TestBuildJob(t *testing.T) {
	t.Parallel()
	l := newFakeLambda(t, []byte("before"), "")
	env := awsCLI(t, l.URL)
	dir := t.TempDir()
	temp, project := filepath.Join(dir, "temp"), filepath.Join(dir, "app")
	program := filepath.Join(temp, "bootzip")
	released := buildBootzip(t)
	for name, text := range map[string]string{
		"app/go.mod":          "module example.com/app\n\ngo 1.24\n",
		"app/main.go":         "package main\n\nimport \"os\"\n\nfunc main() { println(os.Getenv(\"AWS_LAMBDA_RUNTIME_API\")) }\n",
		"app/bootzip.yaml":    "functions:\n  web: {source: ., arch: [arm64], deploy: svc, event: event.json, checks: [{id: boot-answers, severity: waive, reason: it is none}]}\n",
		"app/event.json":      "{\n  \"a\": 1\n}\n",
		"temp/deployed/.keep": "",
		"temp/gh":             "#!/bin/sh\necho \"$@\" >>" + filepath.Join(temp, "gh.log") + "\ncase \"$1\" in release) cp " + released + " " + program + " ;; esac\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Reproduce needs a commit.
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"}} {
		if out, err := exec.Command("git", append([]string{"-C", project}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git: %v\n%s", err, out)
		}
	}
	env = append(env, "RUNNER_TEMP="+temp, "PATH="+temp+":"+strings.TrimPrefix(env[0], "PATH="), "GOFLAGS=", "GOWORK=off")
	values := map[string]string{"inputs.directory": "app", "inputs.engine": "host", "inputs.version": "v1.2.3", "inputs.reproduce": "true", "inputs.arch": "arm64", "inputs.strict": "false", "github.token": "token"}

	matrix := func() string {
		if failed, _ := readJobs(t, "deploy")["deployed"].run(t, dir, values, env); failed != "" {
			t.Fatal(failed)
		}
		list, err := os.ReadFile(filepath.Join(dir, "deployed.json"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(list, []byte("SECRET")) || !bytes.Contains(list, []byte("CodeSha256")) {
			t.Errorf("the list of what is deployed is %s", list)
		}
		if err := os.WriteFile(filepath.Join(temp, "deployed", "deployed.json"), list, 0o644); err != nil {
			t.Fatal(err)
		}
		failed, outputs := readJobs(t, "deploy")["build"].run(t, dir, values, env)
		if failed != "" {
			t.Fatal(failed)
		}
		return outputs["steps.changed.outputs.matrix"]
	}
	first := matrix()
	var m struct{ Include []map[string]any }
	if err := json.Unmarshal([]byte(first), &m); err != nil || len(m.Include) != 1 {
		t.Fatalf("the matrix is %q (%v)", first, err)
	}
	if c := m.Include[0]; c["deployed"] != "svc" || c["file"] != "web-arm64.zip" || c["event"] != `{"a":1}` || c["size"].(float64) < 1000 || len(fmt.Sprint(c["contentDigest"])) != 64 {
		t.Errorf("the matrix is %q", first)
	}
	packed, err := os.ReadFile(filepath.Join(project, "dist", "web-arm64.zip"))
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.code, l.arch = packed, "arm64"
	l.mu.Unlock()
	if again := matrix(); again != `{"include":[]}` {
		t.Errorf("after the deploy the matrix is %q", again)
	}
	log, err := os.ReadFile(filepath.Join(temp, "gh.log"))
	if err != nil || !strings.Contains(string(log), "attestation verify "+program+" --repo bootzip/bootzip --signer-workflow bootzip/bootzip/.github/workflows/release.yml --source-ref refs/tags/v1.2.3") {
		t.Errorf("gh was called with %s (%v)", log, err)
	}
}
