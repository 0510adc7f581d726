package git

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// plumb runs git with standard input, and returns what it prints.
func (r repository) plumb(stdin string, argv ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", argv...)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %q: %v", argv, err)
	}
	return strings.TrimSpace(string(out))
}

// bomb commits a tree of ten trees of ten trees and so on, all the same, ten
// levels deep, with leaf ("" for nothing) in the last: 10^10 files or
// directories in a dozen objects.
func (r repository) bomb(leaf string) string {
	tree := r.plumb(leaf, "mktree")
	for range 10 {
		var lines strings.Builder
		for i := range 10 {
			fmt.Fprintf(&lines, "040000 tree %s\tt%d\n", tree, i)
		}
		tree = r.plumb(lines.String(), "mktree")
	}
	commit := r.git("commit-tree", "-m", "x", tree)
	r.git("update-ref", "refs/heads/bomb", commit)
	return commit
}

// What is taken from an untrusted repository is bounded. The error names the limit,
// and nothing of the repository is left behind.
func TestLimits(t *testing.T) {
	random := make([]byte, 4<<20)
	rand.New(rand.NewSource(1)).Read(random) // it does not compress
	large := strings.Repeat("large ", 1000)
	for what, c := range map[string]struct {
		make   func(r repository) (commit string)
		limits Limits
		want   string
	}{
		"number of files": {func(r repository) string {
			for i := range 11 {
				r.write(fmt.Sprint("f", i), "")
			}
			return r.commit()
		}, Limits{Files: 10}, "more files and directories than the limit of 10"},
		"tree bomb": {func(r repository) string {
			return r.bomb("100644 blob " + r.plumb("x", "hash-object", "-w", "--stdin") + "\tf\n")
		}, ForStrangers(), "more files and directories than the limit of 200000"},
		"tree bomb without files": {func(r repository) string { return r.bomb("") }, ForStrangers(), "more files and directories than the limit of 200000"},
		"depth": {func(r repository) string {
			r.write(strings.Repeat("d/", 5)+"f", "")
			return r.commit()
		}, Limits{Depth: 4}, "over the limit of 4"},
		"size of a file": {func(r repository) string {
			r.write("a/big", large)
			return r.commit()
		}, Limits{FileBytes: 5999}, `file "a/big" has 6000 bytes, over the limit of 5999`},
		"file that comes small and is large": {func(r repository) string {
			r.write("big", strings.Repeat("\x00", 80<<20))
			return r.commit()
		}, Limits{FileBytes: 1 << 20}, "over the limit of 1048576"},
		"size of all files": {func(r repository) string {
			r.write("a", large)
			r.write("b", large)
			return r.commit()
		}, Limits{FileBytes: 6000, Bytes: 11_999}, "its files are over the limit of 11999 bytes"},
		"size of all files as they are written": {func(r repository) string {
			r.write(".gitattributes", "a ident\n")
			r.write("a", strings.Repeat("$Id$\n", 10_000))
			return r.commit()
		}, Limits{Bytes: 100_000}, "its files are over the limit of 100000 bytes"},
		"what is fetched": {func(r repository) string {
			r.write("a", string(random))
			return r.commit()
		}, Limits{Fetched: 1 << 20}, "git fetched more than the limit of 1048576 bytes"},
		"object of Git LFS": {func(r repository) string {
			sum := fmt.Sprintf("%x", sha256.Sum256([]byte(large)))
			r.write("a", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", sum, len(large)))
			r.write(filepath.Join(".git", "lfs", "objects", sum[:2], sum[2:4], sum), large)
			return r.commit()
		}, Limits{FileBytes: 5999}, `file "a" has 6000 bytes, over the limit of 5999`},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRepository(t)
			commit := c.make(r)
			emptyTemp(t)
			_, err := At(context.Background(), r.dir, commit, t.TempDir(), Options{Environ: os.Environ(), Limits: c.limits})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), commit) || hint.Of(err) == "" {
				t.Errorf("error is %v (hint %q), want %q", err, hint.Of(err), c.want)
			}
		})
	}
}

// Just within the limits, everything is written.
func TestWithinLimits(t *testing.T) {
	r := newRepository(t)
	r.write("a/b/one", strings.Repeat("x", 1000))
	r.write("two", "y")
	commit := r.commit()
	for _, limits := range []Limits{{Files: 4, Depth: 2, FileBytes: 1000, Bytes: 1001, Fetched: 1 << 20}, ForStrangers()} {
		dir := filepath.Join(t.TempDir(), "x")
		if _, err := At(context.Background(), r.dir, commit, dir, Options{Environ: os.Environ(), Limits: limits}); err != nil {
			t.Errorf("%+v: %v", limits, err)
		}
		wantFile(t, filepath.Join(dir, "two"), "y")
	}
}

// A line that is not understood ends the listing, and lines are read across writes.
func TestListing(t *testing.T) {
	const text = "040000 tree 1       -\ta\x00100755 blob 2     12\ta/b\tc\x00160000 commit 3       -\tm\x00120000 blob 4       3\tl\x00"
	for size := 1; size < len(text); size++ {
		l := &listing{}
		for p := []byte(text); len(p) > 0; {
			n := min(size, len(p))
			if _, err := l.Write(p[:n]); err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
		if fmt.Sprint(l.files, l.submodules, l.bytes) != "[{100755 a/b\tc} {120000 l}] [m] 15" {
			t.Fatalf("in pieces of %d bytes: %v, %v, %d", size, l.files, l.submodules, l.bytes)
		}
	}
	l := &listing{limits: ForStrangers()}
	err := error(nil)
	for n := 0; err == nil && n < 2*maxNameBytes; n += 4000 {
		_, err = l.Write([]byte("100644 blob 1 1\t" + strings.Repeat("n", 4000) + "\x00"))
	}
	if err == nil || !strings.Contains(err.Error(), "the names of its files are over the limit of 67108864 bytes") {
		t.Errorf("long names: %v", err)
	}
	for _, bad := range []string{"100644 blob 1 12 a\x00", "100644 blob 1\ta\x00", "100644 blob 1 x\ta\x00"} {
		l := &listing{}
		if _, err := l.Write([]byte(bad)); err == nil || !strings.Contains(err.Error(), "of git ls-tree") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
