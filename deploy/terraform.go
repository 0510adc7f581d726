package deploy

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/bootzip/bootzip/internal/regular"
)

// terraformFiles is the pattern of the files that Terraform reads. It ignores hidden ones, such
// as an editor's (internal/configs/parser_config_dir.go, IsIgnoredFile).
const terraformFiles = "[^.]*.tf"

// readTerraform reads the .tf files of a directory: resources aws_lambda_function and
// aws_lambda_layer_version (Terraform's AWS provider) and modules
// terraform-aws-modules/lambda/aws.
func readTerraform(path string) (File, error) {
	dir := filepath.Dir(path)
	paths, err := glob(dir, terraformFiles)
	if err != nil {
		return File{}, err
	}
	if !slices.Contains(paths, filepath.Join(dir, filepath.Base(path))) {
		if _, err := os.Stat(path); err == nil {
			return File{}, fmt.Errorf("deploy file %q is not one that Terraform reads: its name begins with a dot", path)
		}
		return File{}, fmt.Errorf("deploy file %q is not there: %w", path, fs.ErrNotExist)
	}
	t := terraform{dir: dir, variables: map[string]cty.Value{}, locals: map[string]hcl.Expression{}}
	f := File{Path: path, Kind: Terraform}
	// Override files are read last.
	order := func(path string) int {
		if base := filepath.Base(path); base == "override.tf" || strings.HasSuffix(base, "_override.tf") {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(paths, func(a, b string) int { return order(a) - order(b) })
	for _, one := range paths {
		data, err := regular.ReadFile(one)
		if err != nil {
			return File{}, err
		}
		if filepath.Base(one) == filepath.Base(path) {
			f.is(data)
		}
		parsed, problems := hclsyntax.ParseConfig(data, one, hcl.InitialPos)
		if problems.HasErrors() {
			return File{}, unreadable(one, problems, data)
		}
		for _, b := range parsed.Body.(*hclsyntax.Body).Blocks {
			if order(one) == 0 || !t.override(b) {
				t.blocks = append(t.blocks, b)
			}
		}
	}
	t.declare()
	if err := t.assign(); err != nil {
		return File{}, err
	}
	t.evaluate()
	t.evaluateModules()
	for _, b := range t.blocks {
		var one Function
		if t.block = b.DefRange(); t.absent(b) {
			continue
		}
		switch {
		case b.Type == "resource" && len(b.Labels) == 2 && (b.Labels[0] == "aws_lambda_function" || b.Labels[0] == "aws_lambda_layer_version"):
			one = t.resource(b)
		case b.Type == "module" && len(b.Labels) == 1 && t.isLambdaModule(b):
			one = t.module(b)
		default:
			continue
		}
		one.File, one.Position = t.block.Filename, Position{t.block.Start.Line, t.block.Start.Column}
		f.Functions = append(f.Functions, one)
	}
	return f, nil
}

// A terraform is a module's configuration.
type terraform struct {
	dir       string
	blocks    []*hclsyntax.Block   // of all files
	variables map[string]cty.Value // of tfvars, or their defaults
	locals    map[string]hcl.Expression
	context   *hcl.EvalContext
	block     hcl.Range // of the block that is being read
}

// override merges a block of an override file into the block with the same type and labels.
// Its attributes replace those of that block, and its nested blocks those of the same type
// (Terraform's documentation, "Override Files"). It reports whether there is such a block;
// locals are merged by declare.
func (t *terraform) override(b *hclsyntax.Block) bool {
	i := slices.IndexFunc(t.blocks, func(o *hclsyntax.Block) bool { return o.Type == b.Type && slices.Equal(o.Labels, b.Labels) })
	if i < 0 || b.Type == "locals" {
		return false
	}
	body := t.blocks[i].Body
	maps.Copy(body.Attributes, b.Body.Attributes)
	body.Blocks = slices.DeleteFunc(body.Blocks, func(o *hclsyntax.Block) bool {
		return slices.ContainsFunc(b.Body.Blocks, func(n *hclsyntax.Block) bool { return n.Type == o.Type })
	})
	body.Blocks = append(body.Blocks, b.Body.Blocks...)
	return true
}

func (t *terraform) declare() {
	for _, b := range t.blocks {
		switch {
		case b.Type == "variable" && len(b.Labels) == 1:
			t.variables[b.Labels[0]] = cty.DynamicVal
			if a := b.Body.Attributes["default"]; a != nil {
				t.variables[b.Labels[0]] = constant(a.AsHCLAttribute())
			}
		case b.Type == "locals":
			for name, a := range b.Body.Attributes {
				t.locals[name] = a.Expr
			}
		}
	}
}

// assign sets variables from the files that Terraform reads by itself; later files win
// (Terraform's documentation, "Input variables", precedence). A file that cannot be read,
// such as one that git-crypt has encrypted, may set any variable: all become unknown.
func (t *terraform) assign() error {
	var paths, auto []string
	for _, pattern := range []string{"terraform.tfvars", "terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json"} {
		found, err := glob(t.dir, pattern)
		if err != nil {
			return err
		}
		if strings.HasPrefix(pattern, "*") {
			auto = append(auto, found...)
		} else {
			paths = append(paths, found...)
		}
	}
	slices.Sort(auto)
	for _, path := range append(paths, auto...) {
		values, err := readVariables(path)
		for name := range t.variables {
			if a := values[name]; a != nil || err != nil {
				t.variables[name] = constant(a)
			}
		}
	}
	return nil
}

// readVariables returns what a .tfvars or .tfvars.json file has.
func readVariables(path string) (hcl.Attributes, error) {
	data, err := regular.ReadFile(path)
	if err != nil {
		return nil, err
	}
	parsed, problems := hclsyntax.ParseConfig(data, path, hcl.InitialPos)
	if strings.HasSuffix(path, ".json") {
		parsed, problems = json.Parse(data, path)
	}
	if problems.HasErrors() {
		return nil, problems
	}
	attributes, problems := parsed.Body.JustAttributes()
	if problems.HasErrors() {
		return nil, problems
	}
	return attributes, nil
}

// constant evaluates an attribute, which may be nil, without variables. If it has no such
// value, or null, the result is unknown.
func constant(a *hcl.Attribute) cty.Value {
	if a != nil {
		if v, problems := a.Expr.Value(nil); !problems.HasErrors() && !v.IsNull() {
			return v
		}
	}
	return cty.DynamicVal
}

// evaluate makes the context from the values of variables and locals. Locals may refer
// to other locals, so they are evaluated repeatedly until nothing changes.
func (t *terraform) evaluate() {
	dir := cty.StringVal(filepath.ToSlash(t.dir))
	locals := map[string]cty.Value{}
	for name := range t.locals {
		locals[name] = cty.DynamicVal
	}
	t.context = &hcl.EvalContext{
		Variables: map[string]cty.Value{
			"var": cty.ObjectVal(t.variables), "local": cty.ObjectVal(locals),
			"path":      cty.ObjectVal(map[string]cty.Value{"module": dir, "root": dir, "cwd": dir}),
			"terraform": cty.ObjectVal(map[string]cty.Value{"workspace": cty.StringVal("default")}),
		},
		Functions: map[string]function.Function{
			"format": stdlib.FormatFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "upper": stdlib.UpperFunc, "replace": stdlib.ReplaceFunc,
			"merge": stdlib.MergeFunc, "concat": stdlib.ConcatFunc, "lookup": stdlib.LookupFunc, "coalesce": stdlib.CoalesceFunc,
		},
	}
	for range len(t.locals) {
		changed := false
		for name, expression := range t.locals {
			if v, problems := expression.Value(t.context); !problems.HasErrors() && v.IsWhollyKnown() && !locals[name].IsWhollyKnown() && sizeOf(v) <= maxText {
				locals[name], changed = v, true
			}
		}
		if !changed {
			break
		}
		t.context.Variables["local"] = cty.ObjectVal(locals)
	}
}

// evaluateModules adds the outputs of bootzip-function modules (integrations/terraform).
// Those that need the manifest are unknown.
func (t *terraform) evaluateModules() {
	modules := map[string]cty.Value{}
	for _, b := range t.blocks {
		if b.Type != "module" || len(b.Labels) != 1 {
			continue
		}
		text := func(name, fallback string) Value {
			if b.Body.Attributes[name] == nil {
				return Value{Text: fallback}
			}
			return t.value(b.Body.Attributes[name])
		}
		source, _, _ := strings.Cut(text("source", "").Text, "?")
		if path.Base(source) != "bootzip-function" {
			continue
		}
		function, arch, project := text("function", ""), text("arch", "arm64"), text("project", ".")
		if function.Unresolved+arch.Unresolved+project.Unresolved != "" {
			continue
		}
		lambda := arch.Text
		if lambda == "amd64" {
			lambda = "x86_64"
		}
		modules[b.Labels[0]] = cty.ObjectVal(map[string]cty.Value{
			"filename":         cty.StringVal(project.Text + "/dist/" + function.Text + "-" + arch.Text + ".zip"),
			"architectures":    cty.ListVal([]cty.Value{cty.StringVal(lambda)}),
			"runtime":          cty.UnknownVal(cty.String),
			"source_code_hash": cty.UnknownVal(cty.String),
			"content_digest":   cty.UnknownVal(cty.String),
		})
	}
	t.context.Variables["module"] = cty.ObjectVal(modules)
}

// sizeOf returns roughly how many bytes of text a value has: locals that refer to one
// another can double in size each time.
func sizeOf(v cty.Value) (n int) {
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		n++
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
			n += len(v.AsString())
		}
		return true, nil
	})
	return n
}

// value evaluates an attribute, which may be nil.
func (t *terraform) value(a *hclsyntax.Attribute) Value {
	if a == nil {
		return Value{}
	}
	return t.valueOf(a.Expr)
}

// valueOf evaluates an expression.
func (t *terraform) valueOf(e hcl.Expression) Value {
	v, why := t.known(e)
	if why != "" {
		return Value{Unresolved: why, Position: t.startOf(e)}
	}
	return textOf(v, t.startOf(e))
}

// textOf converts a value of HCL to text.
func textOf(v cty.Value, p Position) Value {
	if v.IsNull() {
		return Value{}
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil || !text.IsKnown() {
		return unresolved(p, "it is known at the deploy alone")
	}
	return Value{Text: text.AsString(), Position: p}
}

// startOf returns where an expression starts. If the expression is in an override file, it
// returns where the block starts that is overridden.
func (t *terraform) startOf(e hcl.Expression) Position {
	r := e.Range()
	if r.Filename != t.block.Filename {
		r = t.block
	}
	return Position{r.Start.Line, r.Start.Column}
}

// known returns the value of an expression, or why it is unknown.
func (t *terraform) known(e hcl.Expression) (v cty.Value, why string) {
	v, problems := e.Value(t.context)
	if !problems.HasErrors() && v.IsKnown() {
		return v, ""
	}
	for _, traversal := range e.Variables() {
		name := traversal.RootName()
		for _, step := range traversal[1:] {
			if attribute, ok := step.(hcl.TraverseAttr); ok {
				name += "." + attribute.Name
			}
		}
		if name == "path.module" || name == "path.root" {
			continue
		}
		return v, name + " is known at the deploy alone"
	}
	return v, "it is known at the deploy alone"
}

// list evaluates an attribute with a list.
func (t *terraform) list(a *hclsyntax.Attribute) (all []Value) {
	if a == nil {
		return nil
	}
	if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, e := range tuple.Exprs {
			all = append(all, t.valueOf(e))
		}
		return all
	}
	_, items, why := t.elements(a.Expr)
	if why != "" {
		return []Value{{Unresolved: why, Position: t.startOf(a.Expr)}}
	}
	return items
}

// elements returns the keys and items of a list or map, or why it is unknown.
func (t *terraform) elements(e hcl.Expression) (keys, items []Value, why string) {
	v, why := t.known(e)
	if why != "" || v.IsNull() || !v.CanIterateElements() {
		return nil, nil, why
	}
	for it := v.ElementIterator(); it.Next(); {
		key, item := it.Element()
		keys, items = append(keys, textOf(key, t.startOf(e))), append(items, textOf(item, t.startOf(e)))
	}
	return keys, items, ""
}

// names returns the keys of an attribute with a map. If some are unknown, open is the
// reason.
func (t *terraform) names(a *hclsyntax.Attribute) (all []Value, open string) {
	if a == nil {
		return nil, ""
	}
	if object, ok := a.Expr.(*hclsyntax.ObjectConsExpr); ok {
		for _, item := range object.Items {
			v, why := t.known(item.KeyExpr)
			if why != "" {
				open = why
				continue
			}
			all = append(all, textOf(v, t.startOf(item.KeyExpr)))
		}
		return all, open
	}
	all, _, open = t.elements(a.Expr)
	return all, open
}

// terraformFunction reads the attributes of a function, or of a version of a layer. They have
// the same names in a configuration and in a plan; code is the one with the zip.
func terraformFunction(name, code string, layer bool, value func(string) Value, list func(string) []Value) Function {
	f := Function{Name: name, Layer: layer, Code: value(code)}
	if layer {
		f.FunctionName, f.Architectures, f.Runtimes = value("layer_name"), list("compatible_architectures"), list("compatible_runtimes")
		return f
	}
	f.FunctionName, f.Runtime, f.Architectures, f.Layers = value("function_name"), value("runtime"), list("architectures"), list("layers")
	f.Handler, f.PackageType, f.Image = value("handler"), value("package_type"), value("image_uri")
	f.Memory, f.Timeout = value("memory_size"), value("timeout")
	return f
}

// read reads the attributes of a resource or module.
func (t *terraform) read(name, code string, layer bool, a hclsyntax.Attributes) Function {
	f := terraformFunction(name, code, layer,
		func(name string) Value { return t.value(a[name]) }, func(name string) []Value { return t.list(a[name]) })
	f.Code = t.inModule(f.Code)
	return f
}

// resource reads a resource aws_lambda_function or aws_lambda_layer_version.
func (t *terraform) resource(b *hclsyntax.Block) Function {
	a := b.Body.Attributes
	f := t.read(strings.Join(b.Labels, "."), "filename", b.Labels[0] == "aws_lambda_layer_version", a)
	if s3 := a["s3_bucket"]; s3 != nil {
		f.Code = unresolved(t.startOf(s3.Expr), "the code is in S3")
	}
	for _, inner := range b.Body.Blocks {
		switch inner.Type {
		case "environment":
			f.Environment, f.OpenEnv = t.names(inner.Body.Attributes["variables"])
		case "dynamic":
			if len(inner.Labels) == 1 && inner.Labels[0] == "environment" {
				f.OpenEnv = "its environment is a dynamic block"
			}
		}
	}
	return f
}

// inModule locates a path in the directory of the configuration: Terraform's paths are
// relative to where it runs, which is there.
func (t *terraform) inModule(v Value) Value {
	if t.dir == "." || strings.HasPrefix(v.Text, filepath.ToSlash(t.dir)+"/") {
		return v
	}
	return v.located(t.dir)
}

// absent reports whether a block is known to make nothing.
func (t *terraform) absent(b *hclsyntax.Block) bool {
	is := func(name, text string) bool { return t.value(b.Body.Attributes[name]).Text == text }
	return is("count", "0") || b.Type == "module" && (is("create", "false") || is("create_function", "false") && !is("create_layer", "true"))
}

func (t *terraform) isLambdaModule(b *hclsyntax.Block) bool {
	source := strings.TrimPrefix(t.value(b.Body.Attributes["source"]).Text, "registry.terraform.io/") // the default registry
	return source == "terraform-aws-modules/lambda/aws" || strings.Contains(source, "terraform-aws-modules/terraform-aws-lambda")
}

// module reads a module terraform-aws-modules/lambda/aws. With create_layer it makes a
// layer, and no function (its main.tf, count).
func (t *terraform) module(b *hclsyntax.Block) Function {
	a := b.Body.Attributes
	layer := t.value(a["create_layer"]).Text == "true"
	f := t.read("module."+b.Labels[0], "local_existing_package", layer, a)
	if layer {
		return f
	}
	f.Environment, f.OpenEnv = t.names(a["environment_variables"])
	return f
}
