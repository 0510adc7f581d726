package sbom

import (
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// The SBOM of an image has the files of its zip, its digest, and its base image.
func TestImage(t *testing.T) {
	file := zipOf(t, content{"bootstrap", []byte("#!/bin/sh\n")})
	digest, base := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	m := &Image{SHA256: strings.Repeat("3", 64), Digest: digest}
	_, bom := mustMake(t, Config{File: file, Name: "hello-amd64.oci.tar", Image: m, Toolchain: "sh"})
	subject := bom.Metadata.Component
	if subject.Type != cdx.ComponentTypeContainer || subject.Name != "hello-amd64.oci.tar" || (*subject.Hashes)[0].Value != m.SHA256 ||
		property(*subject, propertyDigest) != digest || property(*subject, propertyCode) != "" || property(*subject, propertyToolchain) != "sh" {
		t.Errorf("the subject is %+v", subject)
	}
	component(t, bom, "file:bootstrap")
	if len(*bom.Components) != 1 {
		t.Errorf("the components are %+v", *bom.Components)
	}
	m.Base = &ImageBase{Reference: "docker://public.ecr.aws/lambda/provided@" + base, Arch: "amd64", Digest: base}
	m.Certificates, m.Zones = "golang.org/x/crypto/x509roots/fallback v0.0.0-1", "IANA 2025c"
	_, bom = mustMake(t, Config{File: file, Image: m})
	below := component(t, bom, "image:"+base)
	if below.PackageURL != "pkg:oci/provided@"+base+"?arch=amd64&repository_url=public.ecr.aws%2Flambda%2Fprovided" || below.Name != "public.ecr.aws/lambda/provided" {
		t.Errorf("the base is %+v", below)
	}
	if c := component(t, bom, "certificates"); c.PackageURL != "pkg:golang/golang.org/x/crypto/x509roots/fallback@v0.0.0-1" {
		t.Errorf("the certificates are %+v", c)
	}
	if c := component(t, bom, "zones"); c.Version != "IANA 2025c" {
		t.Errorf("the time zones are %+v", c)
	}
	m.Base.Reference = "images/base.tar"
	_, bom = mustMake(t, Config{File: file, Image: m})
	if c := component(t, bom, "image:"+base); c.Name != "images/base.tar" || c.PackageURL != "" {
		t.Errorf("a base in a file is %+v", c)
	}
	m.SHA256 = "x"
	if _, err := Make(t.Context(), Config{File: file, Image: m}); err == nil {
		t.Error("a hash that is none is taken")
	}
}
