module github.com/bootzip/bootzip/release/conformance

go 1.24.0

toolchain go1.26.8

require (
	github.com/bootzip/bootzip v0.0.0
	github.com/in-toto/attestation v1.2.0
	github.com/secure-systems-lab/go-securesystemslib v0.10.0
	google.golang.org/protobuf v1.36.11
)

require (
	github.com/CycloneDX/cyclonedx-go v0.9.3 // indirect
	github.com/elastic/go-seccomp-bpf v1.6.0 // indirect
	github.com/gofrs/flock v0.12.1 // indirect
	github.com/google/licensecheck v0.3.1 // indirect
	github.com/package-url/packageurl-go v0.1.7 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/crypto v0.46.0 // indirect
	golang.org/x/mod v0.30.0 // indirect
	golang.org/x/net v0.47.0 // indirect
	golang.org/x/sys v0.39.0 // indirect
	mvdan.cc/sh/v3 v3.12.0 // indirect
)

replace github.com/bootzip/bootzip => ../..
