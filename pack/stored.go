package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// stored makes the file name. It takes the store's file under a key of the inputs, if there
// is one that check accepts. Otherwise it calls write, and adds the file to the store if
// that may be written.
func (c Config) stored(ctx context.Context, name string, inputs []string, write, check func() error) error {
	if c.Store == nil {
		return write()
	}
	key := store.Key(inputs...)
	if c.Store.Fetch(ctx, key, name) {
		if check() == nil {
			return nil
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	if err := write(); err != nil {
		return err
	}
	if c.Store.Write {
		c.Store.Keep(ctx, key, name)
	}
	return nil
}

// zipInputs returns what decides the bytes of a zip.
func zipInputs(contentDigest string) []string {
	return []string{"bootzip zip 1", packer(), contentDigest}
}

// StoreKey returns the key of a zip in a store.
func (z Zip) StoreKey() string { return store.Key(zipInputs(z.Content)...) }

// hasContent returns an error unless a zip has the content with the digest, of size bytes.
func hasContent(ctx context.Context, name, digest string, size int64) error {
	f, err := regular.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	a, err := zipscan.Open(ctx, f, info.Size())
	if err != nil {
		return err
	}
	if len(a.Faults) > 0 {
		return fmt.Errorf("%s: %s", name, a.Faults[0].Detail)
	}
	all := sha256.New()
	var s zipscan.Stream
	for i := range a.Entries {
		e := &a.Entries[i]
		if size -= e.Size; size < 0 || !a.Readable(e) {
			return fmt.Errorf("%s is longer than what it is made of", name)
		}
		one := sha256.New()
		s.Open(ctx, a, e)
		if _, err := s.WriteTo(one); err != nil {
			return err
		}
		fmt.Fprintf(all, "%04o %d %x %s\n", e.External>>16&0o777, e.Size, one.Sum(nil), e.Name)
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != digest {
		return fmt.Errorf("%s has another content", name)
	}
	return nil
}

// imageDigest returns the digest of the manifest of an image archive.
func imageDigest(name string, arch project.Arch) (string, error) {
	image, done, err := ociimage.Open(name, string(arch))
	if err != nil {
		return "", err
	}
	digest, err := image.Digest()
	return digest.String(), errors.Join(err, done())
}
