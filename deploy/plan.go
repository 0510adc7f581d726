package deploy

import "go.yaml.in/yaml/v4"

// unknownOf returns the after_unknown of each resource that a plan as JSON changes, by
// address.
func unknownOf(root *yaml.Node) map[string]*yaml.Node {
	unknown := map[string]*yaml.Node{}
	for _, change := range items(get(root, "resource_changes")) {
		if address := get(change, "address"); address != nil {
			unknown[address.Value] = get(change, "change", "after_unknown")
		}
	}
	return unknown
}

// planModule reads the functions of a module, and of those below it, in a plan as JSON
// (Terraform's documentation, "JSON Output Format", planned_values). An unknown value is
// absent there, or null in a list; after_unknown has true for it.
func planModule(module *yaml.Node, unknown map[string]*yaml.Node, dir string) (all []Function) {
	for _, r := range items(get(module, "resources")) {
		kind, address := get(r, "type"), get(r, "address")
		layer := kind != nil && kind.Value == "aws_lambda_layer_version"
		if kind == nil || address == nil || kind.Value != "aws_lambda_function" && !layer {
			continue
		}
		values, unknown := get(r, "values"), unknown[address.Value]
		later := func(n *yaml.Node) Value { return unresolved(at(n), "it is known at the deploy alone") }
		value := func(name string) Value {
			if isTrue(get(unknown, name)) {
				return later(address)
			}
			return (&template{}).value(get(values, name))
		}
		list := func(name string) (all []Value) {
			// If no architectures are given, the provider computes them: x86_64.
			if isTrue(get(unknown, name)) && name != "architectures" {
				return []Value{later(address)}
			}
			n := get(values, name)
			for _, item := range items(n) {
				if v := (&template{}).value(item); v.IsSet() {
					all = append(all, v)
				} else if n.Kind == yaml.SequenceNode {
					all = append(all, later(item))
				}
			}
			return all
		}
		f := terraformFunction(address.Value, "filename", layer, value, list)
		f.Position, f.Code = at(address), f.Code.located(dir)
		if s3 := value("s3_bucket"); s3.IsSet() {
			f.Code = unresolved(s3.Position, "the code is in S3")
		}
		for _, known := range []*yaml.Node{values, unknown} {
			for _, e := range items(get(known, "environment")) {
				f.Environment = append(f.Environment, keyNames(get(e, "variables"))...)
				if isTrue(e) || isTrue(get(e, "variables")) {
					f.OpenEnv = "its variables are known at the deploy alone"
				}
			}
		}
		all = append(all, f)
	}
	for _, child := range items(get(module, "child_modules")) {
		all = append(all, planModule(child, unknown, dir)...)
	}
	return all
}

// isTrue reports whether a node is true.
func isTrue(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.Value == "true" && n.Tag == "!!bool"
}
