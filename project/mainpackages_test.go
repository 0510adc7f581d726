package project

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

func TestMainPackages(t *testing.T) {
	const mage = "//go:build mage\n\n" + program
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // "NAME=SOURCE …", or the error and its hint
	}{
		{"one in the root", map[string]string{"main.go": program}, "proj=."},
		{"several, sorted by name", map[string]string{"z/a/main.go": program, "y/b/main.go": program}, "a=z/a b=y/b"},
		{"a library beside", map[string]string{"cmd/a/main.go": program, "lib/lib.go": "package lib\n"}, "a=cmd/a"},
		{"names made fit", map[string]string{"My App.v2/main.go": program}, "my-app-v2=My App.v2"},
		{"folders without programs of the module", map[string]string{
			"a/main.go":                program,
			"vendor/x/main.go":         program,
			"a/testdata/main.go":       program,
			".git/main.go":             program,
			"_old/main.go":             program,
			"nested/go.mod":            "module example.com/nested\n",
			"nested/main.go":           program,
			"nested/cmd/deep/main.go":  program,
			"linked":                   "-> a",
			"unlucky/not-go.mod":       "",
			"unlucky/vendored/main.go": program,
		}, "a=a deep=nested/cmd/deep nested=nested vendored=unlucky/vendored"},
		{"folders that go.mod ignores, and copies", map[string]string{
			"go.mod":                "module example.com/proj\n\nignore (\n\t./third/\n\tscratch\n)\n",
			"third/x/main.go":       program,
			"a/third/main.go":       program,
			"a/scratch/b/main.go":   program,
			"cdk.out/asset/main.go": program,
			"node_modules/n/go.mod": "module example.com/n\n", "node_modules/n/main.go": program,
		}, "third=a/third"},
		{"files that are left out", map[string]string{
			"magefile.go":        mage,
			"gen/gen.go":         "//go:build ignore\n\n" + program,
			"win/main.go":        "//go:build windows\n\n" + program,
			"mac/main_darwin.go": program,
			"native/main.go":     "package main\n\nimport \"C\"\n\nfunc main() {}\n",
			"onlytest/a_test.go": "package main\n",
			"a/main.go":          program,
			"a/tool.go":          mage,
		}, "a=a"},
		{"two of one name", map[string]string{"cmd/a/main.go": program, "sample/a/main.go": program, "b/main.go": program},
			"b=b cmd-a=cmd/a sample-a=sample/a"},
		{"root and another of one name", map[string]string{"main.go": program, "cmd/proj/main.go": program},
			"cmd-proj=cmd/proj proj=."},
		{"code that does not compile", map[string]string{"a/main.go": "package main\n\n// AWS_LAMBDA_RUNTIME_API\nfunc main() {\n", "b/main.go": program}, "a=a b=b"},
		{"two packages in one folder", map[string]string{"a/a.go": program, "a/b.go": "package b\n", "b/main.go": program}, "a=a b=b"},
		{"text called .go", map[string]string{"a/main.go": "hello\n", "b/main.go": program}, "b=b"},

		{"the runtimes, and programs without", map[string]string{
			"aws/main.go":       "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc main() { lambda.Start(nil) }\n",
			"ours/main.go":      "package main\n\nimport \"github.com/bootzip/bootzip/runtime/nethttp\"\n\nfunc main() { nethttp.Start() }\n",
			"own/main.go":       program,
			"via/main.go":       "package main\n\nimport \"example.com/proj/internal/app\"\n\nfunc main() { app.Run() }\n",
			"internal/app/a.go": "package app\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc Run() { lambda.Start(nil) }\n",
			"events/main.go":    "package main\n\nimport \"github.com/aws/aws-lambda-go/events\"\n\nfunc main() { _ = events.S3Event{} }\n",
			"cli/main.go":       "package main\n\nfunc main() {}\n",
		}, "aws=aws ours=ours own=own via=via"},
		{"runtimes of others", map[string]string{
			"mantil/main.go": "package main\n\nimport \"github.com/mantil-io/mantil.go\"\n\nfunc main() { mantil.LambdaHandler(nil) }\n",
			"type/main.go":   "package main\n\nimport \"github.com/aws-cloudformation/cloudformation-cli-go-plugin/cfn\"\n\nfunc main() { cfn.Start(nil) }\n",
			"voker/main.go":  "package main\n\nimport \"github.com/hotsock/voker\"\n\nfunc main() { voker.Start(nil) }\n",
			"model/main.go":  "package main\n\nimport \"github.com/aws/aws-sdk-go-v2/service/lambda\"\n\nfunc main() { lambda.New() }\n",
		}, "mantil=mantil type=type voker=voker"},
		{"a runtime by way of modules beside", map[string]string{
			"go.mod":            "module example.com/proj\n\nreplace example.com/app => ../app\n\nreplace (\n\texample.com/v v1.0.0 => example.com/other v1.0.0\n\texample.com/none => ../none\n)\n",
			"../app/go.mod":     "module example.com/app\n",
			"../app/run/run.go": "package run\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc Run() { lambda.Start(nil) }\n",
			"via/main.go":       "package main\n\nimport \"example.com/app/run\"\n\nfunc main() { run.Run() }\n",
			"cli/main.go":       "package main\n\nimport (\n\t_ \"example.com/none/x\"\n\t_ \"example.com/v\"\n)\n\nfunc main() {}\n",
		}, "via=via"},
		{"a runtime by way of a module that go.work uses", map[string]string{
			"go.work":              "go 1.24\n\nuse (\n\t.\n\t../app\n)\n",
			"../app/go.mod":        "module example.com/app\n",
			"../app/app.go":        "package app\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc Run() { lambda.Start(nil) }\n",
			"../app/cmd/b/main.go": program, // not in the project
			"via/main.go":          "package main\n\nimport \"example.com/app\"\n\nfunc main() { app.Run() }\n",
		}, "via=via"},
		{"cgo", map[string]string{"a/main.go": "package main\n\n// AWS_LAMBDA_RUNTIME_API\nimport \"C\"\n\nfunc main() {}\n"}, "a=a"},
		{"a workspace", map[string]string{
			"go.work": "go 1.24\n\nuse (\n\t.\n\t./users\n)\n", "users/go.mod": "module example.com/users\n", "users/cmd/u/main.go": program,
			"other/go.mod": "module example.com/other\n", "other/main.go": program,
		}, "u=users/cmd/u"},
		{"excluded", map[string]string{"bootzip.yaml": "exclude: [cmd/b]\n", "cmd/a/main.go": program, "cmd/b/main.go": program}, "a=cmd/a"},
		{"excluded with what is below", map[string]string{
			"bootzip.yaml": "exclude: [./b/, tools, ., lib, not-made-yet]\n", "main.go": program, "b/main.go": program, "tools/x/main.go": program,
			"toolset/main.go": program, "lib/lib.go": "package lib\n",
		}, "toolset=toolset"},
		{"programs, and none is a function", map[string]string{"cmd/roll/main.go": "package main\n\nfunc main() {}\n"},
			"no main package is a function: cmd/roll (it uses no Lambda runtime); if it runs on Lambda, name it in a bootzip.yaml: functions: {roll: {source: cmd/roll}}"},

		{"only in a module that go.work does not use", map[string]string{
			"go.work": "go 1.24\n\nuse ./a\n", "a/go.mod": "module example.com/a\n", "a/a.go": "package a\n",
			"b/go.mod": "module example.com/b\n", "b/cmd/z/main.go": program, "b/cmd/cli/main.go": "package main\n\nfunc main() {}\n",
		}, "no main package is a function: b/cmd/z (go.work does not use its module: go work use ./b); if it runs on Lambda, name it in a bootzip.yaml: functions: {z: {source: b/cmd/z}}"},
		{"only in a module that is not looked into", map[string]string{
			"go.work": "go 1.24\n\nuse (\n\t./.lambda/a\n\t./_b\n\t/abs/c\n)\n", ".lambda/a/go.mod": "module example.com/a\n", "_b/go.mod": "module example.com/b\n",
		}, "go.work in ROOT uses no module below it in which functions are looked for; go work use ./DIRECTORY, by a relative path whose names begin neither with '.' nor with '_', or list the functions in a bootzip.yaml"},
		{"only with a build tag", map[string]string{
			"t/main.go": "//go:build lambda\n\npackage main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc main() { lambda.Start(nil) }\n",
			"t/cli.go":  "//go:build !lambda\n\npackage main\n\nfunc main() {}\n",
		}, "no main package is a function: t (main.go is only built by its constraint lambda: list it in a bootzip.yaml, with tags: [lambda]); if it runs on Lambda, name it in a bootzip.yaml: functions: {t: {source: t, tags: [lambda]}}"},
		{"only with two build tags", map[string]string{"t/main.go": "//go:build lambda && x\n\npackage main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc main() { lambda.Start(nil) }\n"},
			"no main package is a function: t (main.go is only built by its constraint lambda && x: list it in a bootzip.yaml, with tags); if it runs on Lambda, name it in a bootzip.yaml: functions: {t: {source: t}}"},
		{"a client with the types of a runtime", map[string]string{
			"c/main.go": "package main\n\nimport \"github.com/aws/aws-lambda-go/lambda/messages\"\n\nfunc main() { _ = messages.InvokeRequest{} }\n", "a/main.go": program,
		}, "a=a"},

		{"a bootzip.yml", map[string]string{"bootzip.yml": "", "main.go": program}, "bootzip.yml is not read: the file is called bootzip.yaml; call it bootzip.yaml"},
		{"a Bootzip.yaml", map[string]string{"Bootzip.yaml": "", "main.go": program}, "Bootzip.yaml is not read: the file is called bootzip.yaml; call it bootzip.yaml"},
		{"none", map[string]string{"lib/lib.go": "package lib\n"},
			"no main package is in the module in ROOT; write one (package main), or list the functions in a bootzip.yaml"},
		{"a name that cannot be", map[string]string{"größe/main.go": program},
			`main package in "größe": function name "größe" has 'ö' in it; give it a name in a bootzip.yaml`},
		{"names that collide whatever is done", map[string]string{"a.b/c/main.go": program, "a-b/c/main.go": program},
			`main packages in "a-b/c" and "a.b/c" would both be called "a-b-c"; give them names in a bootzip.yaml`},
		{"a name that is too long", map[string]string{strings.Repeat("x", 65) + "/main.go": program},
			fmt.Sprintf("main package in %[1]q: function name %[1]q has 65 characters, Lambda allows 64; give it a name in a bootzip.yaml", strings.Repeat("x", 65))},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"Proj.ect/go.mod": "module example.com/proj\n"}
			for name, content := range c.files {
				files["Proj.ect/"+name] = content
			}
			root := filepath.Join(tree(t, files), "Proj.ect")
			p, err := Load(root)
			var found []string
			for _, f := range p.Functions {
				found = append(found, f.Name+"="+f.Source)
				f.Name, f.Source, f.Pos = "", "", Position{}
				if want := (Function{Language: Go, Arch: Architectures(), Runtime: AL2023}); !reflect.DeepEqual(f, want) {
					t.Errorf("function is %+v, want %+v", f, want)
				}
			}
			got := strings.Join(found, " ")
			if err != nil {
				got = err.Error() + "; " + hint.Of(err)
			}
			if want := strings.ReplaceAll(c.want, "ROOT", root); got != want {
				t.Errorf("found\n\t%s\nwant\n\t%s", got, want)
			}
			if p.Config != "" && !strings.HasPrefix(c.name, "excluded") {
				t.Errorf("config is %q, and there is none", p.Config)
			}
		})
	}
}

// A program that has files for only one architecture is built for that one.
func TestMainPackagesForOneArchitecture(t *testing.T) {
	root := tree(t, map[string]string{
		"go.mod": "module example.com/proj\n", "a/main_linux_arm64.go": program, "b/main_amd64.go": program, "c/main.go": program,
		"d/main.go": "//go:build arm64\n\npackage main\n\nimport \"github.com/aws/aws-lambda-go/lambda\"\n\nfunc main() { lambda.Start(nil) }\n",
		"e/main.go": program, "e/more_arm64.go": "package main\n",
	})
	for _, c := range [][2]string{
		{"", "a=[arm64] b=[amd64] c=[amd64 arm64] d=[arm64] e=[amd64 arm64]"},
		{"arch: [arm64]", "a=[arm64] c=[arm64] d=[arm64] e=[arm64]"},
	} {
		config, want := c[0], c[1]
		if config != "" {
			if err := os.WriteFile(filepath.Join(root, ConfigFile), []byte(config), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, err := Load(root)
		var found []string
		for _, f := range p.Functions {
			found = append(found, fmt.Sprintf("%s=%v", f.Name, f.Arch))
		}
		if got := strings.Join(found, " "); err != nil || got != want {
			t.Errorf("%q: found %s (%v), want %s", config, got, err, want)
		}
		if left := []LeftOut{{"b", "it has files for amd64 alone, which arch in bootzip.yaml leaves out", ""}}; config != "" && !reflect.DeepEqual(p.LeftOut, left) {
			t.Errorf("left out are %v", p.LeftOut)
		}
	}
}

// The caller's own settings for builds do not change which functions are found.
func TestMainPackagesWithoutEnvironment(t *testing.T) {
	for _, name := range []string{"GOOS=windows", "GOARCH=arm64", "GOFLAGS=-tags=mage", "CGO_ENABLED=1"} {
		key, value, _ := strings.Cut(name, "=")
		t.Setenv(key, value)
	}
	root := tree(t, map[string]string{
		"go.mod":             "module example.com/a\n",
		"a/main_linux.go":    program,
		"b/main_amd64.go":    program,
		"magefile.go":        "//go:build mage\n\n" + program,
		"w/main_windows.go":  program,
		"c/main.go":          "package main\n\nimport \"C\"\n\nfunc main() {}\n",
		"lib/lib_windows.go": "package lib\n",
	})
	p, err := Load(root)
	if err != nil || len(p.Functions) != 2 || p.Functions[0].Name != "a" || p.Functions[1].Name != "b" {
		t.Errorf("functions are %+v (%v)", p.Functions, err)
	}
}
