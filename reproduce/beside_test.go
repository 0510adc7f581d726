package reproduce

import (
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/release/attest"
)

// A second build has the modules beside the project that the first used, since the
// entire repository is checked out.
func TestModulesBesideTheProject(t *testing.T) {
	emptyTemp(t)
	version, _, _ := strings.Cut(runtime.Version(), " ")
	lines := "\ngo 1.24\n\ntoolchain " + version + "\n"
	const require = "\nrequire example.com/shared v0.0.0\n"
	for what, files := range map[string]map[string]string{
		"by replace": {"svc/go.mod": "module example.com/svc\n" + lines + require + "\nreplace example.com/shared => ../shared\n"},
		"by go.work": {"svc/go.mod": "module example.com/svc\n\ngo 1.24\n", "go.work": lines + "\nuse (\n\t./svc\n\t./shared\n)\n"},
	} {
		t.Run(what, func(t *testing.T) {
			files["svc/main.go"] = "package main // AWS_LAMBDA_RUNTIME_API\n\nimport \"example.com/shared\"\n\nfunc main() { println(shared.Word) }\n"
			files["shared/go.mod"] = "module example.com/shared\n\ngo 1.24\n"
			files["shared/shared.go"] = "package shared\n\nconst Word = \"beside\"\n"
			r := newRepository(t, files)
			r.git("rm", "--quiet", "go.mod")
			r.commit()
			got, err := r.reproduce("svc")
			if err != nil {
				t.Fatal(err)
			}
			if !got.OK() || len(got.Dirty) > 0 {
				t.Errorf("result is %+v", got)
			}
			file := r.release("svc", func(p *attest.Provenance) { p.Folder = "svc" })
			again, err := r.rebuild(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !again.Report.Equal || len(again.Differences) > 0 {
				t.Errorf("rebuilt: %+v", again)
			}
			if what == "by go.work" && again.Provenance.Materials.ModuleFiles[0].Name != "../go.work" {
				t.Errorf("module files are %+v", again.Provenance.Materials.ModuleFiles)
			}
		})
	}
}
