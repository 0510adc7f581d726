package pack

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/pem"
	"io"
	"path"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Certificates names the root certificates that an image may have: those of Mozilla's
// root program, in this version of a module of the Go project. Raising it changes the
// digest of each image that has them.
const Certificates = "golang.org/x/crypto/x509roots/fallback v0.0.0-20260113154411-7d0074ccc6f1"

const (
	certificatesFile = "etc/ssl/certs/ca-certificates.crt" // where Debian has them, and Go looks first
	certificatesKey  = "io.bootzip.certificates"           // label that names their source
)

// certificateBundle returns the certificates in PEM. It omits those that Mozilla trusts only
// for older certificates, since a file cannot say so.
func certificateBundle() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // to memory: it cannot fail
		}
	}
	return b.Bytes()
}

// Zones names the time zones that an image may have: IANA's time zone database, which is in
// the public domain, from lib/time/zoneinfo.zip of a release of Go. Raising it changes the
// digest of each image that has them.
const Zones = "IANA 2025c (go1.26.8, lib/time/zoneinfo.zip)"

//go:embed zoneinfo.zip
var zoneinfo []byte

const (
	zonesDir = "usr/share/zoneinfo" // where Debian has them, and Go looks first
	zonesKey = "io.bootzip.zones"   // label that names their source
)

// zoneFiles returns the time zones, as files of an image.
func zoneFiles() (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		files[path.Join(zonesDir, f.Name)] = text
	}
	return files, nil
}
