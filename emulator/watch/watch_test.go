package watch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func write(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(time.Now().String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTree(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a", "b", "old"))
	write(t, filepath.Join(root, "dist", "old"))
	ctx, cancel := context.WithCancel(context.Background())
	ready, changed, ended := make(chan struct{}), make(chan struct{}, 99), make(chan error)
	go func() {
		ended <- Tree(ctx, root, []string{"dist"}, func() { close(ready) }, func() { changed <- struct{}{} })
	}()
	<-ready
	// None of these is reported: the change that follows is the first.
	write(t, filepath.Join(root, "dist", "new"))
	write(t, filepath.Join(root, ".git", "new"))
	write(t, filepath.Join(root, ".swap"))
	time.Sleep(3 * quiet)
	if len(changed) > 0 {
		t.Error("a change in a folder that is skipped was told")
	}
	for _, name := range []string{"a/b/old", "a/b/new", "c/d/e/new", "c/d/e/new"} {
		write(t, filepath.Join(root, name))
		<-changed
	}
	if err := os.RemoveAll(filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	<-changed
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What the watcher's own program prints into the tree does not count as a change, under
// whatever name the file appears; changes of sources next to it do.
func TestTreeIgnoresItsOwnOutput(t *testing.T) {
	root := t.TempDir()
	output, err := os.Create(filepath.Join(root, "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ready, changed, ended := make(chan struct{}), make(chan struct{}, 99), make(chan error)
	go func() {
		ended <- Tree(ctx, root, nil, func() { close(ready) }, func() {
			_, _ = output.WriteString("building\n")
			changed <- struct{}{}
		}, output)
	}()
	<-ready
	_, _ = output.WriteString("started\n")
	write(t, filepath.Join(root, "serve.log")) // of another program, such as tee
	if err := os.Link(output.Name(), filepath.Join(root, "other.txt")); err != nil {
		t.Log(err)
	}
	time.Sleep(3 * quiet)
	if len(changed) > 0 {
		t.Error("its own output is a change")
	}
	write(t, filepath.Join(root, "main.go"))
	<-changed
	time.Sleep(4 * quiet)
	if len(changed) > 0 {
		t.Errorf("%d more changes after one", len(changed))
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTreeNeedsItsRoot(t *testing.T) {
	if err := Tree(context.Background(), filepath.Join(t.TempDir(), "no"), nil, func() {}, func() {}); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
