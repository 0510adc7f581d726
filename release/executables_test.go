package release

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/release/program"
)

// An executable that differs is named and explained; one that does not differ is not
// part of the error.
func TestExecutablesThatDiffer(t *testing.T) {
	content, err := os.ReadFile(must(os.Executable()))
	if err != nil {
		t.Fatal(err)
	}
	made := func(name string, data []byte) program.Executable {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
		sum, _, err := digest.File(path)
		if err != nil {
			t.Fatal(err)
		}
		return program.Executable{Name: name, Path: path, SHA256: sum}
	}
	other := append([]byte{}, content...)
	other[len(other)/2] ^= 1
	first := []program.Executable{made("same", content), made("other", content)}
	second := []program.Executable{made("same", content), made("other", other)}

	reports, err := differing(context.Background(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 1 || reports[0].Equal || reports[0].A.File != "other" {
		t.Fatalf("reports: %+v", reports)
	}
	var text strings.Builder
	if err := (&MismatchError{Executables: reports}).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.Contains(got, first[1].SHA256) || !strings.Contains(got, second[1].SHA256) {
		t.Errorf("no digests in\n%s", got)
	}
	if reports, err := differing(context.Background(), first, first); err != nil || len(reports) != 0 {
		t.Errorf("the same differ: %v, %v", reports, err)
	}
}

func must(name string, err error) string {
	if err != nil {
		panic(err)
	}
	return name
}
