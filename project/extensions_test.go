package project

import "testing"

// A program that registers an extension, itself or through a package of the project, is
// not a function: its zip is a layer, and the boot check sends it no event.
func TestKindOfMainPackages(t *testing.T) {
	const (
		client = "package extension\n\n// AWS_LAMBDA_RUNTIME_API\nconst header = \"Lambda-Extension-Name\"\n\nfunc Register() {}\n"
		via    = "package main\n\nimport \"example.com/proj/extension\"\n\nfunc main() { extension.Register() }\n"
	)
	for name, c := range map[string]struct {
		main string
		want Kind
	}{
		"by a package":      {via, KindExtension},
		"by itself":         {"package main\n\n// AWS_LAMBDA_RUNTIME_API lambda-extension-name\nfunc main() {}\n", KindExtension},
		"address read here": {"package main\n\n// AWS_LAMBDA_RUNTIME_API\nimport \"example.com/proj/extension\"\n\nfunc main() { extension.Register() }\n", KindExtension},
		"own runtime":       {"package main\n\n// AWS_LAMBDA_RUNTIME_API /2018-06-01/runtime/invocation/next\nfunc main() {}\n", ""},
		"own runtime with an internal extension": {
			"package main\n\n// /2018-06-01/runtime/invocation/next\nimport \"example.com/proj/extension\"\n\nfunc main() { extension.Register() }\n", ""},
		"function with an internal extension": {
			"package main\n\nimport (\n\t\"example.com/proj/extension\"\n\t\"github.com/aws/aws-lambda-go/lambda\"\n)\n\nfunc main() { extension.Register(); lambda.Start(nil) }\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Load(tree(t, map[string]string{
				"go.mod":                 "module example.com/proj\n",
				"extension/extension.go": client,
				"cmd/a/main.go":          c.main,
			}))
			if err != nil || len(p.Functions) != 1 || p.Functions[0].Kind != c.want {
				t.Errorf("functions are %+v (%v), want one of kind %q", p.Functions, err, c.want)
			}
		})
	}
}
