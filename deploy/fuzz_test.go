package deploy

import (
	"os"
	"path/filepath"
	"testing"
)

// Read may refuse any text, but must not fail in another way.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"Resources: {A: {Type: AWS::Lambda::Function, Properties: {Code: !Sub 'x${B}', Layers: !If [C, [a], !Ref D], Environment: {Variables: {X: !Join ['', [a]]}}}}}\nConditions: {C: !And [!Equals [a, a], !Not [{Condition: C}]]}",
		"service: x\nprovider: {architecture: \"${self:custom.a.${opt:s, 'b'}}\"}\nfunctions: [{a: {handler: b, package: {artifact: \"${self:service}\"}}}]",
		`{"planned_values": {"root_module": {"resources": [{"type": "aws_lambda_function", "address": "a", "values": {"layers": [null, 1]}}], "child_modules": [{}]}}}`,
		"variable \"a\" { default = 1 }\nlocals { b = var.a }\nresource \"aws_lambda_function\" \"x\" {\n  layers = [local.b]\n  environment { variables = { (var.a) = 1 } }\n}\n",
		"a: &a [*a]", "", "Resources: !Ref x",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, terraform bool) {
		name := "template.yaml"
		if terraform {
			name = "main.tf"
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Read(path)
		if err != nil {
			return
		}
		for _, e := range file.Functions {
			if e.Name == "" && file.Kind == Terraform {
				t.Errorf("an entry of %q has no name", text)
			}
		}
	})
}
