package project

import (
	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/internal/hint"
)

// A key is one key of bootzip.yaml. The tables below make the decoder, the
// schema for editors (bootzip.schema.json) and the page of the keys
// (docs/bootzip-yaml.md).
type key[T any] struct {
	name  string
	about string // for people: what it is, and its default
	value shape
	read  func(d T, n *yaml.Node) error
}

// A shape says which values a key takes, in the words of JSON Schema.
type shape struct {
	kind   string   // "string", "boolean", "integer", "array", "object"
	values []string // all that there are, if they are few
	min    int      // of an integer
	max    int
	of     *shape         // elements of an array, values of an object
	or     *shape         // another form
	fields map[string]any // of an object with known keys: name to shape
}

var (
	aText  = shape{kind: "string"}
	texts  = shape{kind: "array", of: &aText}
	arches = shape{kind: "array", of: &shape{kind: "string", values: []string{string(AMD64), string(ARM64)}}}
	aName  = shape{kind: "string", or: &texts}
	image  = shape{kind: "boolean", or: &shape{kind: "object", fields: map[string]any{
		"base": aText, "certificates": shape{kind: "boolean"}, "zones": shape{kind: "boolean"}, "labels": shape{kind: "object", of: &aText},
	}}}
	budgetShape = shape{kind: "object", fields: map[string]any{"zip": aText, "unzipped": aText, "start": aText}}

	asset = shape{kind: "string", or: &shape{kind: "object", fields: map[string]any{
		"source": aText, "name": aText, "executable": shape{kind: "boolean"},
	}}}
	rule = shape{kind: "object", fields: map[string]any{
		"id": aText, "reason": aText, "severity": shape{kind: "string", values: severities},
	}}
	runtimeNames = shape{kind: "string", values: []string{"al2023", "al2", "provided.al2023", "provided.al2"}}
)

var severities = []string{"fail", "warn", "waive"}

// fileKeys are the keys of the file.
func fileKeys() []key[*file] {
	return []key[*file]{
		{"functions", "the functions, by name: lower-case letters, digits, `-` and `_`, 64 at most", shape{kind: "object", of: &shape{kind: "function"}},
			func(f *file, n *yaml.Node) error { f.functions = n; return nil }},
		{"arch", "default for every function", arches,
			func(f *file, n *yaml.Node) (err error) { f.arch, err = f.decoder.archs(n); return err }},
		{"runtime", "default for every function", runtimeNames,
			func(f *file, n *yaml.Node) (err error) { f.runtime, err = f.decoder.runtimeName(n); return err }},
		{"go", "the Go toolchain for modules that name none, such as `1.26.8`; default: bootzip's own", aText,
			func(f *file, n *yaml.Node) (err error) { f.goVersion, err = f.goVersionOf(n); return err }},
		{"cache", "where bootstraps are found that other machines built: an https address, or the absolute path of a directory ([scale.md](scale.md))", aText,
			func(f *file, n *yaml.Node) (err error) { f.cache, err = f.text(n, "cache"); return err }},
		{"deploy", "names under which each function is deployed, such as `shop-${stage}-${function}`; default for every function", aName,
			func(f *file, n *yaml.Node) (err error) { f.deploy, err = f.decoder.deployNames(n); return err }},
		{"exclude", "directories whose main packages are no functions, where `functions` is absent", texts,
			func(f *file, n *yaml.Node) (err error) { f.exclude, err = f.names(n, "exclude"); return err }},
	}
}

// functionKeys are the keys of a function.
func functionKeys() []key[*functionReader] {
	type r = *functionReader
	return []key[*functionReader]{
		{"source", "directory of the program, relative to bootzip.yaml; default: the function's name, or below cmd", aText,
			func(c r, n *yaml.Node) (err error) {
				c.sourcePos = c.pos(n)
				c.source, err = c.text(n, "source")
				return err
			}},
		{"language", "default: found from the source", shape{kind: "string", values: languageNames()},
			func(c r, n *yaml.Node) error { c.languageNode = n; return nil }},
		{"kind", "`function`; `extension`: a layer with the program as extensions/NAME; `layer`: a layer of the assets alone", shape{kind: "string", values: kindNames},
			func(c r, n *yaml.Node) (err error) { c.f.Kind, err = c.kind(n); return err }},
		{"arch", "architectures to build; default: both", arches,
			func(c r, n *yaml.Node) (err error) { c.f.Arch, err = c.decoder.archs(n); return err }},
		{"runtime", "the OS-only runtime that it is for; default: al2023", runtimeNames,
			func(c r, n *yaml.Node) (err error) { c.f.Runtime, err = c.decoder.runtimeName(n); return err }},
		{"handlers", "values of `_HANDLER` that it answers to", texts,
			func(c r, n *yaml.Node) (err error) { c.f.Handlers, err = c.names(n, "handlers"); return err }},
		{"assets", "files and directories that go into the zip, relative to the source", shape{kind: "array", of: &asset},
			func(c r, n *yaml.Node) error { c.assetsNode = n; return nil }},
		{"command", "what the language `command` runs; it leaves `$OUT/bootstrap`", texts,
			func(c r, n *yaml.Node) (err error) { c.f.Command, err = c.texts(n, "command"); return err }},
		{"tags", "build tags of Go, such as `lambda.norpc`", texts,
			func(c r, n *yaml.Node) (err error) { c.f.Tags, err = c.tags(n); return err }},
		{"ldflags", "variables that Go's linker sets (-X): `main.version: ${tag}`. `${tag}` and `${commit}` are the project's in git", shape{kind: "object", of: &aText},
			func(c r, n *yaml.Node) (err error) { c.f.Ldflags, err = c.ldflags(n); return err }},
		{"cgo", "`static`: with cgo, linked statically, in the build image (docker, podman, buildkit); `off` is the default", shape{kind: "string", values: []string{"off", "static"}},
			func(c r, n *yaml.Node) (err error) { c.f.Cgo, err = c.cgo(n); return err }},
		{"env", "environment of the boot check, `invoke` and `serve`", shape{kind: "object", of: &aText},
			func(c r, n *yaml.Node) (err error) { c.f.Env, err = c.env(n); return err }},
		{"event", "what the boot check sends: a file, relative to bootzip.yaml, or a ready-made event (`bootzip event list`)", aText,
			func(c r, n *yaml.Node) (err error) { c.f.Event, err = c.text(n, "event"); return err }},
		{"memory", "MB, for the boot check, `invoke` and `serve`", shape{kind: "integer", min: minMemory, max: maxMemory},
			func(c r, n *yaml.Node) (err error) {
				c.f.Memory, err = c.integer(n, "memory", minMemory, maxMemory)
				return err
			}},
		{"timeout", "seconds, likewise", shape{kind: "integer", min: 1, max: maxTimeout},
			func(c r, n *yaml.Node) (err error) {
				c.f.Timeout, err = c.integer(n, "timeout", 1, maxTimeout)
				return err
			}},
		{"layers", "zips of layers, in Lambda's order, relative to bootzip.yaml, where `${arch}` is the architecture; five at most", texts,
			func(c r, n *yaml.Node) (err error) { c.f.Layers, err = c.layers(n); return err }},
		{"routes", "requests that `serve` sends to the function, as the routes of an HTTP API: `GET /orders/{id}`, `ANY /files/{path+}`, `$default`", texts,
			func(c r, n *yaml.Node) (err error) { c.f.Routes, err = c.routes(n); return err }},
		{"deploy", "names under which it is deployed, for `changed` and the checks of deploy files. `${function}` is its name, `${stage}` that of `changed --stage`", aName,
			func(c r, n *yaml.Node) (err error) { c.f.Deploy, err = c.decoder.deployNames(n); return err }},
		{"image", "make an OCI image as well, `dist/NAME-ARCH.oci.tar`; with `certificates: true` it has root certificates, with `zones: true` time zones, `base` is an image to make it on (`docker://REGISTRY/NAME@sha256:DIGEST`, or an OCI image layout of the project, where `${arch}` is the architecture), `labels` are its labels, in which `${tag}` and `${commit}` are the project's in git", image,
			func(c r, n *yaml.Node) error { return c.image(n) }},
		{"snapstart", "an image that Lambda may take a snapshot of: with its label", shape{kind: "boolean"},
			func(c r, n *yaml.Node) (err error) { c.f.SnapStart, err = c.boolean(n, "snapstart"); return err }},
		{"budget", "what the function may have: `zip` and `unzipped`, such as `3MB` (kB and MB are 1000 and 1000² bytes, KiB and MiB 1024 and 1024²), a check of `verify`; `start`, such as `1.2x`, what its cold starts may take in `bench --against`, as a ratio", budgetShape,
			func(c r, n *yaml.Node) (err error) { c.f.Budget, err = c.budget(n); return err }},
		{"checks", "severity of single checks: `fail`, `warn` or `waive`, with a reason", shape{kind: "array", of: &rule},
			func(c r, n *yaml.Node) (err error) { c.f.Checks, err = c.checks(n); return err }},
	}
}

// byKey makes of a table what decoder.fields takes. An error names the key's place in the
// page, whose anchor begins with of.
func byKey[T any](of string, keys []key[T], d T) map[string]func(*yaml.Node) error {
	known := map[string]func(*yaml.Node) error{}
	for _, k := range keys {
		known[k.name] = func(n *yaml.Node) error { return hint.See(k.read(d, n), "bootzip-yaml#"+of+"-"+k.name) }
	}
	return known
}
