package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"

	"github.com/bootzip/bootzip/release/attest"
)

// Envelopes that DSSE's own library makes are read.
func TestEnvelope(t *testing.T) {
	payload, err := os.ReadFile("../attest/testdata/provenance.intoto.json")
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ private, public any }{
		"ECDSA": {e, e.Public()}, "Ed25519": {ed, ed.Public()}, "RSA": {r, r.Public()},
	} {
		private, err := x509.MarshalPKCS8PrivateKey(c.private)
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(c.public)
		if err != nil {
			t.Fatal(err)
		}
		key := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		data := sign(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), payload)
		got, err := attest.ReadProvenance(data, key)
		if err != nil || !got.Signed || got.Tag != "v1.2.3" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func sign(t *testing.T, key, payload []byte) []byte {
	t.Helper()
	k, err := signerverifier.LoadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var v dsse.SignerVerifier
	switch k.KeyType {
	case signerverifier.ECDSAKeyType:
		v, err = signerverifier.NewECDSASignerVerifierFromSSLibKey(k)
	case signerverifier.ED25519KeyType:
		v, err = signerverifier.NewED25519SignerVerifierFromSSLibKey(k)
	default:
		v, err = signerverifier.NewRSAPSSSignerVerifierFromSSLibKey(k)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := dsse.NewEnvelopeSigner(v)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := s.SignPayload(context.Background(), "application/vnd.in-toto+json", payload)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
