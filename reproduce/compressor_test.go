package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// A release that was packed with a different compressor is compared by contents, and
// the result says so.
func TestOtherCompressor(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	bootstrap := write("bootstrap", "#!/bin/sh\n"+strings.Repeat("echo some words that repeat, and some that do not: $1\n", 3000))
	write("asset", "an asset")

	// The compressor of bootzip's first releases.
	modfile := filepath.Join(t.TempDir(), "go.mod")
	for from, to := range map[string]string{"../go.mod": modfile, "../go.sum": strings.TrimSuffix(modfile, ".mod") + ".sum"} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	packed := func(name string, flags ...string) (file, packer string) {
		t.Helper()
		program := filepath.Join(t.TempDir(), "packer")
		command(append(append([]string{"build", "-o", program}, flags...), "../pack/testdata/packer")...)
		c := pack.Config{Root: root, Dist: filepath.Join(root, name), Inputs: []pack.Input{{
			Function: project.Function{Name: "hello", Runtime: project.AL2023, Assets: []project.Asset{{Name: "asset", Source: "asset"}}}, Arch: project.AMD64, Bootstrap: bootstrap,
		}}}
		if err := os.Mkdir(c.Dist, 0o755); err != nil {
			t.Fatal(err)
		}
		input, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program)
		cmd.Stdin = bytes.NewReader(input)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("packer: %v\n%s", err, out)
		}
		m, err := pack.ReadManifest(c.Dist)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(c.Dist, m.Zips[0].File), m.Packer
	}
	here, packerHere := packed("here")
	if !strings.HasSuffix(packerHere, pack.Compressor) {
		t.Errorf("packed with %q, want compressor %s", packerHere, pack.Compressor)
	}
	command("mod", "edit", "-replace=github.com/klauspost/compress=github.com/klauspost/compress@v1.11.4", modfile) // other modules require a newer one
	before, packerBefore := packed("before", "-mod=mod", "-modfile="+modfile)
	write("bootstrap", "#!/bin/sh\necho another program\n")
	other, _ := packed("other")

	compare := func(a, b string, packers ...string) RebuildResult {
		t.Helper()
		report, err := diff.Files(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		return RebuildResult{Zip: "hello-amd64.zip", Report: report, packers: [2]string(packers)}
	}
	r := compare(before, here, packerBefore, packerHere)
	if r.Report.Equal || !r.Matches() {
		t.Errorf("same content: equal is %v, matches %v: %+v", r.Report.Equal, r.Matches(), r.Report)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not their compressed bytes", "v1.11.4", pack.Compressor, "PASS hello-amd64.zip  content sha256:" + r.Report.A.Content} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	if r := compare(before, here, packerHere, packerHere); r.Matches() {
		t.Error("other bytes of the same compressor match")
	}
	if r := compare(before, other, packerBefore, packerHere); r.Matches() {
		t.Error("other content matches")
	}
	// The structure of the zip counts: a comment, an extra entry, data before it.
	for name, change := range map[string]func([]byte) []byte{
		"in front": func(b []byte) []byte { return append([]byte("#!/bin/sh\n"), b...) },
		"a comment": func(b []byte) []byte {
			b = bytes.Clone(b)
			b[len(b)-2] = 1
			return append(b, 'x')
		},
	} {
		data, err := os.ReadFile(before)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(t.TempDir(), "hello-amd64.zip")
		if err := os.WriteFile(changed, change(data), 0o644); err != nil {
			t.Fatal(err)
		}
		report, err := diff.Files(context.Background(), changed, here)
		if err != nil {
			continue // it is refused
		}
		if r := (RebuildResult{Report: report, packers: [2]string{packerBefore, packerHere}}); r.Matches() {
			t.Errorf("%s: it matches: %+v", name, r.Report)
		}
	}
}
