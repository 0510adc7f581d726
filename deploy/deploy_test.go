package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Files are found by their usual names. Files of other tools are left out; those that
// are broken are not.
func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [b]")
	put(t, filepath.Join(dir, "template.yaml"), "words: only\n")
	put(t, filepath.Join(dir, "serverless.yml"), "service: x\nprovider: {name: aws}\nfunctions: {}\n")
	put(t, filepath.Join(dir, "a.tf"), "")
	put(t, filepath.Join(dir, ".old.tf"), "resource \"aws_lambda_function\" \"old\" {}")
	if err := os.Symlink("user@host.1:2", filepath.Join(dir, ".#main.tf")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err) // Emacs's lock
	}
	put(t, filepath.Join(dir, "b.tf"), `resource "aws_lambda_function" "x" {}`)
	put(t, filepath.Join(dir, "cdk.out", "A.template.json"), `{"Resources": {}}`)
	put(t, filepath.Join(dir, "cdk.out", "tree.json"), `{"Resources": {}}`)
	files, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprint(filepath.Base(f.Path), " ", f.Kind, " ", len(f.Functions)))
	}
	if want := "serverless.yml serverless.yml 0, a.tf Terraform configuration 1, A.template.json CloudFormation template 0"; strings.Join(got, ", ") != want {
		t.Errorf("found %q, want %q", strings.Join(got, ", "), want)
	}
	put(t, filepath.Join(dir, "template.json"), "{{ of another tool }\n")
	put(t, filepath.Join(dir, "c.tf"), "resource {\n")
	if files, err := Find(dir); err != nil || len(files) != 2 {
		t.Errorf("broken files of others: %v, %v", files, err)
	}
	put(t, filepath.Join(dir, "template.yml"), "# AWS::Lambda::Function\na: [\n")
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "template.yml") {
		t.Errorf("a broken file: %v", err)
	}
}

// Errors name the file, and the place in it if there is one.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"words.yaml": {"a: b\n", "not a deploy file"},
		"empty.yaml": {"", "not a deploy file"},
		"bad.json":   {"{\"Resources\": \n", "bad.json"},
		"bad.tf":     {"resource {\n", "bad.tf:1"},
		".old.tf":    {"", "Terraform reads"},
	} {
		_, err := Read(put(t, filepath.Join(dir, name[:3], name), c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"none.yaml", "none.tf"} {
		if _, err := Read(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Reading references that double in size at each level ends.
func TestDoubled(t *testing.T) {
	dir := t.TempDir()
	serverless := "service: x\nprovider: {name: aws}\nfunctions: {f: {handler: \"${self:a0}\"}}\n"
	hcl := "resource \"aws_lambda_function\" \"f\" {\n  handler = local.a0\n}\nlocals {\n  a60 = \"x\"\n"
	cloudformation := "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Handler: !If [C0, a, b]}}}\nConditions:\n  C45: !Equals [a, a]\n"
	for n := range 45 {
		serverless += fmt.Sprintf("a%d: \"${self:a%d}${self:a%d}\"\n", n, n+1, n+1)
		cloudformation += fmt.Sprintf("  C%d: !And [{Condition: C%d}, {Condition: C%d}]\n", n, n+1, n+1)
	}
	for n := range 60 {
		hcl += fmt.Sprintf("  a%d = \"${local.a%d}${local.a%d}\"\n", n, n+1, n+1)
	}
	serverless += "a45: x\n"
	subs := "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Handler: !Ref P0}}}\nParameters:\n  P45: {Default: x}\n"
	for n := range 45 {
		subs += fmt.Sprintf("  P%d: {Default: !Sub '${P%d}${P%d}'}\n", n, n+1, n+1)
	}
	for name, text := range map[string]string{
		"serverless.yml": serverless, "template.yaml": cloudformation, "main.tf": hcl + "}\n", "sub.yaml": subs,
		"join.yaml": strings.NewReplacer("!Sub '${", "!Join ['', [!Ref ", "}${", ", !Ref ", "}'}", "]]}").Replace(subs),
	} {
		began := time.Now()
		f, err := Read(put(t, filepath.Join(dir, name), text))
		if err != nil {
			t.Fatal(err)
		}
		if h := f.Functions[0].Handler; h.Unresolved == "" || !h.IsSet() {
			t.Errorf("%s: %.80q", name, h.Text)
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
}

// YAML's merge keys add the keys that a mapping does not have itself.
func TestMergeKeys(t *testing.T) {
	f, err := Read(put(t, filepath.Join(t.TempDir(), "serverless.yml"), `service: x
provider: {name: aws}
small: &small {memorySize: 128, timeout: 5}
shared: &shared
  <<: *small
  architecture: arm64
  runtime: provided.al2023
functions:
  one: {<<: *shared, handler: bootstrap, timeout: 9}
  two: {handler: bootstrap, <<: [{timeout: 7}, *shared]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for n, timeout := range []string{"9", "7"} {
		if g := f.Functions[n]; g.Timeout.Text != timeout || g.Memory.Text != "128" || g.Runtime.Text != "provided.al2023" || len(g.Architectures) != 1 || g.Architectures[0].Text != "arm64" {
			t.Errorf("function %d: %+v", n, g)
		}
	}
	many := "service: x\nprovider: {name: aws}\nfunctions: {}\na: &a {"
	for n := range 2000 {
		many += fmt.Sprintf("k%d: , ", n)
	}
	began := time.Now()
	if _, err := Read(put(t, filepath.Join(t.TempDir(), "serverless.yml"), many+"}\nb: ["+strings.Repeat("{<<: *a}, ", 2000)+"]\n")); err == nil || !strings.Contains(err.Error(), "merge keys") {
		t.Errorf("error is %v", err)
	}
	t.Logf("4,000,000 merged keys: %v", time.Since(began))
}

// The last of equal keys counts.
func TestEqualKeys(t *testing.T) {
	f, err := Read(put(t, filepath.Join(t.TempDir(), "template.yaml"), `
Transform: AWS::Serverless-2016-10-31
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {Handler: first}}
  B: {Type: AWS::Serverless::Function, Properties: {Handler: first, Timeout: 3, Handler: last}}
  A: {Type: AWS::Serverless::Function, Properties: {Handler: last}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Functions {
		if g.Handler.Text != "last" || len(f.Functions) != 2 {
			t.Errorf("%d functions, %s has the handler %q", len(f.Functions), g.Name, g.Handler.Text)
		}
	}
}

// The zips of the plugin and of the module in integrations.
func TestIntegrations(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"serverless.yml": {"service: x\nplugins: [serverless-bootzip]\ncustom: {bootzip: {project: ../app, functions: {api: web}}}\n" +
			"provider: {name: aws, runtime: provided.al2023}\nfunctions:\n  api: {handler: x}\n  job: {architecture: arm64}\n  own: {package: {artifact: own.zip}}\n  js: {runtime: nodejs22.x}\n  any: {architecture: '${file(x)}'}\n",
			"../app/dist/web-amd64.zip ../app/dist/job-arm64.zip own.zip  ?"},
		"modules.yml": {"service: x\nplugins: {modules: [serverless-bootzip]}\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n  api: {handler: x}\n", "dist/api-amd64.zip"},
		"without.yml": {"service: x\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n  api: {handler: x}\n", ""},
		"a/main.tf": {`
variable "arch" { default = "amd64" }
module "api" {
  source   = "github.com/bootzip/bootzip//integrations/terraform/bootzip-function?ref=v1.0.0"
  function = "web"
  project  = "${path.module}/.."
  arch     = var.arch
}
module "job" {
  source   = "../bootzip-function"
  function = "job"
  project  = "."
}
module "other" { source = "./other" }
resource "aws_lambda_function" "api" {
  filename      = module.api.filename
  architectures = module.api.architectures
}
resource "aws_lambda_function" "job" { filename = module.job.filename }
resource "aws_lambda_function" "other" { filename = module.other.filename }
`, "../dist/web-amd64.zip dist/job-arm64.zip ?"},
	} {
		f, err := Read(put(t, filepath.Join(dir, "x", name), c.text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range f.Functions {
			if text := e.Code.Text; e.Code.Unresolved != "" {
				got = append(got, "?")
			} else if text == "" {
				got = append(got, "")
			} else if rel, err := filepath.Rel(filepath.Dir(f.Path), text); err == nil {
				got = append(got, filepath.ToSlash(rel))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, " "), c.want)
		}
		if name == "a/main.tf" && f.Functions[0].Architectures[0].Text != "x86_64" {
			t.Errorf("%s: architectures are %v", name, f.Functions[0].Architectures)
		}
	}
}

// A function of serverless.yml without a name has one made from its service and stage.
func TestServerlessNames(t *testing.T) {
	for text, want := range map[string]string{
		"service: shop\nprovider: {name: aws}":                                   "shop-dev-web",
		"service: shop\nprovider: {name: aws, stage: prod}":                      "shop-prod-web",
		"service: shop\nprovider: {name: aws, stage: \"${opt:stage, 'test'}\"}":  "shop-test-web",
		"service: shop\nprovider: {name: aws, stage: \"${env:STAGE}\"}":          "?",
		"service: \"${file(x.yml):name}\"\nprovider: {name: aws}":                "?",
		"service: {name: \"${self:custom.x}\"}\nprovider: {}\ncustom: {x: shop}": "shop-dev-web",
		"service: {}\nprovider: {name: aws}":                                     "?",
	} {
		f, err := Read(put(t, filepath.Join(t.TempDir(), "serverless.yml"), text+"\nfunctions: {web: {handler: x}, own: {name: own}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(f.Functions[0].FunctionName, f.Functions[1].FunctionName); got != want+" own" {
			t.Errorf("%q in %s, want %q", got, text, want)
		}
	}
}

// Parameters of the stage win over those of all stages, and both over the default.
func TestServerlessParams(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "literal",
		"params: {dev: {b: other}}":   "literal",
		"params: {default: {a: all}}": "all",
		"params: {prod: {a: one}, default: {a: all}}":                       "all",
		"params: {dev: {a: one}, default: {a: all}}":                        "one",
		"params: {default: {a: '${self:custom.x}'}}\ncustom: {x: y}":        "y",
		"params: {default: {a: [x]}}":                                       "?",
		"params: {default: '${file(x.yml)}'}":                               "?",
		"params: '${file(x.yml)}'":                                          "?",
		"params: {dev: {a: '${param:a}'}}":                                  "?",
		"stages: {default: {params: {a: all}}}":                             "all",
		"stages: {default: {params: {a: all}}, dev: {params: {a: one}}}":    "one",
		"params: {dev: {a: }, default: {a: all}}":                           "all",
		"stages: {default: {params: {b: all}}, dev: {observability: true}}": "literal",
	} {
		f, err := Read(put(t, filepath.Join(t.TempDir(), "serverless.yml"), "service: x\nprovider: {name: aws}\nfunctions: {f: {handler: \"${param:a, 'literal'}\"}}\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(f.Functions[0].Handler); got != want {
			t.Errorf("%q for %s, want %q", got, text, want)
		}
	}
}

// Variables have the values in the files that Terraform reads by itself; later files win.
func TestTerraformVariables(t *testing.T) {
	const files = "terraform.tfvars terraform.tfvars.json a.auto.tfvars b.auto.tfvars.json c.auto.tfvars"
	for name, test := range map[string]struct{ texts, want string }{
		"none":            {"", "x86_64 bootstrap"},
		"terraform":       {`arch = "a"`, "a bootstrap"},
		"JSON":            {`arch = "a"|{"arch": "b"}`, "b bootstrap"},
		"auto":            {`arch = "a"||arch = "c"|{"arch": "d"}`, "d bootstrap"},
		"the last":        {`handler = "h"||arch = "c"|{"arch": "d"}|arch = "e"`, "e h"},
		"not declared":    {`other = "a"`, "x86_64 bootstrap"},
		"null":            {`arch = null`, "? bootstrap"},
		"not HCL":         {"\x00GITCRYPT", "? ?"},
		"not HCL, before": {"\x00GITCRYPT||arch = \"c\"", "c ?"},
	} {
		dir := t.TempDir()
		for i, text := range strings.Split(test.texts, "|") {
			if text != "" {
				put(t, filepath.Join(dir, strings.Fields(files)[i]), text)
			}
		}
		put(t, filepath.Join(dir, "x.tfvars"), `arch = "of -var-file"`)
		f, err := Read(put(t, filepath.Join(dir, "main.tf"), `
variable "arch" { default = "x86_64" }
variable "handler" { default = "bootstrap" }
resource "aws_lambda_function" "x" {
  architectures = [var.arch]
  handler       = var.handler
}
`))
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(f.Functions[0].Architectures[0], f.Functions[0].Handler); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Only some blocks are a function or a version of a layer.
func TestTerraformBlocks(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"module":                {`module "x" { source = "terraform-aws-modules/lambda/aws" }`, "function"},
		"module, whole address": {`module "x" { source = "registry.terraform.io/terraform-aws-modules/lambda/aws" }`, "function"},
		"module of a layer": {`module "x" { source = "terraform-aws-modules/lambda/aws"; create_function = false; create_layer = true; layer_name = "l"; ` +
			`compatible_runtimes = ["provided.al2023"]; local_existing_package = "/x.zip" }`, "layer l /x.zip provided.al2023"},
		"layer, by that alone":  {`module "x" { source = "terraform-aws-modules/lambda/aws"; create_layer = true }`, "layer - -"},
		"module of no function": {`module "x" { source = "terraform-aws-modules/lambda/aws"; create_function = false }`, ""},
		"module of nothing":     {`module "x" { source = "terraform-aws-modules/lambda/aws"; create = false; create_layer = true }`, ""},
		"module, not known":     {`module "x" { source = "terraform-aws-modules/lambda/aws"; create = data.x.y }`, "function"},
		"count":                 {`variable "legacy" { default = false }; resource "aws_lambda_function" "x" { count = var.legacy ? 1 : 0 }`, ""},
		"count of a layer":      {`resource "aws_lambda_layer_version" "x" { count = 0 }`, ""},
		"count of a module":     {`module "x" { source = "terraform-aws-modules/lambda/aws"; count = 0 }`, ""},
		"count, of one":         {`resource "aws_lambda_function" "x" { count = 1 }`, "function"},
		"count, not known":      {`variable "n" { }; resource "aws_lambda_function" "x" { count = var.n }`, "function"},
		"module of others":      {`module "x" { source = "registry.example.com/terraform-aws-modules/lambda/aws" }`, ""},
	} {
		f, err := Read(put(t, filepath.Join(t.TempDir(), "main.tf"), strings.NewReplacer("{ ", "{\n", "; ", "\n", " }", "\n}\n").Replace(test.text)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range f.Functions {
			if e.Layer {
				got = append(got, "layer "+shown(append([]Value{e.FunctionName, e.Code}, e.Runtimes...)...))
			} else {
				got = append(got, "function")
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Override files change the blocks of other files.
func TestTerraformOverride(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a_override.tf"), `
locals { runtime = "provided.al2023" }
variable "handler" { default = "later" }
resource "aws_lambda_function" "x" {

  architectures = ["first"]
  environment { variables = { B = 1 } }
}
resource "aws_lambda_function" "only" {}
`)
	put(t, filepath.Join(dir, "override.tf"), `resource "aws_lambda_function" "x" { architectures = ["arm64"] }`)
	f, err := Read(put(t, filepath.Join(dir, "z.tf"), `
locals { runtime = "provided.al2" }
variable "handler" { default = "bootstrap" }
resource "aws_lambda_function" "x" {
  runtime       = local.runtime
  handler       = var.handler
  architectures = ["x86_64"]
  memory_size   = 256
  environment { variables = { A = 1 } }
}
`))
	if err != nil {
		t.Fatal(err)
	}
	g := f.Functions[0]
	got := shown(append(append(g.Architectures, g.Environment...), g.Runtime, g.Handler, g.Memory)...)
	if want := "arm64 B provided.al2023 later 256"; got != want || len(f.Functions) != 2 {
		t.Errorf("%d functions, %q, want %q", len(f.Functions), got, want)
	}
	if at := g.Architectures[0].Position; filepath.Base(g.File) != "z.tf" || at != g.Position {
		t.Errorf("the architecture is at %v of %s, not where its block is: %v", at, g.File, g.Position)
	}
}

// What a Terraform plan does not know is unresolved, except architectures, which the
// provider computes if none are given.
func TestTerraformUnknown(t *testing.T) {
	for name, test := range map[string]struct{ values, unknown, want string }{
		"known":             {`"handler": "h", "layers": ["l"], "architectures": ["arm64"], "environment": [{"variables": {"A": "a"}}]`, `"environment": [{"variables": {}}], "layers": [false]`, "h, l, arm64, A, open: false"},
		"nothing":           {`"handler": null, "layers": null`, ``, "-, , , , open: false"},
		"null in lists":     {`"layers": [null, "l"], "architectures": [null]`, `"layers": [true, false], "architectures": [true]`, "-, ? l, ?, , open: false"},
		"whole values":      {``, `"handler": true, "layers": true, "environment": true`, "?, ?, , , open: true"},
		"no architectures":  {``, `"architectures": true`, "-, , , , open: false"},
		"a variable":        {`"environment": [{"variables": {"A": "a"}}]`, `"environment": [{"variables": {"B": true}}]`, "-, , , A B, open: false"},
		"variables":         {`"environment": [{}]`, `"environment": [{"variables": true}]`, "-, , , , open: true"},
		"of another module": {`"handler": "h"`, `}}}, {"address": "x", "change": {"after_unknown": {"handler": true`, "h, , , , open: false"},
	} {
		f, err := Read(put(t, filepath.Join(t.TempDir(), "plan.json"), `{"planned_values": {"root_module": {"child_modules": [{"resources": [{"address": "module.a.aws_lambda_function.f", "type": "aws_lambda_function", "values": {`+
			test.values+`}}]}]}}, "resource_changes": [{"address": "module.a.aws_lambda_function.f", "change": {"after_unknown": {`+test.unknown+`}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		g := f.Functions[0]
		got := strings.Join([]string{shown(g.Handler), shown(g.Layers...), shown(g.Architectures...), shown(g.Environment...), fmt.Sprint("open: ", g.OpenEnv != "")}, ", ")
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// shown writes values in one line: ? for an unknown one, and - for one that is not set.
func shown(values ...Value) string {
	var texts []string
	for _, v := range values {
		switch {
		case v.Unresolved != "":
			texts = append(texts, "?")
		case !v.IsSet():
			texts = append(texts, "-")
		default:
			texts = append(texts, v.Text)
		}
	}
	return strings.Join(texts, " ")
}
