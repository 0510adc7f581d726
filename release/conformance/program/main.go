// Command program has modules to list: some from the module cache, and one
// that is replaced by a directory.
package main

import (
	"os"

	attestation "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/bootzip/bootzip/release/attest"
)

func main() {
	data, err := protojson.Marshal(&attestation.Statement{PredicateType: attest.ProvenanceType})
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.Write(data)
}
