package project

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write bootzip.schema.json and docs/bootzip-yaml.md")

// TestSchema holds the schema for editors and the page of the keys to the
// tables that the decoder reads by.
func TestSchema(t *testing.T) {
	for name, want := range map[string][]byte{"../bootzip.schema.json": schema(t), "../docs/bootzip-yaml.md": page()} {
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is not what the keys are (%v): go test ./project -run TestSchema -update", name, err)
		}
	}
}

var (
	keysOfFile     = fileKeys(&file{project: &Project{}})
	keysOfFunction = functionKeys(&functionReader{})
)

func schema(t *testing.T) []byte {
	t.Helper()
	functions := map[string]any{}
	for _, k := range keysOfFunction {
		functions[k.name] = describe(k.value, k.about)
	}
	function := map[string]any{"type": []string{"object", "null"}, "additionalProperties": false, "properties": functions}
	top := map[string]any{}
	for _, k := range keysOfFile {
		top[k.name] = describe(k.value, k.about)
	}
	top["functions"] = map[string]any{
		"type": "object", "minProperties": 1, "description": plain(keysOfFile[0].about),
		"propertyNames": map[string]any{"pattern": "^[a-z0-9_][a-z0-9_-]{0,63}$"}, "additionalProperties": function,
	}
	data, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://raw.githubusercontent.com/bootzip/bootzip/main/bootzip.schema.json",
		"title":   "bootzip.yaml", "type": "object", "additionalProperties": false, "properties": top,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

func describe(s shape, about string) map[string]any {
	m := map[string]any{"type": s.kind}
	if about != "" {
		m["description"] = plain(about)
	}
	switch {
	case s.or != nil:
		return map[string]any{"anyOf": []any{describe(shape{kind: s.kind}, ""), describe(*s.or, "")}}
	case len(s.values) > 0:
		m["enum"] = s.values
	case s.kind == "integer":
		m["minimum"], m["maximum"] = s.min, s.max
	case s.kind == "array":
		m["items"] = describe(*s.of, "")
	case s.fields != nil:
		fields := map[string]any{}
		for name, f := range s.fields {
			fields[name] = describe(f, "")
		}
		m["properties"], m["additionalProperties"] = fields, false
	case s.kind == "object":
		m["additionalProperties"] = describe(*s.of, "")
	}
	return m
}

func plain(s string) string { return strings.ReplaceAll(s, "`", "") }

func page() []byte {
	var b strings.Builder
	b.WriteString(`# bootzip.yaml

<!-- Made by: go test ./project -run TestSchema -update -->
What bootzip builds. Without the file, or without its key ` + "`functions`" + `, every main
package that is a function is one. ` + "`bootzip new --here`" + ` writes the file for a project
that is there. An unknown key or value is an error with its line and column.

Editors complete the keys with [bootzip.schema.json](../bootzip.schema.json): put this into the
first line.

`)
	b.WriteString("```yaml\n# yaml-language-server: $schema=https://raw.githubusercontent.com/bootzip/bootzip/main/bootzip.schema.json\n```\n\n")
	b.WriteString("```yaml\ngo: 1.26.8\nfunctions:\n  hello:                        # nothing more is needed where cmd and name are the same\n" +
		"    source: cmd/hello\n    tags: [lambda.norpc]\n    ldflags: {main.version: \"${tag}\"}\n    env: {TABLE: orders}\n    event: events/put.json\n" +
		"    assets:\n      - templates\n      - {source: ../shared/ca.pem, name: certs/ca.pem}\n  tracer:\n    kind: extension\n    source: cmd/tracer\n```\n\n")
	table := func(title, of string, rows [][3]string) {
		fmt.Fprintf(&b, "## %s\n| key | value | what it is |\n|---|---|---|\n", title)
		for _, r := range rows {
			fmt.Fprintf(&b, "| <a id=\"%[1]s-%[2]s\"></a>`%[2]s` | %s | %s |\n", of, r[0], r[1], r[2])
		}
		b.WriteString("\n")
	}
	var file, function [][3]string
	for _, k := range keysOfFile {
		file = append(file, [3]string{k.name, inWords(k.value), k.about})
	}
	for _, k := range keysOfFunction {
		function = append(function, [3]string{k.name, inWords(k.value), k.about})
	}
	table("The file", "file", file)
	table("A function", "function", function)
	b.WriteString("An asset is a path, or `source`, `name` (in the zip) and `executable`. An entry of `checks` has `id`, `severity` and `reason`; [checks.md](checks.md) has the ids.\n")
	return []byte(b.String())
}

func inWords(s shape) string {
	switch {
	case len(s.values) > 0:
		return "`" + strings.Join(s.values, "`, `") + "`"
	case s.kind == "integer":
		return fmt.Sprintf("%d to %d", s.min, s.max)
	case s.or != nil && s.or.kind == "array":
		return "text or list"
	case s.kind == "array" && len(s.of.values) > 0:
		return "list of " + inWords(*s.of)
	case s.kind == "array":
		return "list"
	case s.kind == "object":
		return "mapping"
	case s.kind == "boolean" && s.or != nil:
		return "`true`, `false`, or mapping"
	case s.kind == "boolean":
		return "`true`, `false`"
	}
	return "text"
}
