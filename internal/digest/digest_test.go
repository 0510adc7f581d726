package digest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "abc")
	if err := os.WriteFile(name, []byte("abc"), 0o644); err != nil {
		t.Fatal(err)
	}
	// FIPS 180-4's example with one block.
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if sum, size, err := File(name); sum != want || size != 3 || err != nil {
		t.Errorf("%s, %d, %v", sum, size, err)
	}
	if sum, _, err := File(filepath.Dir(name)); err == nil {
		t.Errorf("a folder has the sum %s", sum)
	}
	if _, _, err := File(name + " missing"); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
