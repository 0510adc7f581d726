package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// DeployConfig says what deploy files are compared with.
type DeployConfig struct {
	Root      string             // the project's directory, absolute; "": there is no project
	Functions []project.Function // of the project
	Zips      []Zip              // checked
	Strict    bool               // warnings fail as well

	// Sole says that there is only one zip, which is compared with the only function
	// of the files even if that names a different zip: it may be a copy.
	Sole bool

	// All says that the project is deployed with these files and no others: a
	// function that none of them has is a finding.
	All bool
}

// CheckDeploy compares deploy files with the zips, with bootzip.yaml, and with
// Lambda's limits. It returns a report for each file. A setting that cannot be
// resolved is a skip.
func CheckDeploy(c DeployConfig, files []deploy.File) ([]verify.Report, error) {
	var reports []verify.Report
	deployed := map[string]bool{} // functions of the project, by name
	open := false                 // an entry, or a part that was not read, may be any function
	var about []verify.DeployFile
	functions := 0
	for _, f := range files {
		one := verify.DeployFile{Kind: string(f.Kind)}
		for _, e := range f.Functions {
			if e.Layer {
				one.Layers++
			} else {
				one.Functions++
			}
		}
		about, functions = append(about, one), functions+one.Functions
	}
	c.Sole = c.Sole && functions == 1 && !c.Zips[0].Function.Kind.IsLayer()
	for i, f := range files {
		x := deployCheck{DeployConfig: c, file: f}
		open = open || f.Open != ""
		for _, e := range f.Functions {
			x.function(e, deployed, &open)
		}
		// Where nothing of the project was recognised, other tools may have it.
		if i == len(files)-1 && c.All && !open && len(deployed) > 0 {
			for _, fn := range c.Functions {
				if !deployed[fn.Name] && !fn.Kind.IsLayer() { // a layer may be published by itself
					x.found = append(x.found, verify.DeployFinding{ID: verify.IDDeployMissing, Where: fn.Name, Detail: "no deploy file has this function of bootzip.yaml", Rules: fn.Checks})
				}
			}
		}
		about[i].Others = x.others
		r, err := verify.DeployReport(f.Path, f.Size, f.SHA256, about[i], x.found, c.Strict)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// A deployCheck compares one deploy file.
type deployCheck struct {
	DeployConfig
	file   deploy.File
	found  []verify.DeployFinding
	others int // functions in other languages
}

// An entry is a function or layer of a deploy file, with its function in the project.
type entry struct {
	deploy.Function
	of  *project.Function // nil: none is known
	zip *Zip              // the checked zip that it deploys; nil: none
}

func (x *deployCheck) add(e entry, id string, at deploy.Position, format string, args ...any) {
	x.put(e, verify.DeployFinding{ID: id, Line: at.Line, Column: at.Column, Detail: fmt.Sprintf(format, args...)})
}

// skip adds that a check could not be made, since v is not resolved.
func (x *deployCheck) skip(e entry, id string, v deploy.Value) {
	x.put(e, verify.DeployFinding{ID: id, Line: v.Line, Column: v.Column, Detail: v.Unresolved, Skipped: true})
	x.put(e, verify.DeployFinding{ID: verify.IDDeployUnresolved, Line: v.Line, Column: v.Column, Detail: v.Unresolved, Skipped: true})
}

func (x *deployCheck) put(e entry, f verify.DeployFinding) {
	f.Where = e.Name
	if e.File != x.file.Path {
		f.File = e.File
	}
	if f.Line == 0 {
		f.Line, f.Column = e.Line, e.Column
	}
	if e.of != nil {
		f.Rules = e.of.Checks
	}
	if !slices.ContainsFunc(x.found, func(g verify.DeployFinding) bool {
		// What SAM's Globals say is said once, unless a rule may change it for one.
		same := g.Where == f.Where || len(g.Rules)+len(f.Rules) == 0
		return same && g.ID == f.ID && g.File == f.File && g.Detail == f.Detail && g.Line == f.Line && g.Column == f.Column
	}) {
		x.found = append(x.found, f)
	}
}

// function compares one entry.
func (x *deployCheck) function(e deploy.Function, deployed map[string]bool, open *bool) {
	one := entry{Function: e}
	one.zip, one.of = x.match(e)
	if e.Layer {
		x.layer(one, deployed)
		return
	}
	if one.zip != nil && one.zip.Function.Kind.IsLayer() {
		x.add(one, verify.IDDeployPackageType, e.Code.Position, "zip %q is a layer, and it is deployed as a function", e.Code.Text)
		return
	}
	osOnly := one.zip != nil || e.Runtime.Known() && deploy.OSOnly(e.Runtime.Text)
	if one.zip == nil && e.Runtime.Known() && !osOnly && e.Runtime.Text != "go1.x" {
		x.others++ // in another language, whatever its name
		return
	}
	if one.of != nil {
		deployed[one.of.Name] = true
	} else if e.Code.Unresolved != "" {
		*open = true
	}
	if one.of == nil && !osOnly && !(e.Image.IsSet() && e.Code.IsSet()) {
		if e.Runtime.Known() {
			x.others++
		}
		return
	}
	x.code(one, osOnly)
	if one.zip == nil && x.Sole {
		one.zip = &x.Zips[0]
	}
	x.runtime(one)
	x.architecture(one)
	x.handler(one)
	x.limits(one)
	x.environment(one)
	x.reserved(one)
}

// match finds what an entry deploys, by the path or content of the zip, otherwise by name.
func (x *deployCheck) match(e deploy.Function) (*Zip, *project.Function) {
	if e.Code.Known() {
		i := slices.IndexFunc(x.Zips, func(z Zip) bool { return samePath(z.Target.Path, e.Code.Text) })
		if i < 0 && strings.HasSuffix(e.Code.Text, ".zip") { // a copy, as CDK makes it
			if sum, _, err := digest.File(e.Code.Text); err == nil {
				i = slices.IndexFunc(x.Zips, func(z Zip) bool { return z.Report.SHA256 == sum })
			}
		}
		if i >= 0 { // a zip of another tool has no function in the project
			return &x.Zips[i], x.first(func(f project.Function) bool { return f.Name == x.Zips[i].Function.Name })
		}
	}
	if e.FunctionName.Known() && !e.Layer {
		if of := x.first(func(f project.Function) bool { return f.IsDeployedAs(e.FunctionName.Text) }); of != nil {
			return nil, of
		}
	}
	names := []string{e.Name[strings.LastIndex(e.Name, ".")+1:]}
	if e.FunctionName.Known() {
		names = append(names, e.FunctionName.Text)
	}
	for _, name := range names {
		of := x.first(func(f project.Function) bool {
			return plainName(name) == plainName(f.Name) && f.Kind.IsLayer() == e.Layer
		})
		if of != nil {
			return nil, of
		}
	}
	return nil, nil
}

// first returns the first function of the project for which meant is true, or nil.
func (x *deployCheck) first(meant func(project.Function) bool) *project.Function {
	if i := slices.IndexFunc(x.Functions, meant); i >= 0 {
		return &x.Functions[i]
	}
	return nil
}

// plainName returns a name without case and punctuation, and without the word function or
// layer at the end, which logical ids have.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	for _, word := range []string{"function", "layer"} {
		if short := strings.TrimSuffix(name, word); short != "" {
			name = short
		}
	}
	return name
}

func samePath(a, b string) bool {
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && resolved(absA) == resolved(absB)
}

// resolved returns a path without links, or unchanged if it does not exist.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// code checks where the zip is, and the package type.
func (x *deployCheck) code(e entry, osOnly bool) {
	image := e.PackageType.Known() && e.PackageType.Text == "Image"
	switch {
	case e.PackageType.Unresolved != "":
		x.skip(e, verify.IDDeployPackageType, e.PackageType)
	case image && e.Code.Known() && strings.HasSuffix(e.Code.Text, ".zip"):
		x.add(e, verify.IDDeployPackageType, e.PackageType.Position, "the package type is Image, and the code is the zip %q", e.Code.Text)
	case !image && e.Image.IsSet() && (e.PackageType.IsSet() || e.Code.IsSet()):
		x.add(e, verify.IDDeployPackageType, e.Image.Position, "it has an image, and its package type is Zip")
	}
	if image {
		return
	}
	if e.Code.Unresolved != "" {
		x.skip(e, verify.IDDeployZipMissing, e.Code)
		return
	}
	if !strings.HasSuffix(e.Code.Text, ".zip") {
		return // a directory that another tool packs
	}
	missing := len(x.found)
	info, err := os.Stat(e.Code.Text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add(e, verify.IDDeployZipMissing, e.Code.Position, "zip %q is not there", e.Code.Text)
	case err != nil:
		x.add(e, verify.IDDeployZipMissing, e.Code.Position, "zip cannot be read: %v", err)
	case info.IsDir():
		x.add(e, verify.IDDeployZipMissing, e.Code.Position, "%q is a directory, not a zip", e.Code.Text)
	}
	if x.Root == "" {
		return
	}
	abs, err := filepath.Abs(e.Code.Text)
	if err == nil {
		// The zip may not exist yet, so only links in its directory are resolved.
		abs = filepath.Join(resolved(filepath.Dir(abs)), filepath.Base(abs))
		if rel, err := filepath.Rel(resolved(x.Root), abs); err != nil || !filepath.IsLocal(rel) {
			x.add(e, verify.IDDeployZipOutside, e.Code.Position, "zip %q is outside of the project", e.Code.Text)
			return
		}
	}
	if len(x.found) == missing && e.zip == nil && osOnly && len(x.Functions) > 0 {
		x.add(e, verify.IDDeployZipUnbuilt, e.Code.Position, "no function of bootzip.yaml makes %q", e.Code.Text)
	}
}

func (x *deployCheck) runtime(e entry) {
	r := e.Runtime
	switch {
	case e.PackageType.Text == "Image":
		return
	case r.Unresolved != "":
		x.skip(e, verify.IDDeployRuntime, r)
		return
	case !r.IsSet():
		if e.zip != nil {
			x.add(e, verify.IDDeployRuntime, e.Position, "it has no runtime")
		}
		return
	}
	if !startsBootstrap(r.Text) && (e.zip != nil || e.of != nil) {
		x.add(e, verify.IDDeployRuntime, r.Position, "runtime %q starts no bootstrap", r.Text)
	}
	if why := verify.RuntimeEnd(r.Text); why != "" {
		x.add(e, verify.IDDeployRuntimeEnded, r.Position, "%s: %s", r.Text, why)
	}
	if e.of != nil && deploy.OSOnly(r.Text) && "provided."+string(e.of.Runtime) != r.Text {
		x.add(e, verify.IDDeployRuntimeOther, r.Position, "the runtime is %s, and provided.%s in bootzip.yaml", r.Text, e.of.Runtime)
	}
}

// lambdaArches has the architectures by Lambda's names.
var lambdaArches = map[string]project.Arch{"x86_64": project.AMD64, "arm64": project.ARM64}

func (x *deployCheck) architecture(e entry) {
	arch, at := project.AMD64, e.Position
	said := "not set, so it is x86_64"
	if len(e.Architectures) > 0 {
		v := e.Architectures[0]
		if !v.Known() {
			x.skip(e, verify.IDDeployArchitecture, v)
			return
		}
		var ok bool
		if arch, ok = lambdaArches[v.Text]; !ok || len(e.Architectures) > 1 {
			x.add(e, verify.IDDeployArchitecture, v.Position, "the architecture is not one of x86_64 and arm64: %s", textsOf(e.Architectures))
			return
		}
		at, said = v.Position, v.Text
	}
	switch {
	case e.zip != nil && e.zip.Report.Program != "" && e.zip.Report.Program != arch:
		x.add(e, verify.IDDeployArchitecture, at, "the architecture is %s, and the program in %s is for %s", said, e.zip.Target.Path, e.zip.Report.Program)
	case e.zip == nil && e.of != nil && len(e.of.Arch) > 0 && !slices.Contains(e.of.Arch, arch):
		x.add(e, verify.IDDeployArchitecture, at, "the architecture is %s, for which bootzip.yaml does not build %q", said, e.of.Name)
	}
}

func textsOf(values []deploy.Value) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, strconv.Quote(v.Text))
	}
	return strings.Join(texts, ", ")
}

func (x *deployCheck) handler(e entry) {
	h := e.Handler
	switch {
	case e.of == nil || len(e.of.Handlers) == 0 || e.PackageType.Text == "Image":
	case h.Unresolved != "":
		x.skip(e, verify.IDDeployHandler, h)
	case !slices.Contains(e.of.Handlers, h.Text):
		at := h.Position
		if !h.IsSet() {
			at = e.Position
		}
		x.add(e, verify.IDDeployHandler, at, "the handler is %q, and function %q answers to %q", h.Text, e.of.Name, e.of.Handlers)
	}
}

// limits compares numbers with Lambda's limits and with bootzip.yaml.
func (x *deployCheck) limits(e entry) {
	var memory, timeout int
	if e.of != nil {
		memory, timeout = e.of.Memory, e.of.Timeout
	}
	// AWS Lambda API reference, CreateFunction; Serverless Framework's documentation.
	usualMemory, usualTimeout := 128, 3
	if x.file.Kind == deploy.Serverless {
		usualMemory, usualTimeout = 1024, 6
	}
	for _, s := range []struct {
		name, unit  string
		value       deploy.Value
		least, most int
		usual, own  int
	}{
		{"memory", "MB", e.Memory, project.MinMemory, project.MaxMemory, usualMemory, memory},
		{"timeout", "seconds", e.Timeout, 1, project.MaxTimeout, usualTimeout, timeout},
	} {
		if s.value.Unresolved != "" {
			x.skip(e, verify.IDDeployLimits, s.value)
			continue
		}
		if !s.value.IsSet() {
			if s.own != 0 && s.own != s.usual {
				x.add(e, verify.IDDeploySettings, e.Position, "%s is not set, which is %d %s, and %d in bootzip.yaml", s.name, s.usual, s.unit, s.own)
			}
			continue
		}
		n, err := strconv.Atoi(s.value.Text)
		switch {
		case err != nil || n < s.least || n > s.most:
			x.add(e, verify.IDDeployLimits, s.value.Position, "%s is %s, not %d to %d %s", s.name, s.value.Text, s.least, s.most, s.unit)
		case s.own != 0 && n != s.own:
			x.add(e, verify.IDDeploySettings, s.value.Position, "%s is %d %s, and %d in bootzip.yaml", s.name, n, s.unit, s.own)
		}
	}
	if n := len(e.Layers); n > 5 {
		x.add(e, verify.IDDeployLimits, e.Layers[5].Position, "it has %d layers, and 5 are the most", n)
	}
	if e.of != nil && len(e.of.Layers) > 0 && len(e.Layers) == 0 && e.PackageType.Text != "Image" {
		x.add(e, verify.IDDeploySettings, e.Position, "it has no layers, and %d in bootzip.yaml", len(e.of.Layers))
	}
}

// environment looks for the function's variables in bootzip.yaml, which the boot check sets.
func (x *deployCheck) environment(e entry) {
	if e.of == nil {
		return
	}
	var missing []string
	for name := range e.of.Env {
		if !slices.ContainsFunc(e.Environment, func(v deploy.Value) bool { return v.Text == name }) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	for _, name := range missing {
		if e.OpenEnv != "" {
			x.skip(e, verify.IDDeployEnvironment, deploy.Value{Unresolved: "variable " + name + " may be there: " + e.OpenEnv, Position: e.Position})
			continue
		}
		x.add(e, verify.IDDeployEnvironment, e.Position, "variable %s of bootzip.yaml is not there", name)
	}
}

// reservedVariables are those that a function may not be given (AWS Lambda developer guide,
// "Defined runtime environment variables", reserved).
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// reserved looks for variables that Lambda refuses.
func (x *deployCheck) reserved(e entry) {
	for _, v := range e.Environment {
		if v.Known() && slices.Contains(reservedVariables, v.Text) {
			x.add(e, verify.IDDeployReserved, v.Position, "variable %s is reserved", v.Text)
		}
	}
}
