package pipeline

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// layerForms write a version of a layer in the form of each tool.
var layerForms = map[string]func(zip, arch, runtime string) string{
	"template.yaml": func(zip, arch, runtime string) string {
		return fmt.Sprintf("Transform: AWS::Serverless-2016-10-31\nResources:\n  TracerLayer:\n    Type: AWS::Serverless::LayerVersion\n    Properties:\n      ContentUri: %s\n      CompatibleArchitectures: [%s]\n      CompatibleRuntimes: [%s]\n", zip, arch, runtime)
	},
	"serverless.yml": func(zip, arch, runtime string) string {
		return fmt.Sprintf("service: x\nprovider: {name: aws}\nlayers:\n  tracer:\n    package: {artifact: %s}\n    compatibleArchitectures: [%s]\n    compatibleRuntimes: [%s]\n", zip, arch, runtime)
	},
	"main.tf": func(zip, arch, runtime string) string {
		return fmt.Sprintf("resource \"aws_lambda_layer_version\" \"tracer\" {\n  layer_name = \"x\"\n  filename = %q\n  compatible_architectures = [%q]\n  compatible_runtimes = [%q]\n}\n", zip, arch, runtime)
	},
	"plan.json": func(zip, arch, runtime string) string {
		return encode(map[string]any{"planned_values": map[string]any{"root_module": map[string]any{"resources": []any{map[string]any{
			"address": "aws_lambda_layer_version.tracer", "type": "aws_lambda_layer_version",
			"values": map[string]any{"layer_name": "x", "filename": zip, "compatible_architectures": []string{arch}, "compatible_runtimes": []string{runtime}},
		}}}}})
	},
}

// Each fault of a layer is found in each kind of file, and nothing is found in a good one.
func TestDeployLayers(t *testing.T) {
	for name, test := range map[string]struct{ zip, arch, runtime, want string }{
		"none":               {"dist/tracer-arm64.zip", "arm64", "provided.al2023", ""},
		"for others as well": {"dist/tracer-arm64.zip", "arm64", "nodejs22.x", ""},
		"other architecture": {"dist/tracer-arm64.zip", "x86_64", "provided.al2023", "architecture"},
		"other OS-only":      {"dist/tracer-arm64.zip", "arm64", "provided.al2", "runtime-ended runtime-other"},
		"ended runtime":      {"dist/tracer-arm64.zip", "arm64", "go1.x", "runtime-ended"},
		"missing zip":        {"dist/tracer-x86_64.zip", "arm64", "provided.al2023", "zip-missing"},
		"a function's zip":   {"dist/hello-arm64.zip", "arm64", "provided.al2023", "package-type"},
	} {
		for _, file := range slices.Sorted(maps.Keys(layerForms)) {
			t.Run(name+"/"+file, func(t *testing.T) {
				c := deployProject(t)
				f := project.Function{Name: "tracer", Kind: project.KindExtension, Arch: project.Architectures(), Runtime: project.AL2023}
				path := filepath.Join(c.Root, "dist", "tracer-arm64.zip")
				write(t, path, "a layer")
				sum, _, err := digest.File(path)
				if err != nil {
					t.Fatal(err)
				}
				c.Functions = append(c.Functions, f)
				c.Zips = append(c.Zips, Zip{Function: f, Target: verify.Target{Path: path}, Report: verify.Report{Path: path, Program: project.ARM64, SHA256: sum}})
				path = filepath.Join(c.Root, file)
				write(t, path, layerForms[file](test.zip, test.arch, test.runtime))
				got, report := findings(t, c, path)
				if strings.Join(got, " ") != test.want || report.Deploy.Layers != 1 || report.Deploy.Functions != 0 {
					t.Errorf("found %q, want %q: %v", got, test.want, report.Results)
				}
			})
		}
	}
	// A layer's zip that is deployed as a function.
	for _, file := range slices.Sorted(maps.Keys(forms)) {
		c := deployProject(t)
		f := project.Function{Name: "tracer", Kind: project.KindLayer, Arch: project.Architectures(), Runtime: project.AL2023}
		path := filepath.Join(c.Root, "dist", "tracer-arm64.zip")
		write(t, path, "a layer")
		c.Functions = append(c.Functions, f)
		c.Zips = append(c.Zips, Zip{Function: f, Target: verify.Target{Path: path}})
		path = filepath.Join(c.Root, file)
		write(t, path, forms[file](entryText{name: "tracer", zip: "dist/tracer-arm64.zip", runtime: "provided.al2023", arch: "arm64", handler: "x"}))
		if got, report := findings(t, c, path); strings.Join(got, " ") != "package-type" {
			t.Errorf("%s: found %q: %v", file, got, report.Results)
		}
	}
}

// A template that CDK made, and another tool's layers.
func TestDeployLayersOfOthers(t *testing.T) {
	c := deployProject(t)
	path := filepath.Join(c.Root, "x.template.json")
	write(t, path, `{"Resources": {
		"Deps": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Bucket": "b", "S3Key": "k"}, "CompatibleRuntimes": ["nodejs14.x"]}},
		"Python": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/python", "CompatibleArchitectures": {"Ref": "X"}}}}}`)
	if got, report := findings(t, c, path); len(got) > 0 {
		t.Errorf("found %q: %v", got, report.Results)
	}
}

// DeployedZips returns the zips of functions with a bootstrap, and of layers that such
// functions may have.
func TestDeployedZips(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"hello", "python", "tracer", "any", "deps", "both"} {
		write(t, filepath.Join(dir, name+".zip"), "a zip")
	}
	path := filepath.Join(dir, "template.yaml")
	write(t, path, `Resources:
  Any: {Type: AWS::Lambda::LayerVersion, Properties: {Content: any.zip}}
  Tracer: {Type: AWS::Lambda::LayerVersion, Properties: {Content: tracer.zip, CompatibleRuntimes: [nodejs22.x, provided.al2023]}}
  Deps: {Type: AWS::Lambda::LayerVersion, Properties: {Content: deps.zip, CompatibleRuntimes: [python3.13]}}
  Gone: {Type: AWS::Lambda::LayerVersion, Properties: {Content: gone.zip}}
  Twice: {Type: AWS::Lambda::LayerVersion, Properties: {Content: both.zip}}
  Both: {Type: AWS::Lambda::Function, Properties: {Code: both.zip, Runtime: provided.al2023}}
  Hello: {Type: AWS::Lambda::Function, Properties: {Code: hello.zip, Runtime: provided.al2023}}
  Python: {Type: AWS::Lambda::Function, Properties: {Code: python.zip, Runtime: python3.13}}
`)
	f, err := deploy.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	functions, layers := DeployedZips([]deploy.File{f})
	got := strings.ReplaceAll(fmt.Sprint(functions, layers), dir+string(filepath.Separator), "")
	if want := "[both.zip hello.zip] [any.zip tracer.zip]"; got != want {
		t.Errorf("zips are %s, want %s", got, want)
	}
}
