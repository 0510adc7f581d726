package statement

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
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

// envelope returns the DSSE envelope that o is, or that is in it if o is a
// Sigstore bundle (sigstore/protobuf-specs, sigstore_bundle.proto).
func (r *reader) envelope(o object) (dsse.Envelope, bool) {
	var e dsse.Envelope
	if strings.HasPrefix(r.text(o, "mediaType"), "application/vnd.dev.sigstore.bundle") {
		if o = r.object(o, "dsseEnvelope"); o.fields == nil {
			r.fail(hintRelease, "it is a Sigstore bundle without a DSSE envelope")
			return e, false
		}
	} else if _, ok := o.fields["payloadType"]; !ok {
		return e, false
	}
	e.PayloadType, e.Payload = r.need(o, "payloadType"), r.need(o, "payload")
	for _, s := range r.objects(o, "signatures") {
		// The key's id is not signed and only helps to choose among several
		// (DSSE, "envelope.md"); there is one here, so it would only be a
		// second way to refuse.
		e.Signatures = append(e.Signatures, dsse.Signature{Sig: r.need(s, "sig")})
	}
	return e, true
}

// open returns the payload of an envelope whose signature is the key's.
func open(r *reader, e dsse.Envelope, key []byte) ([]byte, error) {
	switch {
	case r.err != nil:
	case len(key) == 0:
		r.fail(hintGitHub, "it is signed, and there is no key to check the signature with")
	case e.PayloadType != payloadType:
		r.fail(hintRelease, "payloadType is %q, not %q", e.PayloadType, payloadType)
	case len(e.Signatures) == 0:
		r.fail(hintRelease, "it is an envelope without a signature")
	case len(e.Signatures) > maxSignatures:
		r.fail(hintRelease, "it has %d signatures, and at most %d are checked", len(e.Signatures), maxSignatures)
	}
	if r.err != nil {
		return nil, r.err
	}
	v, err := verifier(key)
	if err != nil {
		return nil, err
	}
	all, err := dsse.NewEnvelopeVerifier(v)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	if _, err := all.Verify(context.Background(), &e); err != nil {
		return nil, hint.New("it was changed, or another key signed it: "+hintKey, "provenance: no signature is the key's: %w", err)
	}
	return e.DecodeB64Payload()
}

func verifier(key []byte) (dsse.Verifier, error) {
	if !bytes.Contains(key, []byte("-----BEGIN PUBLIC KEY-----")) {
		return nil, hint.New(hintKey, "key: it is not a public key in PEM")
	}
	k, err := signerverifier.LoadKey(key)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("key: %w", err), hintKey)
	}
	var v dsse.Verifier
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
