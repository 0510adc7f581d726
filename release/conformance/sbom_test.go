package conformance

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/release/sbom"
)

func run(t *testing.T, dir string, env []string, command ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func must(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	out, err := run(t, dir, env, command...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return out
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func zipOf(t *testing.T, contents map[string][]byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range contents {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "function.zip"), b.Bytes())
}

// validator returns a directory with validate.mjs and what it needs.
func validator(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	must(t, folder, nil, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps",
		"@cyclonedx/cyclonedx-library@10.3.0", "ajv@8", "ajv-formats@3", "ajv-formats-draft2019@1")
	script, err := os.ReadFile("validate.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "validate.mjs"), script)
	return folder
}

// The documents are those of a Go program with modules, alone and in a zip, of a
// script, and of a zip about which nothing is known.
func TestBillsOfMaterials(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_SCHEMAS") != "1" {
		t.Skip("BOOTZIP_TEST_SCHEMAS=1 is not set")
	}
	folder := validator(t)

	program := filepath.Join(t.TempDir(), "bootstrap")
	must(t, ".", []string{"CGO_ENABLED=0"}, "go", "build", "-o", program, "./program")
	golang, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	all := sbom.Config{
		Name: "function.zip", Version: "v1.2.3", BootzipVersion: "v0.4.0", Toolchain: "go1.26.8",
		Packages: []string{"libstdc++-14-dev:amd64=14.2.0-19", "dash:amd64=1:0.5.12-12~deb13+u1", "base-files:amd64=13.8"},
		Time:     time.Unix(1700000000, 0), Supplier: sbom.Supplier{Name: "acme", URL: "https://example.com/acme/p"},
		ModuleCache: must(t, ".", nil, "go", "env", "GOMODCACHE"),
	}
	inZip, alone := all, all
	inZip.File = zipOf(t, map[string][]byte{"bootstrap": golang, "data/ä.txt": []byte("x")})
	alone.File, alone.Name, alone.Packages = program, "", nil
	var files []string
	for name, c := range map[string]sbom.Config{
		"zip":     inZip,
		"program": alone,
		"script":  {File: zipOf(t, map[string][]byte{"bootstrap": []byte("#!/bin/sh\n")}), Packages: all.Packages},
		"data":    {File: zipOf(t, map[string][]byte{"x": []byte("x")})},
		"nothing": {File: zipOf(t, nil)},
		"image": {File: inZip.File, Name: "function.oci.tar", Toolchain: "go1.26.8", Image: &sbom.Image{
			SHA256: strings.Repeat("1", 64), Digest: "sha256:" + strings.Repeat("2", 64), Certificates: "golang.org/x/crypto/x509roots/fallback v0.0.0-1", Zones: "IANA 2025c",
			Base: &sbom.ImageBase{Reference: "docker://public.ecr.aws/lambda/provided@sha256:" + strings.Repeat("3", 64), Arch: "amd64", Digest: "sha256:" + strings.Repeat("3", 64)},
		}},
	} {
		data, err := sbom.Make(context.Background(), c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		files = append(files, write(t, filepath.Join(folder, name+".cdx.json"), data))
		if name != "zip" {
			continue
		}
		for _, want := range []string{"pkg:golang/github.com/in-toto/attestation@v", `"Apache-2.0"`, "bootzip:go:replaced-by-folder", "pkg:deb/debian/libstdc%2B%2B-14-dev@", "distro=debian-13", "2023-11-14T22:13:20Z"} {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("%s is not in\n%s", want, data)
			}
		}
		// The validator does find faults.
		for what, change := range map[string][2]string{
			"hash":    {`"SHA-256"`, `"SHA-255"`},
			"licence": {`"Apache-2.0"`, `"Apache-9"`},
			"field":   {`"lifecycles"`, `"lifecycle"`},
			"serial":  {`"urn:uuid:`, `"uuid:`},
		} {
			bad := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
			file := write(t, filepath.Join(folder, "bad-"+what+".cdx.json"), bad)
			if out, err := run(t, folder, nil, "node", "validate.mjs", file); err == nil || !strings.Contains(out, file) {
				t.Errorf("a bad %s is valid: %v %s", what, err, out)
			}
		}
	}
	must(t, folder, nil, append([]string{"node", "validate.mjs"}, files...)...)
}
