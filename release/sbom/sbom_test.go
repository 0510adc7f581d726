package sbom

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/bootzip/bootzip/internal/hint"
)

// command runs the go command in a directory, without a network.
func command(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	if system, ok := strings.CutPrefix(args[0], "build for "); ok {
		args = append([]string{"build", "-trimpath", "-ldflags=-s -w", "-buildvcs=false"}, args[1:]...)
		cmd.Args = append([]string{"go"}, args...)
		cmd.Env = append(cmd.Env, "GOOS="+system, "GOARCH=amd64")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write1(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// program builds a Go program with a module from the cache under another
// version's name, and one from a directory.
func program(t *testing.T, system string) []byte {
	t.Helper()
	version := command(t, ".", "list", "-m", "-f", "{{.Version}}", "golang.org/x/mod")
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write1(t, filepath.Join(dir, "go.mod"), []byte("module example.com/Program\n\ngo 1.24.0\n\nrequire (\n\tgolang.org/x/mod v0.1.0\n\texample.com/local v1.0.0\n)\n\n"+
		"replace golang.org/x/mod => golang.org/x/mod "+version+"\n\nreplace example.com/local => ./secret-folder\n"))
	write1(t, filepath.Join(dir, "go.sum"), sums)
	write1(t, filepath.Join(dir, "main.go"), []byte("package main\n\nimport (\n\t\"example.com/local\"\n\t\"golang.org/x/mod/semver\"\n)\n\nfunc main() { println(semver.Major(local.Version)) }\n"))
	write1(t, filepath.Join(dir, "secret-folder", "go.mod"), []byte("module example.com/local\n\ngo 1.24.0\n"))
	write1(t, filepath.Join(dir, "secret-folder", "local.go"), []byte("package local\n\nvar Version = \"v1.0.0\"\n"))
	command(t, dir, "build for "+system, "-o", "bootstrap", ".")
	return readFile(t, filepath.Join(dir, "bootstrap"))
}

// manyModules builds a program with modules that this module itself requires.
func manyModules(t *testing.T) string {
	t.Helper()
	mod := strings.Replace(string(readFile(t, "../../go.mod")), "module github.com/bootzip/bootzip\n", "module example.com/many\n", 1)
	dir := t.TempDir()
	write1(t, filepath.Join(dir, "go.mod"), []byte(mod))
	write1(t, filepath.Join(dir, "go.sum"), readFile(t, "../../go.sum"))
	write1(t, filepath.Join(dir, "main.go"), []byte(`package main

import (
	_ "github.com/CycloneDX/cyclonedx-go"
	_ "github.com/aws/aws-lambda-go/events"
	_ "github.com/google/licensecheck"
	_ "github.com/mholt/archiver/v3"
	_ "go.yaml.in/yaml/v4"
	_ "golang.org/x/mod/semver"
)

func main() {}
`))
	command(t, dir, "build", "-o", "bootstrap", ".") // as the tests are built, so that much is in the cache
	return filepath.Join(dir, "bootstrap")
}

type content struct {
	name string
	data []byte
}

func zipOf(t *testing.T, contents ...content) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, c := range contents {
		f, err := w.Create(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(c.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "hello-amd64.zip")
	write1(t, name, b.Bytes())
	return name
}

func mustMake(t *testing.T, c Config) ([]byte, cdx.BOM) {
	t.Helper()
	data, err := Make(context.Background(), c)
	if err != nil {
		t.Fatal(err, hint.Of(err))
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	return data, bom
}

func component(t *testing.T, bom cdx.BOM, ref string) cdx.Component {
	t.Helper()
	for _, c := range *bom.Components {
		if c.BOMRef == ref {
			return c
		}
	}
	t.Fatalf("there is no component %q", ref)
	return cdx.Component{}
}

func property(c cdx.Component, name string) string {
	if c.Properties != nil {
		for _, p := range *c.Properties {
			if p.Name == name {
				return p.Value
			}
		}
	}
	return ""
}

func moduleCache(t *testing.T) string { return command(t, ".", "env", "GOMODCACHE") }

// shown returns the modules that `go version -m` prints, as "PATH VERSION SUM". A replaced
// module is listed as its replacement.
func shown(t *testing.T, file string) (list []string, version string) {
	t.Helper()
	for i, line := range strings.Split(command(t, ".", "version", "-m", file), "\n") {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		switch {
		case i == 0:
			_, version, _ = strings.Cut(line, ": ")
		case fields[0] == "mod" || fields[0] == "dep":
			list = append(list, strings.Join(fields[1:], " "))
		case fields[0] == "=>":
			list = list[:len(list)-1]
			list = append(list, strings.Join(fields[1:], " "))
		}
	}
	slices.Sort(list)
	return list, version
}

// listed returns the same for a document.
func listed(bom cdx.BOM) (list []string, version string) {
	for _, c := range *bom.Components {
		switch {
		case c.Name == "stdlib":
			version = "go" + c.Version
		case strings.HasPrefix(c.PackageURL, "pkg:golang/"):
			v := c.Version
			if v == "" {
				v = devel
			}
			list = append(list, strings.TrimSpace(c.Name+" "+v+" "+property(c, propertySum)))
		}
	}
	slices.Sort(list)
	return list, version
}

func TestModulesAreThoseOfGoVersion(t *testing.T) {
	bootstrap := manyModules(t)
	want, version := shown(t, bootstrap)
	for name, file := range map[string]string{"program": bootstrap, "zip": zipOf(t, content{"bootstrap", readFile(t, bootstrap)})} {
		_, bom := mustMake(t, Config{File: file, ModuleCache: moduleCache(t)})
		got, gotVersion := listed(bom)
		if len(want) < 10 {
			t.Fatalf("%s: only %v is shown", name, want)
		}
		if !slices.Equal(got, want) || gotVersion != version {
			t.Errorf("%s: listed is\n%s %s\nand go version -m shows\n%s %s", name, gotVersion, strings.Join(got, "\n"), version, strings.Join(want, "\n"))
		}
		for _, c := range *bom.Components {
			if c.Name == "github.com/CycloneDX/cyclonedx-go" {
				if c.PackageURL != "pkg:golang/github.com/cyclonedx/cyclonedx-go@"+c.Version {
					t.Errorf("%s: package URL %s", name, c.PackageURL)
				}
				if c.Licenses == nil || (*c.Licenses)[0].License.ID != "Apache-2.0" {
					t.Errorf("%s: licences %+v", name, c.Licenses)
				}
			}
		}
	}
}

func TestZip(t *testing.T) {
	golang := program(t, "linux")
	asset := []byte("{}")
	file := zipOf(t, content{"bootstrap", golang}, content{"data/config.json", asset})
	data, bom := mustMake(t, Config{
		File: file, Version: "v1.2.3", BootzipVersion: "v0.4.0", Toolchain: "go1.26.8",
		Time: time.Date(2026, 5, 6, 7, 8, 9, 0, time.FixedZone("", 3600)), Supplier: Supplier{"acme", "https://example.com/acme/p"},
		Packages: []string{"libc6:amd64=2.41-12", "dash:amd64=0.5.12-12", "base-files:amd64=13.8+deb13u1"}, ModuleCache: moduleCache(t),
	})
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(whole)
	subject := bom.Metadata.Component
	if subject.Name != "hello-amd64.zip" || subject.Version != "v1.2.3" || (*subject.Hashes)[0].Value != hex.EncodeToString(sum[:]) ||
		property(*subject, propertyCode) != base64.StdEncoding.EncodeToString(sum[:]) || property(*subject, propertyToolchain) != "go1.26.8" {
		t.Errorf("subject %+v", subject)
	}
	if tool := (*bom.Metadata.Tools.Components)[0]; tool.Name != "bootzip" || tool.Version != "v0.4.0" {
		t.Errorf("tool %+v", tool)
	}
	for name, content := range map[string][]byte{"bootstrap": golang, "data/config.json": asset} {
		sum := sha256.Sum256(content)
		if c := component(t, bom, "file:"+name); c.Type != cdx.ComponentTypeFile || (*c.Hashes)[0].Value != hex.EncodeToString(sum[:]) {
			t.Errorf("file %+v", c)
		}
	}
	bootstrap := component(t, bom, "file:bootstrap")
	if property(bootstrap, propertySetting+"GOARCH") != "amd64" || property(bootstrap, propertyPackage) != "example.com/Program" {
		t.Errorf("bootstrap %+v", *bootstrap.Properties)
	}
	if bytes.Contains(data, []byte("secret-folder")) {
		t.Errorf("a path is in it:\n%s", data)
	}
	if m := bom.Metadata; m.Timestamp != "2026-05-06T06:08:09Z" || m.Supplier.Name != "acme" || subject.Supplier.Name != "acme" {
		t.Errorf("time and supplier: %+v", m)
	}

	version := command(t, ".", "list", "-m", "-f", "{{.Version}}", "golang.org/x/mod")
	replaced := component(t, bom, "go:golang.org/x/mod@v0.1.0=>golang.org/x/mod@"+version)
	if replaced.Version != version || replaced.PackageURL != "pkg:golang/golang.org/x/mod@"+version ||
		property(replaced, propertyReplaces) != "golang.org/x/mod@v0.1.0" || !strings.HasPrefix(property(replaced, propertySum), "h1:") ||
		len(*replaced.Hashes) != 1 || len((*replaced.Hashes)[0].Value) != 64 {
		t.Errorf("replaced module %+v", replaced)
	}
	if l := *replaced.Licenses; len(l) != 1 || l[0].License.ID != "BSD-3-Clause" || l[0].License.Acknowledgement != cdx.LicenseAcknowledgementConcluded {
		t.Errorf("licences %+v", l)
	}
	if l := *replaced.Evidence.Licenses; len(l) != 1 || l[0].License.ID != "BSD-3-Clause" {
		t.Errorf("evidence %+v", l)
	}
	local := component(t, bom, "go:example.com/local@v1.0.0=>")
	if local.PackageURL != "" || local.Version != "v1.0.0" || local.Licenses != nil || property(local, propertyDirectory) != "true" {
		t.Errorf("module from a folder %+v", local)
	}
	if main := component(t, bom, "go:example.com/Program@v1.2.3"); main.Version != "v1.2.3" || main.PackageURL != "pkg:golang/example.com/program" {
		t.Errorf("main module %+v", main)
	}
	// The packages took part in the build, but are not in the zip.
	packages := *(*bom.Formulation)[0].Components
	if p := packages[2]; len(packages) != 3 || p.BOMRef != "deb:libc6:amd64=2.41-12" || p.Supplier.Name != "Debian" ||
		p.PackageURL != "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13" {
		t.Errorf("packages %+v", packages)
	}
	checkGraph(t, bom)
	if on := dependsOn(bom, "subject"); !slices.Equal(on, []string{"file:bootstrap", "file:data/config.json"}) {
		t.Errorf("the zip depends on %v", on)
	}
	if on := dependsOn(bom, "file:bootstrap"); len(on) != 4 {
		t.Errorf("the bootstrap depends on %v", on)
	}
	if got := aggregate(bom, "file:bootstrap"); got != cdx.CompositionAggregateComplete {
		t.Errorf("the bootstrap's dependencies are %s", got)
	}
	if got := aggregate(bom, local.BOMRef); got != cdx.CompositionAggregateUnknown {
		t.Errorf("a module's dependencies are %s", got)
	}
}

func dependsOn(bom cdx.BOM, ref string) []string {
	for _, d := range *bom.Dependencies {
		if d.Ref == ref && d.Dependencies != nil {
			return *d.Dependencies
		}
	}
	return nil
}

func aggregate(bom cdx.BOM, ref string) cdx.CompositionAggregate {
	for _, c := range *bom.Compositions {
		if c.Dependencies != nil && slices.Contains(*c.Dependencies, cdx.BOMReference(ref)) {
			return c.Aggregate
		}
	}
	return ""
}

// checkGraph checks that references are unique and lead somewhere.
func checkGraph(t *testing.T, bom cdx.BOM) {
	t.Helper()
	refs := []string{bom.Metadata.Component.BOMRef}
	for _, c := range *bom.Components {
		refs = append(refs, c.BOMRef)
	}
	if slices.Sort(refs[1:]); len(slices.Compact(slices.Clone(refs))) != len(refs) {
		t.Errorf("a reference is there twice: %v", refs)
	}
	for _, d := range *bom.Dependencies {
		for _, on := range append([]string{d.Ref}, dependsOn(bom, d.Ref)...) {
			if !slices.Contains(refs, on) {
				t.Errorf("%q leads nowhere", on)
			}
		}
	}
}

var uuid = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestSameBytes(t *testing.T) {
	golang := program(t, "linux")
	c := Config{File: zipOf(t, content{"bootstrap", golang}), Packages: []string{"libc6:amd64=2.41-12", "dash:amd64=0.5.12-12"}, ModuleCache: moduleCache(t)}
	one, bom := mustMake(t, c)
	if !uuid.MatchString(bom.SerialNumber) {
		t.Errorf("serial number %s", bom.SerialNumber)
	}
	other := c
	other.File = zipOf(t, content{"bootstrap", golang})
	other.Packages = []string{"dash:amd64=0.5.12-12", "libc6:amd64=2.41-12", "dash:amd64=0.5.12-12"}
	if two, _ := mustMake(t, other); !bytes.Equal(one, two) {
		t.Errorf("another folder and order give\n%s\nand not\n%s", two, one)
	}
	other.Version = "v1.0.0"
	if _, changed := mustMake(t, other); changed.SerialNumber == bom.SerialNumber {
		t.Error("two documents have one serial number")
	}
}
