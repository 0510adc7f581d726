package pipeline

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A deployProject has a function hello for both architectures, whose zips were checked.
func deployProject(t *testing.T) DeployConfig {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := project.Function{
		Name: "hello", Arch: project.Architectures(), Runtime: project.AL2023, Handlers: []string{"web", "clock"},
		Memory: 256, Timeout: 10, Env: map[string]string{"TABLE": "orders"}, Layers: []string{"layer.zip"},
	}
	c := DeployConfig{Root: root, Functions: []project.Function{f}}
	for _, arch := range f.Arch {
		path := filepath.Join(root, "dist", "hello-"+string(arch)+".zip")
		write(t, path, "zip for "+string(arch))
		sum, _, err := digest.File(path)
		if err != nil {
			t.Fatal(err)
		}
		c.Zips = append(c.Zips, Zip{Function: f, Target: verify.Target{Path: path}, Report: verify.Report{Path: path, Program: arch, SHA256: sum}})
	}
	write(t, filepath.Join(root, "dist", "old.zip"), "of before")
	write(t, filepath.Join(filepath.Dir(root), "elsewhere-"+filepath.Base(root)+".zip"), "elsewhere")
	return c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// findings returns the ids of what is not a pass, and whether each has a place.
func findings(t *testing.T, c DeployConfig, paths ...string) (ids []string, report verify.Report) {
	t.Helper()
	var files []deploy.File
	for _, path := range paths {
		f, err := deploy.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	reports, err := CheckDeploy(c, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		for _, x := range r.Results {
			if x.Status == verify.Pass {
				continue
			}
			if strings.HasPrefix(x.Detail, "it deploys no function") {
				return []string{"nothing"}, r
			}
			ids = append(ids, strings.TrimPrefix(x.Check.ID, "deploy-"))
			if x.Line == 0 && x.Check.ID != verify.IDDeployMissing {
				t.Errorf("%s has no place: %s", x.Check.ID, x.Detail)
			}
		}
	}
	return ids, reports[len(reports)-1]
}

// Each fault is found, for the right reason, in each kind of file, and nothing is found in
// a good one.
func TestDeployFaults(t *testing.T) {
	good := entryText{
		name: "hello", zip: "dist/hello-arm64.zip", runtime: "provided.al2023", arch: "arm64", handler: "web", memory: "256", timeout: "10",
		layers: []string{"arn:aws:lambda:eu-west-1:123456789012:layer:x:1"}, env: []string{"TABLE", "MORE"},
	}
	const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:00"
	for name, fault := range map[string]struct {
		change func(e *entryText)
		want   string
		not    []string // files whose form does not have it
	}{
		"none":                 {func(*entryText) {}, "", nil},
		"other architecture":   {func(e *entryText) { e.arch = "x86_64" }, "architecture", nil},
		"default architecture": {func(e *entryText) { e.arch = "" }, "architecture", nil},
		"unknown architecture": {func(e *entryText) { e.arch = "amd64" }, "architecture", nil},
		"managed runtime":      {func(e *entryText) { e.runtime = "nodejs22.x" }, "runtime", nil},
		"runtime of .NET":      {func(e *entryText) { e.runtime = "dotnet10" }, "", nil},
		"ended runtime":        {func(e *entryText) { e.runtime = "go1.x" }, "runtime runtime-ended", nil},
		"other OS-only":        {func(e *entryText) { e.runtime = "provided.al2" }, "runtime-ended runtime-other", nil},
		"no runtime":           {func(e *entryText) { e.runtime = "" }, "runtime", nil},
		"missing zip":          {func(e *entryText) { e.zip = "dist/nope.zip" }, "zip-missing", nil},
		"zip of before":        {func(e *entryText) { e.zip = "dist/old.zip" }, "zip-unbuilt", nil},
		"handler":              {func(e *entryText) { e.handler = "bootstrap" }, "handler", nil},
		"image and zip":        {func(e *entryText) { e.image = image }, "package-type", []string{"serverless.yml"}},
		"type Image with zip":  {func(e *entryText) { e.packageType = "Image" }, "package-type", []string{"serverless.yml"}},
		"small memory":         {func(e *entryText) { e.memory = "64" }, "limits", nil},
		"large memory":         {func(e *entryText) { e.memory = "10241" }, "limits", nil},
		"long timeout":         {func(e *entryText) { e.timeout = "901" }, "limits", nil},
		"many layers":          {func(e *entryText) { e.layers = []string{"a", "b", "c", "d", "e", "f"} }, "limits", nil},
		"other memory":         {func(e *entryText) { e.memory = "512" }, "settings", nil},
		"other timeout":        {func(e *entryText) { e.timeout = "3" }, "settings", nil},
		"default memory":       {func(e *entryText) { e.memory = "" }, "settings", nil},
		"default timeout":      {func(e *entryText) { e.timeout = "" }, "settings", nil},
		"no layers":            {func(e *entryText) { e.layers = nil }, "settings", nil},
		"no variable":          {func(e *entryText) { e.env = []string{"OTHER"} }, "environment", nil},
		"reserved variable":    {func(e *entryText) { e.env = append(e.env, "AWS_REGION") }, "reserved-variable", nil},
		"free variables":       {func(e *entryText) { e.env = append(e.env, "AWS_LAMBDA_EXEC_WRAPPER", "TZ", "PATH", "AWS_PROFILE") }, "", nil},
		"nothing of ours": {func(e *entryText) {
			*e = entryText{name: "web", runtime: "nodejs22.x", handler: "index.handler", zip: "web.zip"}
		}, "nothing", nil},
	} {
		for _, file := range slices.Sorted(maps.Keys(forms)) {
			if slices.Contains(fault.not, file) {
				continue
			}
			t.Run(name+"/"+file, func(t *testing.T) {
				c := deployProject(t)
				e := good
				fault.change(&e)
				path := filepath.Join(c.Root, file)
				write(t, path, forms[file](e))
				got, report := findings(t, c, path)
				if strings.Join(got, " ") != fault.want {
					t.Errorf("found %q, want %q in\n%s\n%v", got, fault.want, forms[file](e), report.Results)
				}
			})
		}
	}
}

// A zip outside of the project, by each tool's way to say so.
func TestDeployZipOutside(t *testing.T) {
	for file, form := range forms {
		c := deployProject(t)
		path := filepath.Join(c.Root, file)
		write(t, path, form(entryText{name: "elsewhere", runtime: "provided.al2023", zip: "../elsewhere-" + filepath.Base(c.Root) + ".zip", handler: "x"}))
		if got, r := findings(t, c, path); !slices.Contains(got, "zip-outside") {
			t.Errorf("%s: %q, %v", file, got, r.Results)
		}
	}
}

// A value that is known only at the deploy is a skip, with its reason. What can be resolved
// is resolved.
func TestDeployValues(t *testing.T) {
	c := deployProject(t)
	for name, file := range map[string]struct{ name, text, want string }{
		"parameters": {"template.yaml", `
Parameters:
  Arch: {Type: String, Default: arm64}
  Stage: {Type: String}
  Prod: {Type: String, Default: "no"}
Mappings:
  Sizes: {small: {memory: 256}, large: {memory: 1024}}
Conditions:
  IsProd: !Equals [!Ref Prod, "yes"]
  Not: !Not [{Condition: IsProd}]
Resources:
  Hello:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub "svc-${Stage}-hello"
      Code: !Sub "dist/hello-${Arch}.zip"
      Runtime: !Join [".", [provided, al2023]]
      Architectures: [!Ref Arch]
      Handler: !If [IsProd, nobody, !Select [0, [web, clock]]]
      MemorySize: !FindInMap [Sizes, small, memory]
      Timeout: {"Fn::If": [Not, 10, 99]}
      Layers: [!Ref Layer]
      PackageType: !Ref AWS::NoValue
      Environment: {Variables: {TABLE: !Ref Table}}
`, ""},
		"unknown": {"template.yaml", `
Parameters:
  Arch: {Type: String}
Resources:
  Hello:
    Type: AWS::Lambda::Function
    Properties:
      Code: dist/hello-arm64.zip
      Runtime: provided.al2023
      Architectures: [!Ref Arch]
      Handler: !ImportValue x
      MemorySize: !Ref Nothing
      Timeout: 10
      Layers: [!Ref Layer]
      Environment: {Variables: !FindInMap [A, b, c]}
`, "architecture handler limits environment unresolved unresolved unresolved unresolved"},
		"variables": {"serverless.yml", `
service: x
custom: {arch: {dev: arm64}, zip: "dist/hello-${self:custom.arch.${sls:stage}}.zip"}
provider: {name: aws, runtime: "${self:custom.none, 'provided.al2023'}", memorySize: "${opt:memory, 256}", timeout: 10, environment: {TABLE: "${ssm:/x}"}}
functions:
  hello:
    handler: web
    architecture: ${self:custom.arch.${opt:stage, 'dev'}}
    layers: ["${cf:x}"]
    package: {artifact: "${self:custom.zip}"}
`, ""},
		"unknown variables": {"serverless.yml", `
service: x
provider: {name: aws, runtime: provided.al2023, environment: "${file(env.yml)}"}
functions:
  hello: {handler: "${env:HANDLER}", architecture: arm64, memorySize: "${param:memory}", timeout: "${self:custom.loop}", layers: [x], package: {artifact: dist/hello-arm64.zip}}
custom: {loop: "${self:custom.loop}"}
`, "handler limits limits environment unresolved unresolved unresolved unresolved"},
		"locals": {"main.tf", `
variable "arch" { default = "arm64" }
locals {
  zip  = "${path.module}/dist/${local.name}-${var.arch}.zip"
  name = "hello"
  env  = { TABLE = "x" }
}
resource "aws_lambda_function" "fn" {
  function_name = local.name
  filename      = local.zip
  runtime       = "provided.al2023"
  architectures = [var.arch]
  handler       = lower("WEB")
  memory_size   = var.arch == "arm64" ? 256 : 512
  timeout       = 10
  layers        = [aws_lambda_layer_version.x.arn]
  environment { variables = merge(local.env, { MORE = 1 }) }
}
`, ""},
		"module": {"main.tf", `
module "hello" {
  source                 = "terraform-aws-modules/lambda/aws"
  create_package         = false
  local_existing_package = "dist/hello-arm64.zip"
  runtime                = "provided.al2023"
  handler                = "web"
  memory_size            = 256
  timeout                = 10
  layers                 = ["x"]
  environment_variables  = { TABLE = aws_dynamodb_table.x.name }
}
`, "architecture"},
		"unknown in HCL": {"main.tf", `
variable "arch" {}
resource "aws_lambda_function" "hello" {
  function_name = "hello"
  filename      = data.archive_file.x.output_path
  runtime       = "provided.al2023"
  architectures = [var.arch]
  handler       = "web"
  layers        = ["x"]
  memory_size   = 256
  timeout       = 10
  dynamic "environment" {
    for_each = var.env
    content { variables = environment.value }
  }
}
`, "architecture zip-missing environment unresolved unresolved unresolved"},
	} {
		path := filepath.Join(c.Root, name, file.name)
		config := c
		config.Root = filepath.Join(c.Root, name)
		if err := os.CopyFS(filepath.Join(config.Root, "dist"), os.DirFS(filepath.Join(c.Root, "dist"))); err != nil {
			t.Fatal(err)
		}
		write(t, path, file.text)
		got, r := findings(t, config, path)
		if strings.Join(got, " ") != file.want {
			t.Errorf("%s: %q, want %q", name, got, file.want)
			for _, x := range r.Results {
				if x.Status != verify.Pass {
					t.Logf("%s %s %d: %s", x.Status, x.Check.ID, x.Line, x.Detail)
				}
			}
		}
	}
}

// CDK copies a zip into cdk.out, by the hash of its content.
func TestDeployCDK(t *testing.T) {
	c := deployProject(t)
	template := func(asset, arch string) string {
		return encode(map[string]any{"Resources": map[string]any{"helloA1B2C3": map[string]any{
			"Type":     "AWS::Lambda::Function",
			"Metadata": map[string]any{"aws:asset:path": asset, "aws:asset:property": "Code"},
			"Properties": map[string]any{
				"Code": map[string]any{"S3Bucket": map[string]any{"Fn::Sub": "cdk-x"}, "S3Key": "x.zip"}, "Runtime": "provided.al2023", "Handler": "web",
				"Architectures": []string{arch}, "Timeout": 10, "MemorySize": 256, "Layers": []any{map[string]any{"Ref": "L"}},
				"Environment": map[string]any{"Variables": map[string]any{"TABLE": map[string]any{"Ref": "T"}}},
			},
		}}})
	}
	write(t, filepath.Join(c.Root, "cdk.out", "asset.1.zip"), "zip for arm64")
	write(t, filepath.Join(c.Root, "cdk.out", "asset.2.zip"), "of before")
	for _, one := range []struct{ asset, arch, want string }{
		{"asset.1.zip", "arm64", ""},
		{"asset.1.zip", "x86_64", "architecture"},
		{"asset.2.zip", "arm64", "zip-unbuilt"},
	} {
		path := filepath.Join(c.Root, "cdk.out", "Stack.template.json")
		write(t, path, template(one.asset, one.arch))
		if got, r := findings(t, c, path); strings.Join(got, " ") != one.want {
			t.Errorf("%v: %q, %v", one, got, r.Results)
		}
	}
}

// serve has routes and settings of deploy files, where bootzip.yaml has none.
func TestWithDeployed(t *testing.T) {
	dir := t.TempDir()
	read := func(name, text string) deploy.File {
		t.Helper()
		path := filepath.Join(dir, name)
		write(t, path, text)
		f, err := deploy.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	files := []deploy.File{read("template.yaml", `
Transform: AWS::Serverless-2016-10-31
Parameters: {Path: {Type: String}}
Resources:
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: 512
      Timeout: 20
      Events:
        One: {Type: HttpApi, Properties: {Method: get, Path: "/orders/{id}"}}
        Any: {Type: HttpApi, Properties: {Method: any, Path: "/files/{path+}"}}
        Rest: {Type: HttpApi}
        Unknown: {Type: HttpApi, Properties: {Method: get, Path: !Ref Path}}
        Other: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
`), read("serverless.yml", `
service: x
provider: {name: aws}
functions:
  other:
    handler: bootstrap
    memorySize: 512
    events:
      - httpApi: "POST /orders"
      - httpApi: {method: "*", path: /all}
      - httpApi: "*"
      - schedule: rate(1 day)
  own:
    handler: bootstrap
    timeout: ${opt:timeout}
    events: [{httpApi: "GET /own"}]
`)}
	mine, err := project.ParseRoute("GET /mine")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range WithDeployed([]project.Function{{Name: "hello", Timeout: 5}, {Name: "other"}, {Name: "own", Routes: []project.Route{mine}}}, files) {
		var routes []string
		for _, r := range f.Routes {
			routes = append(routes, r.Key())
		}
		got = append(got, fmt.Sprint(f.Name, " ", f.Memory, " ", f.Timeout, " ", strings.Join(routes, ", ")))
	}
	want := []string{
		"hello 512 5 GET /orders/{id}, ANY /files/{path+}, $default", "other 512 0 POST /orders, ANY /all", "own 0 0 GET /mine",
	}
	if !slices.Equal(got, want) {
		t.Errorf("functions are %q, want %q", got, want)
	}
}

// A rule of the function changes what a finding means.
func TestDeployRules(t *testing.T) {
	c := deployProject(t)
	c.Functions[0].Checks = []project.CheckRule{
		{ID: verify.IDDeployArchitecture, Severity: "waive", Reason: "an experiment"}, {ID: verify.IDDeployMissing, Severity: "fail", Reason: "all are deployed"},
	}
	path := filepath.Join(c.Root, "template.yaml")
	write(t, path, forms["template.yaml"](entryText{name: "hello", zip: "dist/hello-arm64.zip", runtime: "provided.al2023", arch: "x86_64", handler: "web"}))
	_, r := findings(t, c, path)
	if !r.OK() || r.Count(verify.Waived) != 1 {
		t.Errorf("%v", r.Results)
	}
	// A rule of one function does not hide what SAM's Globals say of another.
	second := c.Functions[0]
	second.Name, second.Checks = "second", nil
	both := c
	both.Functions = append(slices.Clone(c.Functions), second)
	both.Functions[0].Checks = []project.CheckRule{{ID: verify.IDDeployRuntimeEnded, Severity: "waive", Reason: "it goes soon"}}
	write(t, path, `
Globals: {Function: {Runtime: provided.al2}}
Resources:
  Hello: {Type: AWS::Serverless::Function, Properties: {Handler: web}}
  Second: {Type: AWS::Serverless::Function, Properties: {Handler: web}}
`)
	_, r = findings(t, both, path)
	ended := map[verify.Status]int{}
	for _, x := range r.Results {
		if x.Check.ID == verify.IDDeployRuntimeEnded {
			ended[x.Status]++
		}
	}
	if ended[verify.Waived] != 1 || ended[verify.Warn] != 1 {
		t.Errorf("ended runtimes are %v", ended)
	}
	write(t, path, forms["template.yaml"](entryText{name: "hello", zip: "dist/hello-arm64.zip", runtime: "provided.al2023", arch: "x86_64", handler: "web"}))
	second.Checks = c.Functions[0].Checks
	c.All, c.Functions = true, append(slices.Clone(c.Functions), second)
	if _, r = findings(t, c, path); r.OK() {
		t.Error("a function that nothing deploys is to fail")
	}
	c.Functions = c.Functions[1:]
	if ids, r := findings(t, c, path); slices.Contains(ids, "missing") {
		t.Errorf("nothing of the project is in the file: %v", r.Results)
	}
}

// A function may be in a part of a file that was not read.
func TestDeployMissing(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"template":   {"template.yaml", "Resources:\n  Hello: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023}}\n", "second"},
		"for each":   {"template.yaml", "Resources:\n  Hello: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023}}\n  Fn::ForEach::All: [N, [a], {\"F${N}\": {}}]\n", ""},
		"include":    {"template.yaml", "Resources:\n  Hello: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023}}\n  Fn::Transform: {Name: AWS::Include}\n", ""},
		"serverless": {"serverless.yml", "service: x\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n  hello: {handler: x}\n", "second"},
		"list":       {"serverless.yml", "service: x\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n - hello: {handler: x}\n", "second"},
		"file":       {"serverless.yml", "service: x\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n - hello: {handler: x}\n - ${file(more.yml)}\n", ""},
		"variable":   {"serverless.yml", "service: x\nprovider: {name: aws, runtime: provided.al2023}\nfunctions:\n  hello: {handler: x}\n  other: ${self:custom.fn}\n", ""},
	} {
		c := DeployConfig{Root: t.TempDir(), Functions: []project.Function{{Name: "hello"}, {Name: "second"}}, All: true}
		path := filepath.Join(c.Root, test.file)
		write(t, path, test.text)
		_, r := findings(t, c, path)
		var got []string
		for _, x := range r.Results {
			if x.Check.ID == verify.IDDeployMissing && x.Status != verify.Pass {
				got = append(got, x.File)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q are missing, want %q", name, got, test.want)
		}
	}
}
