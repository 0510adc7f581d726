package attest

import (
	"bytes"
	"os"
	"reflect"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// A provenance that is accepted is also accepted when it is written again. It then says
// the same, and has the same bytes from then on.
func FuzzReadProvenance(f *testing.F) {
	good, err := os.ReadFile("testdata/provenance.intoto.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, c := range refused {
		f.Add(bytes.Replace(good, []byte(c.old), []byte(c.new), 1))
	}
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"AAAA"}]}`))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadProvenance(data, nil)
		if err != nil {
			if hint.Of(err) == "" {
				t.Errorf("no hint with %v", err)
			}
			return
		}
		again, err := EncodeProvenance(c)
		if err != nil {
			t.Fatalf("accepted, and not when written again: %v", err)
		}
		d, err := ReadProvenance(again, nil)
		if err != nil || !reflect.DeepEqual(c, d) {
			t.Fatalf("read as\n%+v, and written again as\n%+v; %v", c, d, err)
		}
	})
}
