//go:build linux

package endtoend

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

func TestLock(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		root := tree(t, map[string]string{"go.mod": goMod(), "app/main.go": says("app")})
		c := config(t, root, client, []project.Function{goFunction("app")})
		var told []string
		c.Progress = func(e build.Event) {
			if e.Stage == "lock" {
				told = append(told, e.Text)
			}
		}

		c.Locked = true
		if _, err := run(t.Context(), t, c); err == nil || !strings.Contains(hint.Of(err), "bootzip lock") {
			t.Errorf("without a lock: %v, hint %q", err, hint.Of(err))
		}
		file, err := build.WriteLock(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(root, "bootzip.lock"); file != want {
			t.Errorf("lock is %s, want %s", file, want)
		}
		mustBuild(t, c)
		if len(told) > 0 {
			t.Errorf("a build like the locked one: %q", told)
		}

		text := read(t, file)
		dash := regexp.MustCompile(`"dash:(\w+)=([^"]+)"`).FindStringSubmatch(text)
		if dash == nil {
			t.Fatalf("no package dash is in the lock:\n%.500s", text)
		}
		put(t, file, strings.Replace(text, dash[0], `"dash:`+dash[1]+`=0.0-1"`, 1))
		_, err = run(t.Context(), t, c)
		want := "package dash:" + dash[1] + ": locked 0.0-1, now " + dash[2]
		if err == nil || !strings.HasSuffix(err.Error(), "differs from bootzip.lock:\n  "+want) || hint.Of(err) == "" {
			t.Fatalf("error is %v (hint %q), want %q", err, hint.Of(err), want)
		}

		c.Locked = false
		mustBuild(t, c)
		if len(told) != 1 || !strings.Contains(told[0], want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// Without an image, only the toolchain is locked, and what a container engine wrote to the
// lock stays.
func TestLockWithoutImage(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod": goMod(), "app/main.go": says("app"),
		"bootzip.lock": `{"toolchain":"go1.2.3","images":{"linux/amd64":{"base":"x","baseId":"sha256:1","packages":["dash:amd64=1"]}}}`,
	})
	c := config(t, root, "host", []project.Function{goFunction("app")})
	c.Locked = true
	_, err := run(t.Context(), t, c)
	if err == nil || !strings.Contains(err.Error(), "toolchain: locked go1.2.3, now go1.") {
		t.Fatalf("error is %v", err)
	}
	if _, err := build.WriteLock(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	mustBuild(t, c)
	if text := read(t, filepath.Join(root, "bootzip.lock")); !strings.Contains(text, "dash:amd64=1") || strings.Contains(text, "go1.2.3") {
		t.Errorf("lock is %s", text)
	}
	if err := os.Remove(filepath.Join(root, "bootzip.lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), t, c); err == nil || hint.Of(err) == "" {
		t.Errorf("without a lock: %v", err)
	}
}
