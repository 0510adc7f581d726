package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An entryText is a function of a deploy file, independent of any tool's form.
type entryText struct {
	name                                         string // of the entry
	zip, runtime, arch, handler, memory, timeout string
	packageType, image                           string
	layers, env                                  []string
}

func quoted(all []string) string {
	var texts []string
	for _, s := range all {
		texts = append(texts, fmt.Sprintf("%q", s))
	}
	return strings.Join(texts, ", ")
}

func pairsOf(names []string, form string) string {
	var texts []string
	for _, n := range names {
		texts = append(texts, fmt.Sprintf(form, n))
	}
	return strings.Join(texts, ", ")
}

// lines returns a line KEY: value for each setting that has a value.
func lines(indent, form string, settings ...string) (out string) {
	for i := 0; i+1 < len(settings); i += 2 {
		if settings[i+1] != "" {
			out += indent + fmt.Sprintf(form, settings[i], settings[i+1]) + "\n"
		}
	}
	return out
}

func wrap(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + text + after
}

// forms write an entry in the form of each tool, by the file's name.
var forms = map[string]func(e entryText) string{
	"template.yaml": func(e entryText) string {
		return "Transform: AWS::Serverless-2016-10-31\nResources:\n  " + e.name + ":\n    Type: AWS::Serverless::Function\n    Properties:\n" +
			lines("      ", "%s: %s", "CodeUri", e.zip, "ImageUri", e.image, "Runtime", e.runtime, "Handler", e.handler, "MemorySize", e.memory, "Timeout", e.timeout,
				"PackageType", e.packageType, "Architectures", wrap("[", e.arch, "]"), "Layers", wrap("[", quoted(e.layers), "]"),
				"Environment", wrap("{Variables: {", pairsOf(e.env, "%s: x"), "}}"))
	},
	"stack.json": func(e entryText) string {
		properties := map[string]any{}
		for key, value := range map[string]string{"Code": e.zip, "Runtime": e.runtime, "Handler": e.handler, "MemorySize": e.memory, "Timeout": e.timeout, "PackageType": e.packageType} {
			if value != "" {
				properties[key] = value
			}
		}
		if e.image != "" {
			properties["ImageUri"] = e.image // SAM's, and an answer to Code with a zip
		}
		if e.arch != "" {
			properties["Architectures"] = []string{e.arch}
		}
		if len(e.layers) > 0 {
			properties["Layers"] = e.layers
		}
		if len(e.env) > 0 {
			variables := map[string]string{}
			for _, n := range e.env {
				variables[n] = "x"
			}
			properties["Environment"] = map[string]any{"Variables": variables}
		}
		return encode(map[string]any{"Resources": map[string]any{e.name: map[string]any{"Type": "AWS::Lambda::Function", "Properties": properties}}})
	},
	"serverless.yml": func(e entryText) string {
		return "service: x\nprovider:\n  name: aws\n" + lines("  ", "%s: %s", "runtime", e.runtime, "architecture", e.arch) + "functions:\n  " + e.name + ":\n" +
			lines("    ", "%s: %s", "handler", e.handler, "image", e.image, "memorySize", e.memory, "timeout", e.timeout, "layers", wrap("[", quoted(e.layers), "]"),
				"environment", wrap("{", pairsOf(e.env, "%s: x"), "}"), "package", wrap("{artifact: ", e.zip, "}"))
	},
	"main.tf": func(e entryText) string {
		text := func(s string) string { return wrap(`"`, s, `"`) }
		return "resource \"aws_lambda_function\" \"" + e.name + "\" {\n  function_name = \"" + e.name + "\"\n" +
			lines("  ", "%s = %s", "filename", text(e.zip), "image_uri", text(e.image), "runtime", text(e.runtime), "handler", text(e.handler), "memory_size", e.memory,
				"timeout", e.timeout, "package_type", text(e.packageType), "architectures", wrap(`["`, e.arch, `"]`), "layers", wrap("[", quoted(e.layers), "]")) +
			wrap("  environment {\n    variables = { ", pairsOf(e.env, "%s = 1"), " }\n  }\n") + "}\n"
	},
	"plan.json": func(e entryText) string {
		values := map[string]any{"function_name": e.name, "filename": nil, "environment": []any{}}
		for key, value := range map[string]string{"filename": e.zip, "image_uri": e.image, "runtime": e.runtime, "handler": e.handler, "package_type": e.packageType} {
			if value != "" {
				values[key] = value
			}
		}
		for key, value := range map[string]string{"memory_size": e.memory, "timeout": e.timeout} {
			if value != "" {
				values[key] = json.RawMessage(value)
			}
		}
		if e.arch != "" {
			values["architectures"] = []string{e.arch}
		}
		if len(e.layers) > 0 {
			values["layers"] = e.layers
		}
		if len(e.env) > 0 {
			variables := map[string]string{}
			for _, n := range e.env {
				variables[n] = "x"
			}
			values["environment"] = []any{map[string]any{"variables": variables}}
		}
		return encode(map[string]any{"planned_values": map[string]any{"root_module": map[string]any{
			"child_modules": []any{map[string]any{"resources": []any{map[string]any{"address": "module.a.aws_lambda_function." + e.name, "type": "aws_lambda_function", "values": values}}}},
		}}})
	},
}

func encode(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(text)
}
