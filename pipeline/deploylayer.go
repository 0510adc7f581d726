package pipeline

import (
	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// layer compares a version of a layer with its zip, and with bootzip.yaml. Layers of other
// tools are ignored.
func (x *deployCheck) layer(e entry, deployed map[string]bool) {
	if e.of == nil && e.zip == nil {
		return
	}
	if e.of != nil {
		deployed[e.of.Name] = true
	}
	x.code(e, false)
	if e.zip != nil && !e.zip.Function.Kind.IsLayer() && e.of != nil {
		x.add(e, verify.IDDeployPackageType, e.Code.Position, "zip %q is a function, and it is deployed as a layer", e.Code.Text)
		return
	}
	if e.zip != nil && e.zip.Report.Program != "" && len(e.Architectures) > 0 {
		fits := false
		for _, v := range e.Architectures {
			fits = fits || !v.Known() || lambdaArches[v.Text] == e.zip.Report.Program
		}
		if !fits {
			x.add(e, verify.IDDeployArchitecture, e.Architectures[0].Position, "the compatible architectures are %s, and the program in %s is for %s", textsOf(e.Architectures), e.zip.Target.Path, e.zip.Report.Program)
		}
	}
	if x.file.Kind == deploy.Serverless && e.zip == nil && !e.Code.IsSet() {
		return // a directory that another tool packs
	}
	fits := len(e.Runtimes) == 0 || e.of == nil || e.of.Kind == project.KindLayer
	for _, v := range e.Runtimes {
		if why := verify.RuntimeEnd(v.Text); why != "" {
			x.add(e, verify.IDDeployRuntimeEnded, v.Position, "%s: %s", v.Text, why)
		}
		// An extension serves functions of any runtime with its glibc.
		fits = fits || !v.Known() || !deploy.OSOnly(v.Text) || v.Text == "provided."+string(e.of.Runtime)
	}
	if !fits {
		x.add(e, verify.IDDeployRuntimeOther, e.Runtimes[0].Position, "the compatible runtimes are %s, and provided.%s in bootzip.yaml", textsOf(e.Runtimes), e.of.Runtime)
	}
}
