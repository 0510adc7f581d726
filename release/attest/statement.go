package attest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Types of statements, predicates and builds.
const (
	statementType = "https://in-toto.io/Statement/v1"

	// ProvenanceType is the predicate type of [Provenance]: SLSA v1.
	ProvenanceType = "https://slsa.dev/provenance/v1"
	// testResultType is the predicate type of [TestResult].
	testResultType = "https://in-toto.io/attestation/test-result/v0.1"
	// buildType says how bootzip builds; the page has its definition.
	buildType = "https://github.com/bootzip/bootzip/blob/main/docs/provenance.md#build-type-v1"
	// localBuilder is the builder.id of an unattested release; the page says
	// what that means.
	localBuilder = "https://github.com/bootzip/bootzip/blob/main/docs/provenance.md#builder-local"

	checksPage = "https://github.com/bootzip/bootzip/blob/main/docs/checks.md"
)

// The names of the statements of a release, beside its zips.
const (
	ProvenanceFile = "provenance.intoto.json"
	TestResultFile = "verify.intoto.json" // what verify found
)

// A Subject is a file that a statement is about.
type Subject struct {
	Name   string // its base name, unique in a statement
	SHA256 string // of its bytes, 64 lower-case hexadecimal digits
}

func subjects(all []Subject) []descriptor {
	var list []descriptor
	for _, s := range sorted(all) {
		list = append(list, descriptor{Name: s.Name, Digest: map[string]string{"sha256": s.SHA256}})
	}
	return list
}

func sorted(all []Subject) []Subject {
	return slices.SortedFunc(slices.Values(all), func(a, b Subject) int { return strings.Compare(a.Name, b.Name) })
}

// encode writes a statement. The same value gives the same bytes: fields come in the
// order of the structs, and the keys of maps are sorted.
func encode(subject []Subject, predicateType string, predicate any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(statement[any]{statementType, subjects(subject), predicateType, predicate})
	return b.Bytes(), err
}
