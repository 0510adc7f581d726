package statement

import "errors"

// ReadProvenance reads a provenance as [Provenance] writes it, and refuses
// anything else: see the package's documentation for what is checked. data is
// the statement itself, a DSSE envelope with it, or a Sigstore bundle with
// such an envelope. key is a public key in PEM; it must be nil for a plain
// statement, and given for the others.
func ReadProvenance(data, key []byte) (Checked, error) {
	return Checked{}, errors.ErrUnsupported
}
