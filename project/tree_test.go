package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes files in a new directory and returns it, with links resolved. A
// content of "-> TARGET" makes a link, a name that ends with "/" a directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(file, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		} else if target, link := strings.CutPrefix(content, "-> "); link {
			err = os.Symlink(target, file)
		} else {
			err = os.WriteFile(file, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const program = "package main\n\n// It reads AWS_LAMBDA_RUNTIME_API.\nfunc main() {}\n"
