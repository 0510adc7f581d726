package sbom

import (
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/bootzip/bootzip/release/internal/purl"
)

// An Image is an image with the files of a zip in it.
type Image struct {
	SHA256 string // of its archive, in hexadecimal
	Digest string // of its manifest, sha256:…

	Base         *ImageBase // nil: it is made from nothing
	Certificates string     // source and version of root certificates, "MODULE VERSION"; empty: none
	Zones        string     // source and version of time zones; empty: none
}

// An ImageBase is the base image of an image.
type ImageBase struct {
	Reference string // as in bootzip.yaml
	Arch      string
	Digest    string // of its manifest, sha256:…
}

// image adds what an image has besides the files of the zip. The content of a base image
// is unknown here; its own SBOM lists it.
func (d *document) image(m *Image) {
	if b := m.Base; b != nil {
		c := cdx.Component{
			BOMRef: "image:" + b.Digest, Type: cdx.ComponentTypeContainer, Name: b.Reference,
			Hashes: sha256Hash(strings.TrimPrefix(b.Digest, "sha256:")),
		}
		if reference, remote := strings.CutPrefix(b.Reference, "docker://"); remote {
			repository, _, _ := strings.Cut(reference, "@")
			c.Name, c.PackageURL = repository, purl.OCI(repository, b.Digest, b.Arch)
		}
		d.add(rootRef, c)
	}
	if m.Certificates != "" {
		module, version, _ := strings.Cut(m.Certificates, " ")
		d.add(rootRef, cdx.Component{
			BOMRef: "certificates", Type: cdx.ComponentTypeData, Name: module, Version: version,
			Description: "root certificates of Mozilla's programme", PackageURL: purl.Go(module, version),
		})
	}
	if m.Zones != "" {
		d.add(rootRef, cdx.Component{BOMRef: "zones", Type: cdx.ComponentTypeData, Name: "time zone database", Version: m.Zones})
	}
}
