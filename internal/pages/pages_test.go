//go:build unix

package pages

import (
	"context"
	"errors"
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
	page := strings.ReplaceAll("# Page\n\n'''sh\necho a\necho b\n'''\n\n'''text\na…\n'''\n\n<!-- not run: it needs AWS -->\n'''sh\naws\n'''\n\nWords.\n\n'''text\nof nothing\n'''\n\n'''yaml\na: b\n'''\n", "'''", "```")
	want := []Block{
		{Line: 4, Commands: "echo a\necho b", Prints: []string{"a…"}},
		{Line: 14, Commands: "aws", NotRun: "it needs AWS"},
	}
	if got, err := Blocks(page); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v)", got, err)
	}
	if _, err := Blocks("```sh\nx\n"); err == nil {
		t.Error("a block without an end is taken")
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

// TestPages runs the pages that BOOTZIP_TEST_PAGES names, with commas between them,
// relative to the repository, with bash, and bootzip in PATH: from the page's directory, or
// an empty one if the page says so, and each block from where the one before has ended. The
// version of the runtime that new projects require comes from here, as if it were published.
func TestPages(t *testing.T) {
	names := os.Getenv("BOOTZIP_TEST_PAGES")
	if names == "" {
		t.Skip("BOOTZIP_TEST_PAGES names no pages: .ci/run samples does")
	}
	publish(t)
	for name := range strings.SplitSeq(names, ",") {
		file := filepath.Join("..", "..", filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := Blocks(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ran, dir := 0, filepath.Dir(file)
		if strings.Contains(string(text), emptyDirectory) {
			dir = t.TempDir()
		}
		for _, b := range blocks {
			if b.NotRun != "" {
				t.Logf("%s:%d: not run: %s", name, b.Line, b.NotRun)
				continue
			}
			ran++
			output, now, err := run(dir, b.Commands)
			if dir = now; err != nil {
				t.Errorf("%s:%d: %v\n%s\n%s", name, b.Line, err, b.Commands, output)
			} else if missing := b.Missing(output); missing != "" {
				t.Errorf("%s:%d: it does not print %q:\n%s\n%s", name, b.Line, missing, b.Commands, output)
			}
		}
		if ran == 0 {
			t.Errorf("%s: it has no block of commands", name)
		}
	}
}

// emptyDirectory is the line with which a page asks for one.
const emptyDirectory = "<!-- run in an empty directory -->"

// publish makes a module proxy in a directory of its own, with the runtime as it is here in
// the version that new projects require, before those that are set.
func publish(t *testing.T) {
	t.Helper()
	version := module.Version{Path: "github.com/bootzip/bootzip/runtime", Version: scaffold.RuntimeVersion}
	dir := filepath.Join(t.TempDir(), filepath.FromSlash(version.Path), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, version.Version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	mod, failed := os.ReadFile("../../runtime/go.mod")
	err = errors.Join(failed, zip.CreateFromDir(f, version, "../../runtime"), f.Close(),
		os.WriteFile(filepath.Join(dir, version.Version+".mod"), mod, 0o644),
		os.WriteFile(filepath.Join(dir, version.Version+".info"), []byte(`{"Version":"`+version.Version+`"}`), 0o644),
		os.WriteFile(filepath.Join(dir, "list"), []byte(version.Version+"\n"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	others, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSuffix(filepath.ToSlash(dir), "/"+version.Path+"/@v")
	t.Setenv("GOPROXY", "file://"+root+","+strings.TrimSpace(string(others)))
	t.Setenv("GONOSUMDB", "github.com/bootzip/bootzip/runtime")
	// Nothing of it stays in the cache of this machine.
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

// run runs commands to their end, and ends what they left running. now is the directory in
// which they end.
func run(dir, commands string) (output, now string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := os.CreateTemp("", "pages")
	if err != nil {
		return "", dir, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	place := out.Name() + ".directory"
	defer os.Remove(place)
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", "trap 'pwd >\""+place+"\"' EXIT\n"+commands)
	bash.Dir, bash.Stdout, bash.Stderr = dir, out, out
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
		dir = strings.TrimSuffix(string(last), "\n")
	}
	return string(text), dir, err
}
