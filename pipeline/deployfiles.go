package pipeline

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// WithDeployed returns the functions with the routes, memory and time-out of deploy files,
// where bootzip.yaml has none. What cannot be resolved is omitted, and so is a route that
// another function has.
func WithDeployed(functions []project.Function, files []deploy.File) []project.Function {
	functions = slices.Clone(functions)
	taken, own := map[string]bool{}, map[string]bool{} // routes; functions that have some in bootzip.yaml
	for _, f := range functions {
		for _, r := range f.Routes {
			taken[r.Key()], own[f.Name] = true, true
		}
	}
	for _, file := range files {
		x := deployCheck{DeployConfig: DeployConfig{Functions: functions}}
		for _, f := range functions {
			for _, arch := range project.Architectures() { // the zips need not be there
				x.Zips = append(x.Zips, Zip{Function: f, Target: verify.Target{Path: filepath.Join("dist", f.Name+"-"+string(arch)+".zip")}})
			}
		}
		for _, e := range file.Functions {
			_, of := x.match(e)
			if of == nil {
				continue
			}
			for _, v := range e.Routes {
				r, err := project.ParseRoute(v.Text)
				if !own[of.Name] && v.Known() && err == nil && !taken[r.Key()] {
					taken[r.Key()] = true
					of.Routes = append(slices.Clone(of.Routes), r)
				}
			}
			of.Memory = cmp.Or(of.Memory, number(e.Memory))
			of.Timeout = cmp.Or(of.Timeout, number(e.Timeout))
		}
	}
	return functions
}

// number returns a value as a number; 0 if it is not one.
func number(v deploy.Value) int {
	n, err := strconv.Atoi(v.Text)
	if err != nil || v.Unresolved != "" || n < 0 {
		return 0
	}
	return n
}

// startsBootstrap reports whether a runtime starts a bootstrap: the OS-only ones, and those of
// .NET, for programs that were compiled ahead of time (AWS Lambda developer guide, "Compile
// .NET Lambda function code to a native runtime format").
func startsBootstrap(runtime string) bool {
	return deploy.OSOnly(runtime) || strings.HasPrefix(runtime, "dotnet")
}

// DeployedZips returns the paths of existing zips that deploy files name, of functions and of
// layers. Zips that only serve other languages' runtimes are omitted.
func DeployedZips(files []deploy.File) (functions, layers []string) {
	for _, layer := range []bool{false, true} {
		for _, f := range files {
			for _, e := range f.Functions {
				if e.Layer != layer || !e.Code.Known() || !strings.HasSuffix(e.Code.Text, ".zip") || !mayBeOurs(e) {
					continue
				}
				if info, err := os.Stat(e.Code.Text); err != nil || !info.Mode().IsRegular() || slices.Contains(slices.Concat(functions, layers), e.Code.Text) {
					continue
				}
				if layer {
					layers = append(layers, e.Code.Text)
				} else {
					functions = append(functions, e.Code.Text)
				}
			}
		}
	}
	return functions, layers
}

// mayBeOurs reports whether an entry is a function with a bootstrap, or a layer that such a
// function may have.
func mayBeOurs(e deploy.Function) bool {
	if e.Layer {
		return len(e.Runtimes) == 0 || slices.ContainsFunc(e.Runtimes, func(v deploy.Value) bool { return !v.Known() || deploy.OSOnly(v.Text) })
	}
	// A handler called bootstrap means that the zip has one, whatever the runtime is.
	return e.Runtime.Known() && (deploy.OSOnly(e.Runtime.Text) || e.Runtime.Text == "go1.x" || e.Handler.Text == "bootstrap")
}
