package attest

import "github.com/bootzip/bootzip/build"

// The parts of a provenance, as JSON (slsa.dev/spec/v1.0/provenance).

type document = statement[predicate]

// A statement is an in-toto statement, version 1 (in-toto/attestation,
// spec/v1/statement.md).
type statement[P any] struct {
	Type          string       `json:"_type"`
	Subject       []descriptor `json:"subject"`
	PredicateType string       `json:"predicateType"`
	Predicate     P            `json:"predicate"`
}

// A descriptor is an in-toto ResourceDescriptor (spec/v1/resource_descriptor.md).
type descriptor struct {
	Name        string            `json:"name,omitempty"`
	URI         string            `json:"uri,omitempty"`
	Digest      map[string]string `json:"digest,omitempty"`
	Annotations map[string]any    `json:"annotations,omitempty"`
}

type predicate struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType            string             `json:"buildType"`
	ExternalParameters   externalParameters `json:"externalParameters"`
	InternalParameters   internalParameters `json:"internalParameters"`
	ResolvedDependencies []descriptor       `json:"resolvedDependencies"`
}

type externalParameters struct {
	Repository string   `json:"repository,omitempty"`
	Ref        string   `json:"ref,omitempty"`
	Folder     string   `json:"folder,omitempty"`
	Functions  []string `json:"functions,omitempty"`
	Engine     string   `json:"engine"`
}

type internalParameters struct {
	Flags       []string        `json:"flags,omitempty"`
	Environment []string        `json:"environment,omitempty"`
	Programs    []build.Program `json:"programs,omitempty"`
	ImageRecipe string          `json:"imageRecipe,omitempty"`
	Packer      string          `json:"packer,omitempty"`
}

type runDetails struct {
	Builder builder `json:"builder"`
}

type builder struct {
	ID      string  `json:"id"`
	Version version `json:"version,omitzero"`
}

type version struct {
	Bootzip string `json:"bootzip,omitempty"`
}
