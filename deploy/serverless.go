package deploy

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A serverless is a serverless.yml (Serverless Framework's documentation, version 3,
// "AWS - Functions", "Packaging" and "Variables"; osls keeps its form).
type serverless struct {
	root  *yaml.Node
	dir   string
	depth int    // of the variables being resolved
	steps int    // variables resolved so far
	open  string // why functions may be missing; empty: none is
}

func (s *serverless) functions() (all []Function) {
	provider := get(s.root, "provider")
	var entries [][2]*yaml.Node
	for _, part := range items(get(s.root, "functions")) { // a mapping, or a list of mappings
		s.opens(part)
		entries = append(entries, pairs(part)...)
	}
	for _, e := range entries {
		key, own := e[0], e[1]
		if own == nil || own.Kind != yaml.MappingNode {
			s.opens(own)
			continue
		}
		f := Function{Name: key.Value, Position: at(key)}
		setting := func(name string) Value { return s.value(cmp.Or(get(own, name), get(provider, name))) }
		if f.FunctionName = s.value(get(own, "name")); !f.FunctionName.IsSet() {
			f.FunctionName = s.defaultName(key)
		}
		f.Runtime, f.Memory, f.Timeout = setting("runtime"), setting("memorySize"), setting("timeout")
		f.Handler = s.value(get(own, "handler"))
		if arch := setting("architecture"); arch.IsSet() {
			f.Architectures = []Value{arch}
		}
		for _, from := range []*yaml.Node{get(provider, "environment"), get(own, "environment")} {
			names, open := s.names(from)
			f.Environment = append(f.Environment, names...)
			f.OpenEnv = cmp.Or(f.OpenEnv, open)
		}
		f.Layers = s.list(cmp.Or(get(own, "layers"), get(provider, "layers")))
		if image := get(own, "image"); image != nil {
			f.Image = s.value(cmp.Or(get(image, "uri"), image))
			f.PackageType = Value{Text: "Image", Position: at(image)}
		}
		artifact := cmp.Or(get(own, "package", "artifact"), get(s.root, "package", "artifact"))
		f.Code = s.value(artifact).located(s.dir)
		if artifact == nil && !f.Image.IsSet() {
			f.Code = s.pluginZip(f)
		}
		for _, e := range items(get(own, "events")) {
			if n := get(e, "httpApi"); n != nil {
				f.Routes = append(f.Routes, s.route(n))
			}
		}
		all = append(all, f)
	}
	for _, e := range pairs(get(s.root, "layers")) {
		key, own := e[0], e[1]
		all = append(all, Function{
			Name: key.Value, Position: at(key), Layer: true, FunctionName: s.value(get(own, "name")),
			Architectures: s.list(get(own, "compatibleArchitectures")), Runtimes: s.list(get(own, "compatibleRuntimes")),
			Code: s.value(get(own, "package", "artifact")).located(s.dir),
		})
	}
	return all
}

// opens notes a part of the functions that is not read, such as ${file(more.yml)}.
func (s *serverless) opens(part *yaml.Node) {
	if part != nil && part.Kind == yaml.ScalarNode && !isNull(part) {
		s.open = part.Value + " is known at the deploy alone"
	}
}

// defaultName returns the name that a function without one gets: SERVICE-STAGE-KEY
// (Serverless Framework's documentation, "AWS - Serverless.yml Reference", functions).
func (s *serverless) defaultName(key *yaml.Node) Value {
	service := get(s.root, "service")
	name := s.value(cmp.Or(get(service, "name"), service)) // a mapping in old files
	stage, why := s.resolve("${sls:stage}")
	if why = cmp.Or(name.Unresolved, why); why != "" || name.Text == "" || stage == "" {
		return unresolved(at(key), "its name is SERVICE-STAGE-%s: %s", key.Value, cmp.Or(why, "one of these is empty"))
	}
	return Value{Text: name.Text + "-" + stage + "-" + key.Value, Position: at(key)}
}

// list resolves a list of scalars.
func (s *serverless) list(n *yaml.Node) (all []Value) {
	for _, item := range items(n) {
		all = append(all, s.value(item))
	}
	return all
}

// pluginZip returns the path of the zip that the plugin serverless-bootzip
// (integrations/serverless) makes; a zero Value without the plugin.
func (s *serverless) pluginZip(f Function) Value {
	const plugin = "serverless-bootzip"
	list := cmp.Or(get(s.root, "plugins", "modules"), get(s.root, "plugins"))
	if !OSOnly(f.Runtime.Text) || !slices.ContainsFunc(items(list), func(n *yaml.Node) bool { return n.Value == plugin }) {
		return Value{}
	}
	settings := get(s.root, "custom", "bootzip")
	name, project := s.value(get(settings, "functions", f.Name)), s.value(get(settings, "project"))
	arch := "amd64"
	for _, v := range f.Architectures {
		if v.Text == "arm64" {
			arch = "arm64"
		}
		project.Unresolved = cmp.Or(project.Unresolved, v.Unresolved)
	}
	if why := cmp.Or(name.Unresolved, project.Unresolved); why != "" {
		return Value{Unresolved: why, Position: f.Position}
	}
	return Value{Text: path.Join(project.Text, "dist", cmp.Or(name.Text, f.Name)+"-"+arch+".zip"), Position: f.Position}.located(s.dir)
}

// route reads an httpApi event: "GET /path", "*", or a mapping.
func (s *serverless) route(n *yaml.Node) Value {
	if n.Kind == yaml.MappingNode {
		return routeOf(s.value(get(n, "method")), s.value(get(n, "path")), at(n))
	}
	v := s.value(n)
	if v.Unresolved != "" {
		return v
	}
	method, path, both := strings.Cut(v.Text, " ")
	if !both {
		method, path = "", v.Text
	}
	return routeOf(Value{Text: method, Position: v.Position}, Value{Text: path, Position: v.Position}, v.Position)
}

// names returns the keys of a mapping. If there may be more, open is the reason.
func (s *serverless) names(n *yaml.Node) (all []Value, open string) {
	if n == nil {
		return nil, ""
	}
	if n.Kind == yaml.ScalarNode && n.Value != "" && !isNull(n) {
		return nil, n.Value + " is a mapping that is known at the deploy alone"
	}
	return keyNames(n), ""
}

// value resolves a scalar.
func (s *serverless) value(n *yaml.Node) Value {
	if n = follow(n); n == nil || isNull(n) {
		return Value{}
	}
	if n.Kind != yaml.ScalarNode || hasOwnTag(n) {
		return unresolved(at(n), "it is known at the deploy alone")
	}
	text, why := s.resolve(n.Value)
	return Value{Text: text, Unresolved: why, Position: at(n)}
}

var (
	// variable matches a variable that contains no other.
	variable = regexp.MustCompile(`\$\{([^${}]*)\}`)

	// number matches defaults that are written without quotes: numbers and booleans.
	number = regexp.MustCompile(`^(-?[0-9.]+|true|false)$`)
)

// resolve replaces variables from the inside out. If one is unknown, why is the reason.
func (s *serverless) resolve(text string) (out, why string) {
	if s.depth >= maxDepth {
		return "", "variables go in a circle"
	}
	s.depth++
	defer func() { s.depth-- }()
	for range maxDepth {
		at := variable.FindStringSubmatchIndex(text)
		if at == nil {
			return text, ""
		}
		value, why := s.variable(text[at[2]:at[3]])
		if s.steps++; s.steps > maxSteps || len(value) > maxText {
			why = "it has too many variables"
		}
		if why != "" {
			return "", why
		}
		text = text[:at[0]] + value + text[at[1]:]
	}
	return "", "it has too many variables"
}

// variable returns the value of ${source, default, …}.
func (s *serverless) variable(inner string) (value, why string) {
	for _, source := range strings.Split(inner, ",") {
		source = strings.TrimSpace(source)
		switch {
		case strings.HasPrefix(source, "self:"):
			n := get(s.root, strings.Split(strings.TrimPrefix(source, "self:"), ".")...)
			if n != nil && n.Kind == yaml.ScalarNode && !isNull(n) {
				return s.resolve(n.Value)
			}
			if n != nil {
				return "", "${" + source + "} is not text"
			}
		case source == "sls:stage":
			if n := get(s.root, "provider", "stage"); n != nil && n.Kind == yaml.ScalarNode {
				return s.resolve(n.Value)
			}
			return "dev", ""
		case strings.HasPrefix(source, "param:"):
			n, why := s.param(strings.TrimPrefix(source, "param:"))
			if why != "" {
				return "", why
			}
			if n != nil && (n.Kind != yaml.ScalarNode || hasOwnTag(n)) {
				return "", "${" + source + "} is not text"
			}
			if n != nil {
				return s.resolve(n.Value)
			}
		case strings.HasPrefix(source, "opt:"), strings.HasPrefix(source, "env:"):
			// Given at the deploy. The default, if there is one, comes next.
		case len(source) > 1 && (source[0] == '\'' || source[0] == '"') && source[len(source)-1] == source[0]:
			return source[1 : len(source)-1], ""
		case number.MatchString(source):
			return source, ""
		default:
			return "", "${" + source + "} is known at the deploy alone"
		}
	}
	return "", "${" + inner + "} is known at the deploy alone"
}

// param returns a parameter of the stage, or else of all stages; nil: the file does not have
// it (Serverless Framework's documentation, "Parameters" and, for version 4, "Stages").
func (s *serverless) param(name string) (n *yaml.Node, why string) {
	params, stages := get(s.root, "params"), get(s.root, "stages")
	if params == nil && stages == nil {
		return nil, ""
	}
	stage, why := s.resolve("${sls:stage}")
	if why != "" {
		return nil, why
	}
	for _, stage := range []string{stage, "default"} {
		for _, path := range [][]*yaml.Node{{stages, get(stages, stage), get(stages, stage, "params")}, {params, get(params, stage)}} {
			for _, n := range path {
				if n != nil && n.Kind != yaml.MappingNode && !isNull(n) {
					return nil, "the params of stage " + stage + " are known at the deploy alone"
				}
			}
			if n := get(path[len(path)-1], name); n != nil && !isNull(n) {
				return n, ""
			}
		}
	}
	return nil, ""
}
