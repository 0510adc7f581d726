package conformance

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
)

// The files of a real release, in the directory BOOTZIP_TEST_RELEASE: statements
// and bills of materials are valid, and the modules in the bills are those
// that `go version -m` finds in the programs.
func TestRelease(t *testing.T) {
	dir := os.Getenv("BOOTZIP_TEST_RELEASE")
	if dir == "" {
		t.Skip("BOOTZIP_TEST_RELEASE names no folder with a release")
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	subjects := validProvenance(t, read("provenance.intoto.json"))
	if len(subjects.GetBuildDefinition().GetResolvedDependencies()) < 2 {
		t.Errorf("dependencies: %v", subjects.GetBuildDefinition().GetResolvedDependencies())
	}
	var result testresult.TestResult
	decode(t, read("verify.intoto.json"), "https://in-toto.io/attestation/test-result/v0.1", &result)
	if result.GetResult() == "FAILED" || len(result.GetPassedTests()) == 0 {
		t.Errorf("result %q, %d passed", result.GetResult(), len(result.GetPassedTests()))
	}

	folder := validator(t)
	bills, err := filepath.Glob(filepath.Join(dir, "*.cdx.json"))
	if err != nil || len(bills) == 0 {
		t.Fatalf("bills of materials: %v, %v", bills, err)
	}
	must(t, folder, nil, append([]string{"node", "validate.mjs"}, bills...)...)
	for _, bill := range bills {
		program := strings.TrimSuffix(bill, ".cdx.json")
		switch {
		case exists(program + ".zip"):
			program = bootstrapOf(t, program+".zip")
		case exists(program + ".exe"):
			program += ".exe"
		}
		got, released := billed(t, bill)
		if want := modulesOf(t, program, released); !slices.Equal(got, want) {
			t.Errorf("%s has the modules\n%q\nand the program\n%q", filepath.Base(bill), got, want)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func bootstrapOf(t *testing.T, name string) string {
	t.Helper()
	r, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.Open("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "bootstrap"), data)
}

// modulesOf returns the modules "PATH@VERSION" that the go command finds in a program, sorted.
// The main module has the release's version, which the go command does not know.
func modulesOf(t *testing.T, program, released string) []string {
	t.Helper()
	modules := []string{}
	for _, line := range strings.Split(must(t, "", nil, "go", "version", "-m", program), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) < 3:
		case words[0] == "mod":
			modules = append(modules, words[1]+"@"+released)
		case words[0] == "dep" && words[2] != "(devel)":
			modules = append(modules, words[1]+"@"+words[2])
		}
	}
	slices.Sort(modules)
	return modules
}

// billed returns the modules of a bill of materials, by their package URLs, without the
// standard library, sorted. The bill's subject has the release's version.
func billed(t *testing.T, bill string) (modules []string, released string) {
	t.Helper()
	data, err := os.ReadFile(bill)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Metadata   struct{ Component struct{ Version string } }
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	for _, c := range document.Components {
		if strings.HasPrefix(c.PURL, "pkg:golang/") && c.Name != "std" && strings.HasPrefix(c.Version, "v") {
			modules = append(modules, c.Name+"@"+c.Version)
		}
	}
	slices.Sort(modules)
	return modules, document.Metadata.Component.Version
}
