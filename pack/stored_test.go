package pack

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
)

// A zip or an image that the store has is taken, unless its content is wrong.
func TestStored(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	entries := func(text string) []Entry {
		return []Entry{{Name: "bootstrap", Executable: true, File: put("bootstrap-"+text, text)}, {Name: "a/b.txt", File: put("b", "asset")}}
	}
	ctx := t.Context()
	zipOf := func(name, text string) string {
		if err := Write(ctx, name, entries(text)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	imageOf := func(name, text string) string {
		if _, err := WriteImage(ctx, name, entries(text), ImageConfig{Function: "f", Arch: project.ARM64}); err != nil {
			t.Fatal(err)
		}
		return name
	}
	content, size, err := ContentDigest(entries("one"))
	if err != nil {
		t.Fatal(err)
	}
	for kind, k := range map[string]struct {
		make  func(name, text string) string
		check func(name string) error
		bad   []string
	}{
		"zip":   {zipOf, func(name string) error { return hasContent(context.Background(), name, content, size) }, []string{zipOf(filepath.Join(dir, "2.zip"), "two"), zipOf(filepath.Join(dir, "3.zip"), "longer"), put("4.zip", "no zip")}},
		"image": {imageOf, func(name string) error { _, err := imageDigest(name, project.ARM64); return err }, []string{put("2.tar", "no image")}},
	} {
		shared, err := store.Open(store.Config{Address: t.TempDir(), Write: true})
		if err != nil {
			t.Fatal(err)
		}
		c, key := Config{Store: shared}, []string{kind}
		made := 0
		stored := func() []byte {
			name := filepath.Join(t.TempDir(), "file")
			if err := c.stored(ctx, name, key, func() error { made++; k.make(name, "one"); return nil }, func() error { return k.check(name) }); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		first := stored()
		if again := stored(); made != 1 || !bytes.Equal(first, again) {
			t.Errorf("%s: made %d times, or not the same", kind, made)
		}
		for _, bad := range k.bad {
			if err := shared.Drop(ctx, store.Key(key...)); err != nil {
				t.Fatal(err)
			}
			shared.Keep(ctx, store.Key(key...), bad)
			made = 0
			if again := stored(); made != 1 || !bytes.Equal(first, again) {
				t.Errorf("%s: %s was taken", kind, bad)
			}
		}
	}
}
