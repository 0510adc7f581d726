package pack

import (
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Certificates names the root certificates that an image may have: those of Mozilla's
// programme, as this version of a module of the Go project has them. Raising it changes the
// digest of each image that has them.
const Certificates = "golang.org/x/crypto/x509roots/fallback v0.0.0-20260113154411-7d0074ccc6f1"

const (
	certificatesFile = "etc/ssl/certs/ca-certificates.crt" // where Debian has them, and Go looks first
	certificatesKey  = "io.bootzip.certificates"           // label that names their source
)

// certificateBundle is the certificates in PEM. Those that Mozilla trusts for older
// certificates alone are left out: a file cannot say so.
func certificateBundle() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // to memory: it cannot fail
		}
	}
	return b.Bytes()
}
