package sbom

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// Config says what to describe.
type Config struct {
	File    string // the zip, or a program
	Name    string // "hello-amd64.zip"; the file's base name if empty
	Image   *Image // the subject, if it is an image; File is then the zip with the same files
	Version string // the release's tag; may be empty

	// Time and Supplier say when and by whom the release was made. Time is the
	// commit's, so that the bytes depend only on the commit. Both may be empty;
	// the minimum elements of an SBOM (NTIA, 2021) have them.
	Time     time.Time
	Supplier Supplier

	BootzipVersion string // of the tool that makes the document; may be empty
	Toolchain      string // as in the manifest; may be empty

	// Packages are those of the build image, "name:architecture=version",
	// as in bootzip.lock.
	Packages []string

	// ModuleCache is GOMODCACHE. Licences are read from it; without it, or for
	// modules that are not in it, none are stated.
	ModuleCache string
}

// A Supplier supplies the subject: the owner of a repository, and its address.
type Supplier struct{ Name, URL string }

// Make returns the document. It returns an error if the file cannot be read, if a
// package does not have the form above, and if a module in the cache differs from the
// one that the program was built from.
func Make(ctx context.Context, c Config) ([]byte, error) {
	c.Name = cmp.Or(c.Name, filepath.Base(c.File))
	found, err := examine(ctx, c.File)
	if err != nil {
		return nil, err
	}
	d := document{config: c, subject: found}
	if err := d.fill(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return d.encode()
}

// encode writes the document with a serial number that is derived from the
// rest, so equal documents have equal serial numbers.
func (d *document) encode() ([]byte, error) {
	var b bytes.Buffer
	if err := write(&b, d.bom); err != nil {
		return nil, err
	}
	d.bom.SerialNumber = serialNumber(sha256.Sum256(b.Bytes()))
	b.Reset()
	err := write(&b, d.bom)
	return b.Bytes(), err
}

func write(b *bytes.Buffer, bom *cdx.BOM) error {
	return cdx.NewBOMEncoder(b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6)
}

// serialNumber makes a UUID of version 8, whose bits are free (RFC 9562, section
// 5.8).
func serialNumber(sum [sha256.Size]byte) string {
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
