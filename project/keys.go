package project

import (
	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/internal/hint"
)

// A key is one key of bootzip.yaml. The tables below make the decoder, the
// schema for editors (bootzip.schema.json) and the page of the keys
// (docs/bootzip-yaml.md).
type key struct {
	name  string
	about string // for the page and the schema: what it is, and its default
	value shape
	read  func(n *yaml.Node) error
}

// A shape describes the values of a key, in the terms of JSON Schema.
type shape struct {
	kind   string   // "string", "boolean", "integer", "array", "object"
	values []string // all of them, if they are few
	min    int      // of an integer
	max    int
	of     *shape           // elements of an array, values of an object
	or     *shape           // another form
	fields map[string]shape // of an object with known keys, by name
}

var (
	aText  = shape{kind: "string"}
	texts  = shape{kind: "array", of: &aText}
	arches = shape{kind: "array", of: &shape{kind: "string", values: []string{string(AMD64), string(ARM64)}}}
	aName  = shape{kind: "string", or: &texts}
	image  = shape{kind: "boolean", or: &shape{kind: "object", fields: map[string]shape{
		"base": aText, "certificates": {kind: "boolean"}, "zones": {kind: "boolean"}, "labels": {kind: "object", of: &aText},
	}}}
	budgetShape = shape{kind: "object", fields: map[string]shape{"zip": aText, "unzipped": aText, "start": aText}}

	asset = shape{kind: "string", or: &shape{kind: "object", fields: map[string]shape{
		"source": aText, "name": aText, "executable": {kind: "boolean"},
	}}}
	rule = shape{kind: "object", fields: map[string]shape{
		"id": aText, "reason": aText, "severity": {kind: "string", values: severities},
	}}
	runtimeNames = shape{kind: "string", values: []string{"al2023", "al2", "provided.al2023", "provided.al2"}}
)

var severities = []string{"fail", "warn", "waive"}

// fileKeys returns the keys of the file, which are read into f.
func fileKeys(f *file) []key {
	return []key{
		{"functions", "the functions, by name: lower-case letters, digits, `-` and `_`, 64 at most", shape{kind: "object", of: &shape{kind: "function"}},
			func(n *yaml.Node) error { f.functions = n; return nil }},
		{"arch", "default for every function", arches,
			into(&f.arch, f.archs)},
		{"runtime", "default for every function", runtimeNames,
			into(&f.runtime, f.runtimeName)},
		{"go", "the Go toolchain for modules that name none, such as `1.26.8`; default: bootzip's own", aText,
			into(&f.project.Go, f.goVersion)},
		{"cache", "where bootstraps are found that other machines built: an https address, or the absolute path of a directory ([scale.md](scale.md))", aText,
			intoNamed(&f.project.Cache, f.text, "cache")},
		{"deploy", "names under which each function is deployed, such as `shop-${stage}-${function}`; default for every function", aName,
			into(&f.deploy, f.deployNames)},
		{"exclude", "directories whose main packages, and those below, are not functions (`.`: that in the root alone), where `functions` is absent", texts,
			into(&f.project.Exclude, f.excluded)},
	}
}

// functionKeys returns the keys of a function, which are read into c.
func functionKeys(c *functionReader) []key {
	return []key{
		{"source", "directory of the program, relative to bootzip.yaml; default: the function's name, or below cmd", aText,
			func(n *yaml.Node) (err error) {
				c.sourcePos = c.pos(n)
				c.source, err = c.text(n, "source")
				return err
			}},
		{"language", "default: found from the source", shape{kind: "string", values: languageNames()},
			func(n *yaml.Node) error { c.languageNode = n; return nil }},
		{"kind", "`function`; `extension`: a layer with the program as extensions/NAME; `layer`: a layer of the assets alone", shape{kind: "string", values: kindNames},
			into(&c.f.Kind, c.kind)},
		{"arch", "architectures to build; default: both", arches,
			into(&c.f.Arch, c.archs)},
		{"runtime", "the OS-only runtime that it is for; default: al2023", runtimeNames,
			into(&c.f.Runtime, c.runtimeName)},
		{"handlers", "values of `_HANDLER` that it answers to", texts,
			intoNamed(&c.f.Handlers, c.names, "handlers")},
		{"assets", "files and directories that go into the zip, relative to the source", shape{kind: "array", of: &asset},
			func(n *yaml.Node) error { c.assetsNode = n; return nil }},
		{"command", "what the language `command` runs, without a shell; it leaves `bootstrap` in the directory that the variable OUT names", texts,
			intoNamed(&c.f.Command, c.texts, "command")},
		{"tags", "build tags of Go, such as `lambda.norpc`", texts,
			into(&c.f.Tags, c.tags)},
		{"ldflags", "variables that Go's linker sets (-X): `main.version: ${tag}`. `${tag}` and `${commit}` are the project's in git", shape{kind: "object", of: &aText},
			into(&c.f.Ldflags, c.ldflags)},
		{"cgo", "`static`: with cgo, linked statically, in the build image (docker, podman, buildkit); `off` is the default", shape{kind: "string", values: []string{"off", "static"}},
			into(&c.f.Cgo, c.cgo)},
		{"env", "environment of the boot check, `invoke` and `serve`", shape{kind: "object", of: &aText},
			into(&c.f.Env, c.env)},
		{"event", "what the boot check sends: a file, relative to bootzip.yaml, or a ready-made event (`bootzip event list`)", aText,
			into(&c.f.Event, c.event)},
		{"memory", "MB, for the boot check, `invoke` and `serve`", shape{kind: "integer", min: MinMemory, max: MaxMemory},
			into(&c.f.Memory, func(n *yaml.Node) (int, error) { return c.integer(n, "memory", MinMemory, MaxMemory) })},
		{"timeout", "seconds, likewise", shape{kind: "integer", min: 1, max: MaxTimeout},
			into(&c.f.Timeout, func(n *yaml.Node) (int, error) { return c.integer(n, "timeout", 1, MaxTimeout) })},
		{"layers", "zips of layers, in Lambda's order, relative to bootzip.yaml, where `${arch}` is the architecture; five at most", texts,
			into(&c.f.Layers, c.layers)},
		{"routes", "requests that `serve` sends to the function, as the routes of an HTTP API: `GET /orders/{id}`, `ANY /files/{path+}`, `$default`", texts,
			into(&c.f.Routes, c.routes)},
		{"deploy", "names under which it is deployed, for `changed` and the checks of deploy files. `${function}` is its name, `${stage}` that of `changed --stage`", aName,
			into(&c.f.Deploy, c.deployNames)},
		{"image", "make an OCI image as well, `dist/NAME-ARCH.oci.tar`; with `certificates: true` it has root certificates, with `zones: true` time zones, `base` is an image to make it on (`docker://REGISTRY/NAME@sha256:DIGEST`, or an OCI image layout of the project, where `${arch}` is the architecture), `labels` are its labels, in which `${tag}` and `${commit}` are the project's in git", image,
			c.image},
		{"snapstart", "an image that Lambda may take a snapshot of: with its label", shape{kind: "boolean"},
			intoNamed(&c.f.SnapStart, c.boolean, "snapstart")},
		{"budget", "what the function may have: `zip` and `unzipped`, such as `3MB` (kB and MB are 1000 and 1000² bytes, KiB and MiB 1024 and 1024²), a check of `verify`; `start`, such as `1.2x`, what its cold starts may take in `bench --against`, as a ratio", budgetShape,
			into(&c.f.Budget, c.budget)},
		{"checks", "severity of single checks: `fail`, `warn` or `waive`, with a reason", shape{kind: "array", of: &rule},
			into(&c.f.Checks, c.checks)},
	}
}

// byKey converts a table for decoder.fields. An error links to the key's anchor in the page,
// which begins with of.
func byKey(of string, keys []key) map[string]func(*yaml.Node) error {
	known := map[string]func(*yaml.Node) error{}
	for _, k := range keys {
		known[k.name] = func(n *yaml.Node) error { return hint.See(k.read(n), "bootzip-yaml#"+of+"-"+k.name) }
	}
	return known
}
