package attest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"

	"github.com/bootzip/bootzip/internal/hint"
)

// payloadType is that of an in-toto statement (in-toto/attestation,
// spec/v1/envelope.md).
const payloadType = "application/vnd.in-toto+json"

// maxSignatures bounds how many signatures of one envelope are checked.
const maxSignatures = 64

const (
	hintGitHub = "check it with `gh attestation verify FILE --repo OWNER/NAME`, and give the plain provenance.intoto.json; or give the public key that signed it"
	hintKey    = "give the public key that the release's publisher provides, as PEM"
)

// An envelope is a DSSE envelope (secure-systems-lab/dsse, envelope.md).
type envelope struct {
	payloadType string
	payload     []byte
	signatures  [][]byte
}

// The same as JSON, and a Sigstore bundle with it (sigstore/protobuf-specs,
// sigstore_bundle.proto).
type (
	bundleJSON struct {
		MediaType    string        `json:"mediaType"`
		Envelope     *envelopeJSON `json:"dsseEnvelope"`
		envelopeJSON               // without a bundle
	}
	envelopeJSON struct {
		PayloadType string `json:"payloadType"`
		Payload     string `json:"payload"`
		// The key's id is not signed and only helps to choose among several keys.
		// There is one here, so it is ignored.
		Signatures []struct {
			Sig string `json:"sig"`
		} `json:"signatures"`
	}
)

// readEnvelope returns the envelope that data is or, if data is a Sigstore bundle,
// contains; false for a plain statement.
func readEnvelope(data []byte) (envelope, bool, error) {
	var b bundleJSON
	if err := decode(data, "it", &b); err != nil {
		return envelope{}, false, err
	}
	in := b.envelopeJSON
	switch {
	case strings.HasPrefix(b.MediaType, "application/vnd.dev.sigstore.bundle"):
		if b.Envelope == nil {
			return envelope{}, false, hint.New(hintRelease, "provenance: it is a Sigstore bundle without a DSSE envelope")
		}
		in = *b.Envelope
	case in.PayloadType == "":
		return envelope{}, false, nil
	}
	var r reader
	e := envelope{payloadType: r.need("payloadType", in.PayloadType), payload: r.base64("payload", in.Payload)}
	for i, s := range in.Signatures {
		e.signatures = append(e.signatures, r.base64(fmt.Sprintf("signatures[%d].sig", i), s.Sig))
	}
	return e, true, r.err
}

// base64 decodes the standard or the URL-safe form; DSSE allows both.
func (r *reader) base64(path, text string) []byte {
	data, err := base64.StdEncoding.DecodeString(r.need(path, text))
	if err != nil {
		data, err = base64.URLEncoding.DecodeString(text)
	}
	if err != nil {
		r.fail(hintRelease, "%s is not in base64", path)
	}
	return data
}

// signed returns the bytes that are signed: DSSE's pre-authentication encoding
// (protocol.md, "Signature Definition").
func (e envelope) signed() []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.payloadType), e.payloadType, len(e.payload), e.payload)
}

// open returns the payload if a signature is the key's.
func (e envelope) open(key []byte) ([]byte, error) {
	var r reader
	switch {
	case len(key) == 0:
		r.fail(hintGitHub, "it is signed, but no key was given to check the signature")
	case e.payloadType != payloadType:
		r.fail(hintRelease, "payloadType is %q, not %q", e.payloadType, payloadType)
	case len(e.signatures) == 0:
		r.fail(hintRelease, "it is an envelope without a signature")
	case len(e.signatures) > maxSignatures:
		r.fail(hintRelease, "it has %d signatures; at most %d are checked", len(e.signatures), maxSignatures)
	}
	if r.err != nil {
		return nil, r.err
	}
	v, err := newVerifier(key)
	if err != nil {
		return nil, err
	}
	data := e.signed()
	for _, s := range e.signatures {
		if v.Verify(context.Background(), data, s) == nil {
			return e.payload, nil
		}
	}
	return nil, hint.New("it was changed, or another key signed it: "+hintKey, "provenance: no signature matches the key")
}

// A verifier is one of the library's.
type verifier interface {
	Verify(ctx context.Context, data, signature []byte) error
}

func newVerifier(key []byte) (verifier, error) {
	if !bytes.Contains(key, []byte("-----BEGIN PUBLIC KEY-----")) {
		return nil, hint.New(hintKey, "key: not a public key in PEM")
	}
	k, err := signerverifier.LoadKey(key)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("key: %w", err), hintKey)
	}
	var v verifier
	switch k.KeyType {
	case signerverifier.ECDSAKeyType:
		v, err = signerverifier.NewECDSASignerVerifierFromSSLibKey(k)
	case signerverifier.ED25519KeyType:
		v, err = signerverifier.NewED25519SignerVerifierFromSSLibKey(k)
	case signerverifier.RSAKeyType:
		v, err = signerverifier.NewRSAPSSSignerVerifierFromSSLibKey(k)
	default:
		return nil, hint.New("use one of ECDSA, Ed25519 or RSA", "key: unsupported type %q", k.KeyType)
	}
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("key: %w", err), hintKey)
	}
	return v, nil
}
