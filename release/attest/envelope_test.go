package attest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
)

// A signer has a private key; public is the other half in PEM.
type signer struct {
	private, public []byte
}

func newSigner(t *testing.T, private, public any) signer {
	t.Helper()
	a, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer{
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}),
	}
}

func signers(t *testing.T) map[string]signer {
	t.Helper()
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signer{
		"ECDSA":   newSigner(t, e, e.Public()),
		"Ed25519": newSigner(t, private, public),
		"RSA":     newSigner(t, r, r.Public()),
	}
}

// A wire is an envelope as it is written.
type wire struct {
	PayloadType string          `json:"payloadType"`
	Payload     string          `json:"payload"`
	Signatures  []wireSignature `json:"signatures"`
}

type wireSignature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

func (s signer) sign(t *testing.T, payloadType string, payload []byte) wire {
	t.Helper()
	k, err := signerverifier.LoadKey(s.private)
	if err != nil {
		t.Fatal(err)
	}
	var v interface {
		Sign(ctx context.Context, data []byte) ([]byte, error)
	}
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
	signature, err := v.Sign(context.Background(), envelope{payloadType: payloadType, payload: payload}.signed())
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	return wire{payloadType, encode(payload), []wireSignature{{k.KeyID, encode(signature)}}}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bundle returns the parts of a Sigstore bundle that are read.
func bundle(e wire) any {
	return map[string]any{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": map[string]any{"certificate": map[string]string{"rawBytes": "AAAA"}},
		"dsseEnvelope":         e,
	}
}

func TestSigned(t *testing.T) {
	good := mustWrite(t, example())
	all := signers(t)
	for name, s := range all {
		e := s.sign(t, payloadType, good)
		withoutID := e
		withoutID.Signatures = []wireSignature{{Sig: e.Signatures[0].Sig}}
		otherID := e
		otherID.Signatures = []wireSignature{{KeyID: "SHA256:other", Sig: e.Signatures[0].Sig}}
		second := e
		second.Signatures = []wireSignature{{Sig: "AAAA"}, e.Signatures[0]}
		urlSafe := e
		urlSafe.Payload = strings.NewReplacer("+", "-", "/", "_").Replace(e.Payload)
		for form, v := range map[string]any{"envelope": e, "URL-safe": urlSafe, "bundle": bundle(e), "no key id": withoutID, "another key id": otherID, "second signature": second} {
			c, err := ReadProvenance(marshal(t, v), s.public)
			if err != nil || !c.Signed || c.Commit != example().Commit {
				t.Errorf("%s, %s: %+v, %v", name, form, c, err)
			}
		}
		for other, o := range all {
			if other != name {
				refuse(t, name+" with the key of "+other, marshal(t, e), o.public, "no signature matches the key")
			}
		}
	}
}

func TestTampered(t *testing.T) {
	good := mustWrite(t, example())
	evil := []byte(strings.Replace(string(good), "01234567", "11234567", 1))
	encode := base64.StdEncoding.EncodeToString
	for name, s := range signers(t) {
		for what, c := range map[string]struct {
			change func(*wire)
			want   string
		}{
			"payload":           {func(e *wire) { e.Payload = encode(evil) }, "no signature matches the key"},
			"payload, one byte": {func(e *wire) { e.Payload = encode(append(good[:len(good):len(good)], ' ')) }, "no signature matches the key"},
			"payload type":      {func(e *wire) { e.PayloadType = "application/json" }, "payloadType is"},
			"signature": {func(e *wire) {
				raw, _ := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
				raw[len(raw)-1] ^= 1
				e.Signatures[0].Sig = encode(raw)
			}, "no signature matches the key"},
			"no base64":     {func(e *wire) { e.Signatures[0].Sig = "???" }, "sig is not in base64"},
			"no signature":  {func(e *wire) { e.Signatures = nil }, "without a signature"},
			"empty":         {func(e *wire) { e.Signatures[0].Sig = "" }, "sig is missing"},
			"no payload":    {func(e *wire) { e.Payload = "" }, "payload is missing"},
			"65 signatures": {func(e *wire) { e.Signatures = make([]wireSignature, 65); fill(e.Signatures) }, "at most 64"},
		} {
			e := s.sign(t, payloadType, good)
			c.change(&e)
			refuse(t, name+", "+what, marshal(t, e), s.public, c.want)
			refuse(t, name+" in a bundle, "+what, marshal(t, bundle(e)), s.public, c.want)
		}
		// Signed, but not a provenance: another type of payload, and payloads that
		// would be refused as plain statements as well.
		refuse(t, name+", signed as something else", marshal(t, s.sign(t, "text/plain", good)), s.public, "payloadType is")
		refuse(t, name+", signed twice", marshal(t, s.sign(t, payloadType, marshal(t, s.sign(t, payloadType, good)))), s.public, "_type is missing")
		refuse(t, name+", signed list", marshal(t, s.sign(t, payloadType, []byte("[]"))), s.public, "payload is not a JSON object")
		refuse(t, name+", signed with a key twice", marshal(t, s.sign(t, payloadType, []byte(`{"_type":"a","_type":"b"}`))), s.public, "duplicate")
	}
}

// The vector is DSSE's own (protocol.md, "Test Vectors").
func TestSignedBytes(t *testing.T) {
	e := envelope{payloadType: "http://example.com/HelloWorld", payload: []byte("hello world")}
	if got := string(e.signed()); got != "DSSEv1 29 http://example.com/HelloWorld 11 hello world" {
		t.Errorf("%q", got)
	}
}

// Each byte of an envelope is changed: the envelope is refused, or the change does not
// affect what the provenance says.
func TestEachByteOfAnEnvelope(t *testing.T) {
	s := signers(t)["Ed25519"]
	small := Provenance{Subjects: example().Subjects[:1], Commit: example().Commit, Materials: build.Materials{Engine: "host"}}
	data := marshal(t, s.sign(t, payloadType, mustWrite(t, small)))
	want, err := ReadProvenance(data, s.public)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for i := range data {
		for _, bit := range []byte{1, 0x20} {
			data[i] ^= bit
			if c, err := ReadProvenance(data, s.public); err == nil {
				accepted++
				if !reflect.DeepEqual(c, want) {
					t.Errorf("byte %d changed to %q: it says %+v", i, data[i], c)
				}
			}
			data[i] ^= bit
		}
	}
	// The bytes of the key's id and of its name do not matter, and hardly any others.
	if accepted > 300 {
		t.Errorf("%d of %d changes are accepted", accepted, 2*len(data))
	}
}

func fill(all []wireSignature) {
	for i := range all {
		all[i].Sig = "AAAA"
	}
}

func TestKeys(t *testing.T) {
	good := mustWrite(t, example())
	s := signers(t)["Ed25519"]
	e := s.sign(t, payloadType, good)
	refuse(t, "plain with a key", good, s.public, "it is not signed")
	refuse(t, "envelope without a key", marshal(t, e), nil, "no key was given to check")
	refuse(t, "bundle without a key", marshal(t, bundle(e)), nil, "no key was given to check")
	refuse(t, "bundle of a message", []byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}}`), s.public, "without a DSSE envelope")
	refuse(t, "private key", marshal(t, e), s.private, "not a public key in PEM")
	refuse(t, "no PEM", marshal(t, e), []byte("x"), "not a public key in PEM")
	refuse(t, "broken PEM", marshal(t, e), []byte(strings.Replace(string(s.public), "MCow", "MCoX", 1)), "key: ")

	// Without the hint a user would not know how to check a bundle.
	_, err := ReadProvenance(marshal(t, bundle(e)), nil)
	if !strings.Contains(hint.Of(err), "gh attestation verify") {
		t.Errorf("the hint is %q", hint.Of(err))
	}
}
