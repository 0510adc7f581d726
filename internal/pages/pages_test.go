//go:build unix

package pages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
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
// relative to the repository: each block in the page's directory, with bash, and bootzip in
// PATH.
func TestPages(t *testing.T) {
	names := os.Getenv("BOOTZIP_TEST_PAGES")
	if names == "" {
		t.Skip("BOOTZIP_TEST_PAGES names no pages: .ci/run samples does")
	}
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
		ran := 0
		for _, b := range blocks {
			if b.NotRun != "" {
				t.Logf("%s:%d: not run: %s", name, b.Line, b.NotRun)
				continue
			}
			ran++
			output, err := run(filepath.Dir(file), b.Commands)
			if err != nil {
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

// run runs commands to their end, and ends what they left running.
func run(dir, commands string) (output string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	out, err := os.CreateTemp("", "pages")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
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
	return string(text), err
}
