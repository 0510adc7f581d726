package attest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

var update = flag.Bool("update", false, "write the expected files anew")

// example returns the example of docs/provenance.md.
func example() Provenance {
	return Provenance{
		Subjects: []Subject{
			{"hello-amd64.zip", "f0ea2c73868b5bd22eb6b9a23dd14953025fd3d2e02217d948d21bd2769f91e6"},
			{"hello-arm64.zip", "d00b706cdaa5a70b11f813b905cde422fcf75b3b1362d49342436b8537068163"},
			{"manifest.json", "949320a7083152fba6a7c83e21a5d86eb480342af91f4dff53d1ed71ddab2b16"},
		},
		Repository: "https://github.com/owner/name",
		Tag:        "v1.2.3",
		Commit:     "0123456789abcdef0123456789abcdef01234567",
		Folder:     ".",
		Functions:  []string{"hello"},
		Bases: []Base{
			{"docker://public.ecr.aws/lambda/provided@sha256:" + strings.Repeat("0", 64), "amd64", "sha256:" + strings.Repeat("3", 64)},
			{"images/base.oci.tar", "arm64", "sha256:" + strings.Repeat("2", 64)},
		},
		Packer:         "archiver/v3 v3.5.1, klauspost/compress v1.19.2",
		BootzipVersion: "v0.4.0",
		Materials: build.Materials{
			Engine: "docker",
			Toolchains: []build.Toolchain{{
				Version: "go1.26.8",
				Module:  "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64",
				Sum:     "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
			}},
			Programs: []build.Program{{
				Function: "hello", GoVersion: "go1.26.8",
				Flags: []string{"-ldflags=-s -w -buildid= -linkmode=internal -X 'main.version=v1.2.3'", "-tags=lambda.norpc"},
			}},
			BaseImage:   "debian:trixie-slim@sha256:d7e12182ce18b85b93007c1dedf31f2d29e01ccf3182cc4017c709b6259bc132",
			BaseImageID: "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210",
			ImageRecipe: "4f3c2b1a09182736",
			ImageID:     "sha256:1111111111111111111111111111111111111111111111111111111111111111",
			Packages:    []string{"libc6:amd64=2.41-12", "dash:amd64=0.5.12-12"},
			LockSHA256:  "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
			ModuleFiles: []build.ModuleFile{
				{Name: "go.mod", SHA256: "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"},
				{Name: "go.sum", SHA256: "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"},
			},
			Flags:       []string{"-trimpath", "-buildvcs=false"},
			Environment: []string{"CGO_ENABLED=0", "GOOS=linux", "GOAMD64=v1"},
		},
	}
}

func mustWrite(t *testing.T, c Provenance) []byte {
	t.Helper()
	data, err := EncodeProvenance(c)
	if err != nil {
		t.Fatal(err, hint.Of(err))
	}
	return data
}

func TestProvenanceIsAsDocumented(t *testing.T) {
	data := mustWrite(t, example())
	const name = "testdata/provenance.intoto.json"
	if *update {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("written is:\n%s", data)
	}
	page, err := os.ReadFile("../../docs/provenance.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, want) {
		t.Errorf("docs/provenance.md does not have the example of %s", name)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	one, other := example(), example()
	one.Functions = []string{"hello", "world"}
	other.Functions = []string{"world", "hello"}
	slices.Reverse(other.Subjects)
	slices.Reverse(other.Materials.Packages)
	a, b := mustWrite(t, one), mustWrite(t, other)
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
	if other.Subjects[0].Name != "manifest.json" || other.Functions[0] != "world" || other.Materials.Packages[0] != "dash:amd64=0.5.12-12" {
		t.Error("the caller's own lists were sorted")
	}
}

// Other builders need not sort their dependencies, or the keys of an object.
func TestDependenciesAreReadInAnyOrder(t *testing.T) {
	var statement map[string]any
	if err := json.Unmarshal(mustWrite(t, example()), &statement); err != nil {
		t.Fatal(err)
	}
	definition := statement["predicate"].(map[string]any)["buildDefinition"].(map[string]any)
	dependencies := definition["resolvedDependencies"].([]any)
	want, err := ReadProvenance(mustWrite(t, example()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range dependencies {
		dependencies = append(dependencies[1:], dependencies[0])
		definition["resolvedDependencies"] = dependencies
		data, err := json.Marshal(statement)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadProvenance(data, nil); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nis read as\n%+v; %v", data, got, err)
		}
	}
}

// The image's id changes whenever an image is made, so it would make each release differ.
func TestImageIDIsLeftOut(t *testing.T) {
	c := example()
	data := mustWrite(t, c)
	c.Materials.ImageID = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	if !bytes.Equal(data, mustWrite(t, c)) || bytes.Contains(data, []byte("11111111")) {
		t.Error("the image's id is in the provenance")
	}
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	minimal := Provenance{
		Subjects: []Subject{{"x.zip", strings.Repeat("a", 64)}}, Commit: strings.Repeat("b", 64),
		Materials: build.Materials{Engine: "host"},
	}
	installed := minimal
	installed.Materials = build.Materials{Engine: "sandbox", Toolchains: []build.Toolchain{{Version: "go1.25.1"}, {Version: "go1.26.8"}},
		Programs: []build.Program{{Function: "a", GoVersion: "go1.26.8", Cgo: "static"}, {Function: "b", Kind: project.KindExtension, GoVersion: "go1.25.1"}}}
	installed.Builder = "https://github.com/actions/runner/github-hosted"
	mixed := example()
	other := mixed.Materials.Toolchains[0]
	other.Module = strings.Replace(other.Module, "amd64", "arm64", 1)
	mixed.Materials.Toolchains = append(mixed.Materials.Toolchains, other)
	withoutTag := example()
	withoutTag.Tag = ""
	for name, c := range map[string]Provenance{"all": example(), "minimal": minimal, "several, installed": installed, "several architectures": mixed, "no tag": withoutTag} {
		data := mustWrite(t, c)
		got, err := ReadProvenance(data, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Signed {
			t.Errorf("%s: it is taken for signed", name)
		}
		if again := mustWrite(t, got); !bytes.Equal(again, data) {
			t.Errorf("%s: written again it is\n%s", name, again)
		}
		c.Materials.ImageID = ""
		c.Builder = cmp.Or(c.Builder, localBuilder)
		slices.Sort(c.Materials.Packages)
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: read as\n%+v, want\n%+v", name, got, c)
		}
	}
}

func TestDefaultBuilder(t *testing.T) {
	if got, err := ReadProvenance(mustWrite(t, example()), nil); err != nil || got.Materials.Engine != "docker" || got.Builder != localBuilder {
		t.Errorf("%+v, %v", got, err)
	}
}

// A provenance that would be refused by ReadProvenance is not written.
func TestBadConfig(t *testing.T) {
	for name, spoil := range map[string]func(*Provenance){
		"no subjects":       func(c *Provenance) { c.Subjects = nil },
		"a path":            func(c *Provenance) { c.Subjects[0].Name = "dist/hello.zip" },
		"upper case digest": func(c *Provenance) { c.Subjects[0].SHA256 = strings.ToUpper(c.Subjects[0].SHA256) },
		"no commit":         func(c *Provenance) { c.Commit = "" },
		"short commit":      func(c *Provenance) { c.Commit = "0123456" },
		"no engine":         func(c *Provenance) { c.Materials.Engine = "" },
		"credentials":       func(c *Provenance) { c.Repository = "https://me:secret@github.com/owner/name" },
		"a local clone":     func(c *Provenance) { c.Repository = "file:///srv/name" },
		"no module hash":    func(c *Provenance) { c.Materials.Toolchains[0].Sum = "" },
		"bad module hash":   func(c *Provenance) { c.Materials.Toolchains[0].Sum = "h1:AAAA" },
		"another Go":        func(c *Provenance) { c.Materials.Toolchains[0].Version = "go1.26.7" },
		"no toolchain":      func(c *Provenance) { c.Materials.Toolchains = nil },
		"no program of it":  func(c *Provenance) { c.Materials.Programs = nil },
		"no version of Go":  func(c *Provenance) { c.Materials.Programs[0].GoVersion = "1.26" },
		"program twice":     func(c *Provenance) { c.Materials.Programs = append(c.Materials.Programs, c.Materials.Programs[0]) },
		"no image id":       func(c *Provenance) { c.Materials.BaseImageID = "" },
		"bad package":       func(c *Provenance) { c.Materials.Packages = []string{"libc6"} },
		"function twice":    func(c *Provenance) { c.Functions = []string{"a", "a"} },
		"builder":           func(c *Provenance) { c.Builder = "me" },
	} {
		c := example()
		spoil(&c)
		if data, err := EncodeProvenance(c); err == nil {
			t.Errorf("%s: written as\n%s", name, data)
		}
	}
}
