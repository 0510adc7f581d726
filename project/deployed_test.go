package project

import (
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// The names under which functions are deployed: the file's, a function's own, in a stage.
func TestDeployedNames(t *testing.T) {
	p, err := Load(tree(t, map[string]string{
		"go.mod": "module example.com/x\n", "a/main.go": program, "b/main.go": program,
		ConfigFile: "deploy: shop-${stage}-${function}\nfunctions:\n  a:\n  b: {deploy: [b-eu, 'b-${stage}']}\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "shop-prod-a", "b": "b-eu b-prod"}
	for _, f := range p.Functions {
		got, err := f.DeployedNames("prod")
		if err != nil || strings.Join(got, " ") != want[f.Name] {
			t.Errorf("%s is deployed as %q, want %q (%v)", f.Name, got, want[f.Name], err)
		}
		for _, name := range got {
			if !f.IsDeployedAs(name) {
				t.Errorf("%s is not deployed as %s", f.Name, name)
			}
		}
		for _, name := range []string{"", "shop--a", "shop-prod-c", "xb-eu", "shop-prod-" + f.Name + "2"} {
			if f.IsDeployedAs(name) {
				t.Errorf("%s is deployed as %q", f.Name, name)
			}
		}
		if _, err := f.DeployedNames(""); err == nil || !strings.Contains(hint.Of(err), "--stage") {
			t.Errorf("without a stage: %v", err)
		}
		if _, err := f.DeployedNames(strings.Repeat("x", 64)); err == nil {
			t.Error("a name of more than 64 characters is taken")
		}
	}
}
