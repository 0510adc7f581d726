package conformance

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	attestation "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/release/attest"
	"github.com/bootzip/bootzip/verify"
)

// decode reads a statement and its predicate, each without a field that
// in-toto does not know, and validates the statement.
func decode(t *testing.T, data []byte, predicateType string, predicate proto.Message) *attestation.Statement {
	t.Helper()
	strict := protojson.UnmarshalOptions{DiscardUnknown: false}
	var s attestation.Statement
	if err := strict.Unmarshal(data, &s); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if err := s.Validate(); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if s.GetPredicateType() != predicateType {
		t.Errorf("the predicate's type is %q", s.GetPredicateType())
	}
	text, err := protojson.Marshal(s.GetPredicate())
	if err != nil {
		t.Fatal(err)
	}
	if err := strict.Unmarshal(text, predicate); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return &s
}

func digest(c string) string { return strings.Repeat(c, 64) }

func TestProvenance(t *testing.T) {
	minimal := attest.Provenance{
		Subjects: []attest.Subject{{Name: "a.zip", SHA256: digest("a")}},
		// in-toto's specification has SHA-256 commits too; v1.2.0 of its
		// validator knows only SHA-1.
		Commit: digest("c")[:40], Materials: build.Materials{Engine: "host"},
	}
	installed := minimal
	installed.Repository, installed.Tag = "https://github.com/owner/name", "v1.2.3"
	installed.Materials = build.Materials{Engine: "host",
		Toolchains: []build.Toolchain{{Version: "go1.26.8"}}, Programs: []build.Program{{Function: "a", GoVersion: "go1.26.8"}}}
	for name, c := range map[string]attest.Provenance{"minimal": minimal, "installed Go": installed} {
		data, err := attest.EncodeProvenance(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { validProvenance(t, data) })
	}
	example, err := os.ReadFile("../attest/testdata/provenance.intoto.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("all", func(t *testing.T) {
		p := validProvenance(t, example)
		for _, d := range p.GetBuildDefinition().GetResolvedDependencies() {
			for algorithm := range d.GetDigest() {
				if attestation.HashAlgorithm(algorithm).HexLength() == 0 {
					t.Errorf("in-toto does not know the digest %q of %v", algorithm, d)
				}
			}
		}
	})
}

func validProvenance(t *testing.T, data []byte) *provenance.Provenance {
	t.Helper()
	var p provenance.Provenance
	decode(t, data, "https://slsa.dev/provenance/v1", &p)
	if err := p.Validate(); err != nil {
		t.Errorf("%v\n%s", err, data)
	}
	return &p
}

// The report is verify's own, about a zip that passes in part.
func TestTestResult(t *testing.T) {
	name := filepath.Join(t.TempDir(), "script.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	h.SetMode(0o755)
	one, err := w.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Write([]byte("#!/bin/sh\nexit 1\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := verify.File(context.Background(), name, verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := attest.TestResult(attest.TestResultConfig{
		Reports: []verify.Report{r}, Config: attest.Subject{Name: "bootzip.yaml", SHA256: digest("b")}, BootzipVersion: "v0.4.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	var result testresult.TestResult
	s := decode(t, data, "https://in-toto.io/attestation/test-result/v0.1", &result)
	if got := s.GetSubject()[0]; got.GetName() != "script.zip" || got.GetDigest()["sha256"] != r.SHA256 {
		t.Errorf("subject %v", got)
	}
	if result.GetResult() != "WARNED" || len(result.GetPassedTests()) == 0 || len(result.GetConfiguration()) != 2 {
		t.Errorf("%s", data)
	}
	for _, c := range result.GetConfiguration() {
		if err := c.Validate(); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	skipped := result.GetConfiguration()[0].GetAnnotations().AsMap()["skippedTests"].(map[string]any)
	if skipped["script.zip: boot-answers"] == nil {
		t.Errorf("skipped are %v", skipped)
	}
}

// The validator does find faults.
func TestInvalidStatements(t *testing.T) {
	example, err := os.ReadFile("../attest/testdata/provenance.intoto.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"digest"`, `"digests"`},
		{`"dirHash": "64`, `"dirHash": "`},
		{`"buildType"`, `"build"`},
		{`"builder"`, `"maker"`},
	} {
		data := []byte(strings.Replace(string(example), c[0], c[1], 1))
		var s attestation.Statement
		err := protojson.Unmarshal(data, &s)
		if err == nil {
			err = s.Validate()
		}
		if err == nil {
			var p provenance.Provenance
			text, _ := protojson.Marshal(s.GetPredicate())
			if err = protojson.Unmarshal(text, &p); err == nil {
				err = p.Validate()
			}
		}
		if err == nil {
			t.Errorf("valid with %s instead of %s", c[1], c[0])
		}
	}
}
