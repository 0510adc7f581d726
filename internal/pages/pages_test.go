//go:build unix

package pages

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/bootzip/bootzip/internal/scaffold"
)

func TestBlocks(t *testing.T) {
	page := strings.ReplaceAll("# Page\n\n'''sh\necho a\necho b\n'''\n\n'''text\na…\n'''\n\n<!-- setup\nb\n-->\n<!-- not run: it needs AWS -->\n'''sh\naws\n'''\n\nWords.\n\n'''text\nof nothing\n'''\n\n'''yaml\na: b\n'''\n", "'''", "```")
	want := []Block{
		{Line: 4, Commands: "echo a\necho b", Prints: []string{"a…"}},
		{Line: 13, Commands: "b"},
		{Line: 17, Commands: "aws", NotRun: "it needs AWS"},
	}
	if got, err := Blocks(page); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v)", got, err)
	}
	for _, page := range []string{"```sh\nx\n", "<!-- setup\nx\n", "```\nx\n```\n", "```console\n$ x\n```\n", "Words:\n\n    x\n"} {
		if _, err := Blocks(page); err == nil {
			t.Errorf("it takes %q", page)
		}
	}
}

func TestMissing(t *testing.T) {
	b := Block{Prints: []string{"a … c", "", "  d"}}
	for output, want := range map[string]string{"x\na b  c\nd\n": "", "d\na b c\n": "  d", "": "a … c", "a c\nd": "a … c"} {
		if got := b.Missing(output); got != want {
			t.Errorf("%q: %q", output, got)
		}
	}
}

// limit is how long a block may take.
const limit = 5 * time.Minute

// TestForm checks on each page of the repository that all commands are in a form that
// TestPages would run.
func TestForm(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "ls-files", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := Blocks(string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		commands += len(blocks)
	}
	if commands < 50 {
		t.Errorf("%d blocks of commands in all pages", commands)
	}
}

// TestPages runs the commands on the pages that BOOTZIP_TEST_PAGES names, as comma-separated
// patterns relative to the repository. It uses bash, with bootzip in PATH. It starts in the
// page's directory; each block continues in the directory where the previous one ended, with
// the variables that it exported. The versions of bootzip and of the runtime that pages
// require come from this repository, as if they were published.
func TestPages(t *testing.T) {
	names := os.Getenv("BOOTZIP_TEST_PAGES")
	if names == "" {
		t.Skip("BOOTZIP_TEST_PAGES names no pages: .ci/run samples does")
	}
	publish(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for pattern := range strings.SplitSeq(names, ",") {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no such page (%v)", pattern, err)
		}
		for _, file := range files {
			name, _ := filepath.Rel(root, file)
			t.Run(filepath.ToSlash(name), func(t *testing.T) { ran += runPage(t, file) })
		}
	}
	if ran == 0 {
		t.Error("these pages have no commands that can run here")
	}
}

// runPage runs the blocks of a page, and returns how many it ran.
func runPage(t *testing.T, file string) (ran int) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := Blocks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	s := session{dir: filepath.Dir(file), exports: filepath.Join(t.TempDir(), "exports")}
	for _, b := range blocks {
		if b.NotRun != "" {
			t.Logf("line %d: not run: %s", b.Line, b.NotRun)
			continue
		}
		ran++
		if output, err := s.run(b.Commands); err != nil {
			t.Errorf("line %d: %v\n%s\n%s", b.Line, err, b.Commands, output)
		} else if missing := b.Missing(output); missing != "" {
			t.Errorf("line %d: it does not print %q:\n%s\n%s", b.Line, missing, b.Commands, output)
		}
	}
	return ran
}

// publish makes a module proxy in a directory, and puts it before those that are set. It has
// bootzip as committed, and this repository's runtime as the version that new projects
// require.
func publish(t *testing.T) {
	t.Helper()
	proxy := t.TempDir()
	for _, one := range []struct {
		path, dir string
		pack      func(w io.Writer, m module.Version, dir string) error
	}{
		{"github.com/bootzip/bootzip", "../..", func(w io.Writer, m module.Version, dir string) error {
			return zip.CreateFromVCS(w, m, dir, "HEAD", "")
		}},
		{"github.com/bootzip/bootzip/runtime", "../../runtime", zip.CreateFromDir},
	} {
		version := module.Version{Path: one.path, Version: scaffold.RuntimeVersion}
		dir := filepath.Join(proxy, filepath.FromSlash(version.Path), "@v")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, version.Version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		mod, failed := os.ReadFile(filepath.Join(one.dir, "go.mod"))
		err = errors.Join(failed, one.pack(f, version, one.dir), f.Close(),
			os.WriteFile(filepath.Join(dir, version.Version+".mod"), mod, 0o644),
			os.WriteFile(filepath.Join(dir, version.Version+".info"), []byte(`{"Version":"`+version.Version+`"}`), 0o644),
			os.WriteFile(filepath.Join(dir, "list"), []byte(version.Version+"\n"), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	// What was fetched before need not be fetched again.
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	fetched, others, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(fetched)+"/cache/download,"+others)
	t.Setenv("GONOSUMDB", "github.com/bootzip/bootzip,github.com/bootzip/bootzip/runtime")
	// None of this must stay in this machine's module cache.
	cache, err := os.MkdirTemp("", "pages")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMODCACHE", cache)
	t.Cleanup(func() {
		if out, err := exec.Command("go", "clean", "-modcache").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		_ = os.Remove(cache)
	})
}

// A session is what a shell keeps from one block of a page to the next.
type session struct {
	dir     string
	exports string // a file
}

// run runs commands to their end, and kills what they left running.
func (s *session) run(commands string) (output string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := os.CreateTemp("", "pages")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	place := out.Name() + ".directory"
	defer os.Remove(place)
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c",
		"[ ! -e '"+s.exports+"' ] || . '"+s.exports+"'\ntrap 'pwd >\""+place+"\"; export -p >\""+s.exports+"\"' EXIT\n"+commands)
	bash.Dir, bash.Stdout, bash.Stderr = s.dir, out, out
	bash.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	bash.Cancel = func() error { return syscall.Kill(-bash.Process.Pid, syscall.SIGKILL) }
	err = bash.Run()
	group := -bash.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	for end := time.Now().Add(20 * time.Second); syscall.Kill(group, 0) == nil && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	text, failed := os.ReadFile(out.Name())
	if err == nil {
		err = failed
	}
	if last, failed := os.ReadFile(place); failed == nil {
		s.dir = strings.TrimSuffix(string(last), "\n")
	}
	return string(text), err
}
