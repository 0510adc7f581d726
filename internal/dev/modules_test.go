package dev

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The packages are those of every module of go.work that is below.
func TestGoPackages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"project/go.work":      "go 1.24\n\nuse (\n\t.\n\t./below\n\t../elsewhere\n)\n",
		"project/go.mod":       "module example.com/app\n\ngo 1.24\n",
		"project/below/go.mod": "module example.com/below\n\ngo 1.24\n",
		"project/apart/go.mod": "module example.com/apart\n\ngo 1.24\n",
		"elsewhere/go.mod":     "module example.com/elsewhere\n\ngo 1.24\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "")
	t.Setenv("GOFLAGS", "")
	for where, want := range map[string][]string{"project": {"./...", "./below/..."}, "elsewhere": {"./..."}} {
		t.Chdir(filepath.Join(dir, where))
		got, err := goPackages(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", where, got, err)
		}
	}
}
