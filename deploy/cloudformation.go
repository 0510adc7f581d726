package deploy

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A template is a CloudFormation or SAM template (AWS CloudFormation user guide, "Template
// reference"; AWS SAM developer guide, "AWS SAM resources and properties").
type template struct {
	root  *yaml.Node
	dir   string
	depth int // of the references being resolved
	steps int // references resolved so far
}

func (t *template) functions() (all []Function) {
	for _, r := range pairs(get(t.root, "Resources")) {
		key, resource := r[0], r[1]
		kind := get(resource, "Type")
		if kind == nil {
			continue
		}
		var shared *yaml.Node
		switch kind.Value {
		case "AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion":
			all = append(all, t.layer(key, resource))
			continue
		case "AWS::Serverless::Function":
			shared = get(t.root, "Globals", "Function")
		case "AWS::Lambda::Function":
		default:
			continue
		}
		f := Function{Name: key.Value, Position: at(key)}
		own := get(resource, "Properties")
		property := func(name string) *yaml.Node { return cmp.Or(get(own, name), get(shared, name)) }
		f.FunctionName = t.value(property("FunctionName"))
		f.Runtime = t.value(property("Runtime"))
		f.Handler = t.value(property("Handler"))
		f.PackageType = t.value(property("PackageType"))
		f.Memory = t.value(property("MemorySize"))
		f.Timeout = t.value(property("Timeout"))
		f.Architectures = t.list(property("Architectures"))
		f.Layers = t.list(property("Layers"))
		if shared := get(shared, "Layers"); shared != nil && get(own, "Layers") != nil {
			f.Layers = append(t.list(shared), f.Layers...) // SAM adds lists
		}
		for _, from := range []*yaml.Node{get(shared, "Environment", "Variables"), get(own, "Environment", "Variables")} {
			names, open := t.names(from)
			f.Environment = append(f.Environment, names...)
			f.OpenEnv = cmp.Or(f.OpenEnv, open)
		}
		t.code(&f, resource, cmp.Or(property("CodeUri"), property("Code")))
		if n := property("ImageUri"); n != nil {
			f.Image = t.value(n)
		}
		t.routes(&f, get(own, "Events"))
		all = append(all, f)
	}
	return all
}

// open returns which function makes resources that are not in the template itself, as the
// reason why some may be missing; empty if there is none. These functions are Fn::ForEach,
// and Fn::Transform, which includes files (AWS CloudFormation user guide, "Intrinsic
// function reference").
func (t *template) open() string {
	for _, p := range pairs(get(t.root, "Resources")) {
		if strings.HasPrefix(p[0].Value, "Fn::") {
			return p[0].Value + " is known at the deploy alone"
		}
	}
	return ""
}

// layer reads a version of a layer.
func (t *template) layer(key, resource *yaml.Node) Function {
	own := get(resource, "Properties")
	f := Function{
		Name: key.Value, Position: at(key), Layer: true, FunctionName: t.value(get(own, "LayerName")),
		Architectures: t.list(get(own, "CompatibleArchitectures")), Runtimes: t.list(get(own, "CompatibleRuntimes")),
	}
	t.code(&f, resource, cmp.Or(get(own, "ContentUri"), get(own, "Content")))
	return f
}

// routes reads SAM's HttpApi events. One without a path is the default route.
func (t *template) routes(f *Function, events *yaml.Node) {
	for _, e := range pairs(events) {
		if kind := get(e[1], "Type"); kind == nil || kind.Value != "HttpApi" {
			continue
		}
		path, method := t.value(get(e[1], "Properties", "Path")), t.value(get(e[1], "Properties", "Method"))
		f.Routes = append(f.Routes, routeOf(method, path, at(e[0])))
	}
}

// routeOf makes a route from a method and a path, either of which may be absent.
func routeOf(method, path Value, p Position) Value {
	switch {
	case method.Unresolved != "" || path.Unresolved != "":
		return Value{Unresolved: cmp.Or(path.Unresolved, method.Unresolved), Position: p}
	case !path.IsSet() || path.Text == "*":
		return Value{Text: "$default", Position: p}
	}
	verb := strings.ToUpper(cmp.Or(method.Text, "ANY"))
	if verb == "*" || verb == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
		verb = "ANY"
	}
	return Value{Text: verb + " " + path.Text, Position: p}
}

// code reads where the code of a function or layer is.
func (t *template) code(f *Function, resource, code *yaml.Node) {
	// CDK's templates name the asset next to the reference to S3 (AWS CDK developer
	// guide, "Assets", Metadata).
	if path := get(resource, "Metadata", "aws:asset:path"); path != nil && path.Kind == yaml.ScalarNode {
		f.Code = t.value(path).located(t.dir)
		return
	}
	switch {
	case code == nil:
	case code.Kind == yaml.ScalarNode || call(code) != "":
		f.Code = t.value(code)
		if strings.HasPrefix(f.Code.Text, "s3://") || strings.HasPrefix(f.Code.Text, "https://") {
			f.Code = unresolved(f.Code.Position, "the code is at %s", f.Code.Text)
		}
		f.Code = f.Code.located(t.dir)
	default:
		if image := get(code, "ImageUri"); image != nil {
			f.Image = t.value(image)
			return
		}
		f.Code = unresolved(at(code), "the code is in S3, or in the template itself")
	}
}

// call returns the name of a node's intrinsic function, without Fn::, such as Ref and
// GetAtt; empty if the node has none.
func call(n *yaml.Node) string {
	if hasOwnTag(n) {
		return n.Tag[1:]
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		name := n.Content[0].Value
		if name == "Ref" || name == "Condition" {
			return name
		}
		if name, ok := strings.CutPrefix(name, "Fn::"); ok {
			return name
		}
	}
	return ""
}

// argument returns the argument of an intrinsic function.
func argument(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && !hasOwnTag(n) {
		return follow(n.Content[1])
	}
	return n
}

// value resolves a scalar.
func (t *template) value(n *yaml.Node) Value {
	if n = follow(n); n == nil || isNull(n) {
		return Value{}
	}
	p := at(n)
	if t.steps++; t.depth >= maxDepth || t.steps > maxSteps {
		return unresolved(p, "references go in a circle, or are too many")
	}
	t.depth++
	defer func() { t.depth-- }()
	name := call(n)
	if name == "" {
		if n.Kind != yaml.ScalarNode {
			return unresolved(p, "it is not text")
		}
		return literal(n)
	}
	arg := argument(n)
	if name == "Ref" && arg.Value == "AWS::NoValue" {
		return Value{} // as if it were not there
	}
	v := t.called(name, arg)
	if v.IsSet() {
		v.Position = p
	}
	return v
}

// called evaluates an intrinsic function.
func (t *template) called(name string, arg *yaml.Node) Value {
	p := at(arg)
	parts := items(arg)
	switch name {
	case "Ref":
		return t.ref(arg.Value, p)
	case "Sub":
		return t.sub(parts, p)
	case "FindInMap":
		if len(parts) < 3 {
			break
		}
		var keys []string
		for _, part := range parts[:3] {
			key := t.value(part)
			if !key.Known() {
				return unresolved(p, "!FindInMap: %s", key.Unresolved)
			}
			keys = append(keys, key.Text)
		}
		if found := get(t.root, append([]string{"Mappings"}, keys...)...); found != nil {
			return t.value(found)
		}
		return unresolved(p, "!FindInMap: %s is not in Mappings", strings.Join(keys, "."))
	case "If":
		if len(parts) != 3 {
			break
		}
		n, why := t.branch(parts)
		if why != "" {
			return unresolved(p, "!If: %s", why)
		}
		return t.value(n)
	case "Join":
		if len(parts) != 2 {
			break
		}
		var texts []string
		long := 0
		for _, part := range items(parts[1]) {
			v := t.value(part)
			if !v.Known() {
				return unresolved(p, "!Join: %s", v.Unresolved)
			}
			texts = append(texts, v.Text)
			if long += len(v.Text) + len(parts[0].Value); long > maxText {
				return unresolved(p, "!Join: the text is too long")
			}
		}
		return Value{Text: strings.Join(texts, parts[0].Value), Position: p}
	case "Select":
		if len(parts) != 2 || len(parts[0].Value) != 1 {
			break
		}
		if list, i := items(parts[1]), int(parts[0].Value[0]-'0'); call(parts[1]) == "" && i >= 0 && i < len(list) {
			return t.value(list[i])
		}
	}
	return unresolved(p, "!%s is known at the deploy alone", name)
}

// ref returns the default of a parameter.
func (t *template) ref(name string, p Position) Value {
	parameter := get(t.root, "Parameters", name)
	if parameter == nil {
		return unresolved(p, "!Ref %s is known at the deploy alone", name)
	}
	if n := get(parameter, "Default"); n != nil {
		return t.value(n)
	}
	return unresolved(p, "parameter %s has no default", name)
}

func (t *template) sub(parts []*yaml.Node, p Position) Value {
	if len(parts) == 0 {
		return unresolved(p, "!Sub has no text")
	}
	text, out := parts[0].Value, ""
	for {
		before, rest, ok := strings.Cut(text, "${")
		out += before
		if !ok {
			return Value{Text: out, Position: p}
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return unresolved(p, "!Sub has a ${ without }")
		}
		text = after
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			out += "${" + literal + "}"
			continue
		}
		var v Value
		if len(parts) > 1 && get(parts[1], name) != nil {
			v = t.value(get(parts[1], name))
		} else {
			v = t.ref(strings.TrimSpace(name), p)
		}
		if !v.Known() {
			return unresolved(p, "!Sub: %s", v.Unresolved)
		}
		if out += v.Text; len(out) > maxText {
			return unresolved(p, "!Sub: the text is too long")
		}
	}
}

// branch returns what the condition of an If chooses, or why that is not known.
func (t *template) branch(parts []*yaml.Node) (n *yaml.Node, why string) {
	yes, why := t.condition(parts[0].Value)
	if yes {
		return parts[1], why
	}
	return parts[2], why
}

// condition evaluates one of the Conditions. why is the reason if that is not possible.
func (t *template) condition(name string) (yes bool, why string) {
	n := get(t.root, "Conditions", name)
	if n == nil {
		return false, "condition " + name + " is not in Conditions"
	}
	return t.test(n)
}

func (t *template) test(n *yaml.Node) (yes bool, why string) {
	if t.steps++; t.depth >= maxDepth || t.steps > maxSteps {
		return false, "conditions go in a circle, or are too many"
	}
	t.depth++
	defer func() { t.depth-- }()
	arg := argument(n)
	parts := items(arg)
	switch name := call(n); name {
	case "Condition":
		return t.condition(arg.Value)
	case "Equals":
		if len(parts) != 2 {
			break
		}
		a, b := t.value(parts[0]), t.value(parts[1])
		if why := cmp.Or(a.Unresolved, b.Unresolved); why != "" {
			return false, why
		}
		return a.Text == b.Text, ""
	case "Not":
		if len(parts) != 1 {
			break
		}
		yes, why := t.test(parts[0])
		return !yes, why
	case "And", "Or":
		for _, part := range parts {
			yes, why := t.test(part)
			if why != "" || yes == (name == "Or") {
				return yes, why
			}
		}
		return name == "And", ""
	}
	return false, "a condition is known at the deploy alone"
}

// list resolves a list of scalars.
func (t *template) list(n *yaml.Node) (all []Value) {
	if n == nil || isNull(n) {
		return nil
	}
	if call(n) == "If" {
		if parts := items(argument(n)); len(parts) == 3 {
			if chosen, why := t.branch(parts); why == "" {
				return t.list(chosen)
			}
		}
	}
	if call(n) != "" {
		return []Value{t.value(n)}
	}
	for _, item := range items(n) {
		if v := t.value(item); v.IsSet() {
			all = append(all, v)
		}
	}
	return all
}

// names returns the keys of a mapping. If there may be more, open is the reason.
func (t *template) names(n *yaml.Node) (all []Value, open string) {
	if n == nil {
		return nil, ""
	}
	if name := call(n); name != "" && !slices.ContainsFunc(pairs(n), func(p [2]*yaml.Node) bool { return p[0].Value != "Ref" && !strings.HasPrefix(p[0].Value, "Fn::") }) {
		return nil, "!" + name + " is known at the deploy alone"
	}
	for _, p := range pairs(n) {
		if strings.HasPrefix(p[0].Value, "Fn::") {
			open = p[0].Value + " is known at the deploy alone"
			continue
		}
		all = append(all, literal(p[0]))
	}
	return all, open
}
