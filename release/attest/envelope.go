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

// maxSignatures bounds how often a signature is computed for one envelope.
const maxSignatures = 64

const (
	hintGitHub = "check it with `gh attestation verify FILE --repo OWNER/NAME`, and give the plain provenance.intoto.json; or give the public key that signed it"
	hintKey    = "give the public key that the maker of the release publishes, as PEM"
)

// An envelope is a DSSE envelope (secure-systems-lab/dsse, envelope.md).
type envelope struct {
	payloadType string
	payload     []byte
	signatures  [][]byte
}

// envelope returns the envelope that o is, or that is in it if o is a Sigstore
// bundle (sigstore/protobuf-specs, sigstore_bundle.proto).
func (r *reader) envelope(o object) (envelope, bool) {
	if strings.HasPrefix(r.text(o, "mediaType"), "application/vnd.dev.sigstore.bundle") {
		if o = r.object(o, "dsseEnvelope"); o.fields == nil {
			r.fail(hintRelease, "it is a Sigstore bundle without a DSSE envelope")
			return envelope{}, false
		}
	} else if _, ok := o.fields["payloadType"]; !ok {
		return envelope{}, false
	}
	e := envelope{payloadType: r.need(o, "payloadType"), payload: r.base64(o, "payload")}
	for _, s := range r.objects(o, "signatures") {
		// The key's id is not signed and only helps to choose among several;
		// there is one here, so it would only be a second way to refuse.
		e.signatures = append(e.signatures, r.base64(s, "sig"))
	}
	return e, true
}

// base64 decodes the standard or the URL-safe form; DSSE allows both.
func (r *reader) base64(o object, name string) []byte {
	text := r.need(o, name)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		data, err = base64.URLEncoding.DecodeString(text)
	}
	if err != nil {
		r.wrong(o, name, "in base64")
	}
	return data
}

// signed is what a signature is made over: DSSE's pre-authentication encoding
// (protocol.md, "Signature Definition").
func (e envelope) signed() []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.payloadType), e.payloadType, len(e.payload), e.payload)
}

// open returns the payload of an envelope that has a signature of the key's.
func (r *reader) open(e envelope, key []byte) ([]byte, error) {
	switch {
	case r.err != nil:
	case len(key) == 0:
		r.fail(hintGitHub, "it is signed, and there is no key to check the signature with")
	case e.payloadType != payloadType:
		r.fail(hintRelease, "payloadType is %q, not %q", e.payloadType, payloadType)
	case len(e.signatures) == 0:
		r.fail(hintRelease, "it is an envelope without a signature")
	case len(e.signatures) > maxSignatures:
		r.fail(hintRelease, "it has %d signatures, and at most %d are checked", len(e.signatures), maxSignatures)
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
	return nil, hint.New("it was changed, or another key signed it: "+hintKey, "provenance: no signature is the key's")
}

// A verifier is one of the library's.
type verifier interface {
	Verify(ctx context.Context, data, signature []byte) error
}

func newVerifier(key []byte) (verifier, error) {
	if !bytes.Contains(key, []byte("-----BEGIN PUBLIC KEY-----")) {
		return nil, hint.New(hintKey, "key: it is not a public key in PEM")
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
		return nil, hint.New("use one of ECDSA, Ed25519 or RSA", "key: type %q cannot be checked", k.KeyType)
	}
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("key: %w", err), hintKey)
	}
	return v, nil
}
