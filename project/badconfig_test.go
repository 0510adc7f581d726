package project

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// Hints that several mistakes have in common.
const (
	mappingHint = "write it as KEY: VALUE lines, indented below"
	listHint    = "write it as [one, two], or as lines that begin with '- '"
	quoteHint   = "put it into quotes if the value is meant"
	emptyHint   = "list the functions under functions:, or remove the file to take every main package"
	yamlHint    = "the file must be one document of valid YAML; look at the indentation and the quotes near this place"
	excludeHint = "name a directory of the project, relative to bootzip.yaml; those below it are excluded as well"
	removeHint  = "remove one of the two"
	archHint    = "write amd64, arm64 or both"
	sourceHint  = "source is a directory of the project, relative to bootzip.yaml"
	assetHint   = "an asset is a file or directory of the project, relative to the function's source; name: says where it goes in the zip"
	renameHint  = "give one of them another name:"
	ruleHint    = "an entry needs id, severity and reason: the report shows the reason"
	entryHint   = "known are: arch, assets, budget, cgo, checks, command, deploy, env, event, handlers, image, kind, language, layers, ldflags, memory, routes, runtime, snapstart, source, tags, timeout"
)

// badConfigs are mistakes in a bootzip.yaml, each with its error and hint. The project
// around it has the program a, with a directory of data, and links that lead out of the
// project.
var badConfigs = []struct{ name, yaml, err, hint string }{
	{"empty", "", `1:1: the file is empty`, emptyHint},
	{"blank", " \n\n", `1:1: the file is empty`, emptyHint},
	{"comments only", "# functions:\n", `1:1: the file is empty`, emptyHint},
	{"null", "null\n", `1:1: the file must be a mapping, not nothing`, mappingHint},
	{"a list", "- a\n", `1:1: the file must be a mapping, not a list`, mappingHint},
	{"a word", "hello\n", `1:1: the file must be a mapping, not the text "hello"`, mappingHint},
	{"two documents", "functions: {a: {}}\n---\nfunctions: {b: {}}\n", `1:1: not valid YAML: expected single document, found multiple`, yamlHint},
	{"tab", "functions:\n\ta: {}\n", `2:1: not valid YAML: found character that cannot start any token`, yamlHint},
	{"two colons", "functions:\n  a: b: c\n", `2:7: not valid YAML: mapping values are not allowed in this context`, yamlHint},
	{"a zip", "PK\x03\x04\x14\x00", `1:1: not valid YAML: control characters are not allowed (value: 3)`, yamlHint},
	{"NUL", "functions:\n  a: {source: a\x00}\n", `1:1: not valid YAML: control characters are not allowed (value: 0)`, yamlHint},
	{"not UTF-8", "functions: {\xff: {}}\n", `1:1: not valid YAML: invalid leading UTF-8 octet (value: 255)`, yamlHint},
	{"unknown anchor", "functions: *f\n", `1:12: not valid YAML: unknown anchor 'f' referenced`, yamlHint},

	{"nothing in functions", "functions:\n", `1:11: functions must be a mapping, not nothing`, mappingHint},
	{"empty functions", "functions: {}\n", `1:12: functions is empty`, "add one: NAME: {source: DIRECTORY}"},
	{"list of functions", "functions: [a]\n", `1:12: functions must be a mapping, not a list`, mappingHint},
	{"unknown key", "function:\n  a: {}\n", `1:1: unknown key "function" in the file`, `did you mean "functions"? known are: arch, cache, deploy, exclude, functions, go, runtime`},
	{"unknown key far from all", "functions: {a: {}}\nversion: 3\n", `2:1: unknown key "version" in the file`, `known are: arch, cache, deploy, exclude, functions, go, runtime`},
	{"unknown key of a function", "functions:\n  a:\n    sorce: a\n", `3:5: unknown key "sorce" in function "a"`, `did you mean "source"? ` + entryHint},
	{"key in capitals", "functions:\n  a:\n    Source: a\n", `3:5: unknown key "Source" in function "a"`, `did you mean "source"? ` + entryHint},
	{"unknown key of an asset", "functions:\n  a:\n    assets: [{src: data}]\n", `3:15: unknown key "src" in an asset`, `known are: executable, name, source`},
	{"unknown key of a rule", "functions:\n  a:\n    checks: [{ids: x}]\n", `3:15: unknown key "ids" in an entry of checks`, `did you mean "id"? known are: id, reason, severity`},
	{"duplicate function", "functions:\n  a: {}\n  b: {source: a}\n  a: {}\n", `4:3: "a" is given twice in functions; first in line 2`, removeHint},
	{"duplicate key", "functions:\n  a:\n    source: a\n    source: a\n", `4:5: "source" is given twice in function "a"; first in line 3`, removeHint},
	{"duplicate key of the file", "functions: {a: {}}\nfunctions: {b: {}}\n", `2:1: "functions" is given twice in the file; first in line 1`, removeHint},
	{"exclude: a pattern", "exclude: [\"*\"]\n", `1:11: an entry of exclude: "*" does not exist`, excludeHint},
	{"exclude: Go's pattern", "exclude: [\"a/...\"]\n", `1:11: an entry of exclude: "a/..." does not exist`, excludeHint},
	{"exclude: a file", "exclude: [a/main.go]\n", `1:11: an entry of exclude: "a/main.go" is not a directory`, excludeHint},
	{"exclude: outside", "exclude: [../x]\n", `1:11: an entry of exclude: "../x" leaves the project`, excludeHint},
	{"merge key", "functions:\n  a:\n    <<: {source: a}\n", `3:5: merge key "<<" in function "a" is not supported`, "write the keys out"},
	{"list as a key", "functions:\n  ? [a]\n  : {}\n", `2:5: a key of functions is a list`, "a key is a plain word"},
	{"function that is text", "functions:\n  a: source\n", `2:6: function "a" must be a mapping, not the text "source"`, mappingHint},
	{"unknown tag", "functions:\n  a: {source: !directory a}\n", `2:15: source must be text, not !directory "a"`, quoteHint},

	{"capital", "functions:\n  Abc: {}\n", `2:3: function name "Abc" has 'A' in it`, nameHint},
	{"dot", "functions:\n  a.b: {}\n", `2:3: function name "a.b" has '.' in it`, nameHint},
	{"slash", "functions:\n  a/b: {}\n", `2:3: function name "a/b" has '/' in it`, nameHint},
	{"letter of another alphabet", "functions:\n  aé: {}\n", `2:3: function name "aé" has 'é' in it`, nameHint},
	{"begins with a dash", "functions:\n  -a: {}\n", `2:3: function name "-a" begins with '-', which reads as a flag`, nameHint},
	{"no name", "functions:\n  '': {}\n", `2:3: function name is empty`, nameHint},
	{"long name", "functions:\n  " + strings.Repeat("x", 65) + ": {}\n", `2:3: function name "` + strings.Repeat("x", 65) + `" has 65 characters, Lambda allows 64`, nameHint},

	{"unknown arch", "functions:\n  a:\n    arch: [amd64, riscv64]\n", `3:19: architecture "riscv64" is not one of Lambda's: amd64, arm64`, archHint},
	{"Lambda's name of an arch", "functions:\n  a:\n    arch: [x86_64]\n", `3:12: architecture "x86_64" is called "amd64" here`, archHint},
	{"ELF's name of an arch", "arch: [aarch64]\n", `1:8: architecture "aarch64" is called "arm64" here`, archHint},
	{"arch that is no list", "functions:\n  a:\n    arch: arm64\n", `3:11: arch must be a list, not the text "arm64"`, listHint},
	{"no arch", "functions:\n  a:\n    arch: []\n", `3:11: arch is empty`, "write amd64, arm64 or both, or remove the key"},
	{"arch twice", "functions:\n  a:\n    arch: [arm64, amd64, arm64]\n", `3:26: architecture "arm64" is given twice`, removeHint},
	{"unknown runtime", "functions:\n  a:\n    runtime: go1.x\n", `3:14: runtime "go1.x" is not an OS-only runtime that Lambda still offers`, "write al2023 or al2"},
	{"unknown runtime of the file", "functions: {a: {}}\nruntime: al2022\n", `2:10: runtime "al2022" is not an OS-only runtime that Lambda still offers`, "write al2023 or al2"},
	{"unknown language", "functions:\n  a:\n    language: golang\n", `3:15: unknown language "golang"`, "known are: c, command, crystal, go, nim, rust; any other language goes by language: command"},
	{"misspelt language", "functions:\n  a:\n    language: crytsal\n", `3:15: unknown language "crytsal"`, `did you mean "crystal"? known are: c, command, crystal, go, nim, rust; any other language goes by language: command`},
	{"language that is a list", "functions:\n  a:\n    language: [go]\n", `3:15: language must be text, not a list`, quoteHint},
	{"no known language", "functions:\n  a:\n    source: empty\n", `2:3: function "a": no program of a known language in "empty"`, "write the program, or set source: and language: (go, crystal, c, rust, nim or command)"},
	{"no command", "functions:\n  a: {language: command}\n", `2:3: function "a" has the language command and no command`, "add command: [PROGRAM, ARGUMENT, …], which leaves $OUT/bootstrap"},
	{"command for Go", "functions:\n  a: {language: go, command: [make]}\n", `2:3: function "a" has a command, and the language go needs none`, "add language: command, or remove the command"},
	{"command that is text", "functions:\n  a: {command: make bootstrap}\n", `2:16: command must be a list, not the text "make bootstrap"`, listHint},
	{"handler that is a number", "functions:\n  a: {handlers: [1.5]}\n", `2:18: an entry of handlers must be text, not the number 1.5`, quoteHint},
	{"handler that is a boolean", "functions:\n  a: {handlers: [true]}\n", `2:18: an entry of handlers must be text, not the boolean true`, quoteHint},
	{"handler that is empty", "functions:\n  a: {handlers: ['']}\n", `2:18: an entry of handlers is empty`, "give a value or remove the key"},
	{"handler twice", "functions:\n  a:\n    handlers: [x, y, x]\n", `3:22: "x" is given twice in handlers`, removeHint},

	{"unknown severity", "functions:\n  a:\n    checks: [{id: x, severity: warning, reason: r}]\n", `3:32: unknown severity "warning"`, `did you mean "warn"? known are: fail, warn, waive`},
	{"rule without a reason", "functions:\n  a:\n    checks: [{id: x, severity: warn}]\n", `3:14: an entry of checks lacks its id, severity or reason`, ruleHint},
	{"check twice", "functions:\n  a:\n    checks:\n      - {id: x, severity: warn, reason: r}\n      - {id: x, severity: fail, reason: r}\n", `5:9: check "x" is given twice`, removeHint},

	{"missing source", "functions:\n  b: {}\n", `2:3: source of function "b": "b" does not exist`, sourceHint},
	{"missing source by name", "functions:\n  a: {source: cmd/a}\n", `2:15: source of function "a": "cmd/a" does not exist`, sourceHint},
	{"source that is a number", "functions:\n  a: {source: 12}\n", `2:15: source must be text, not the number 12`, quoteHint},
	{"source that is nothing", "functions:\n  a: {source: }\n", `2:15: source must be text, not nothing`, quoteHint},
	{"source that is a file", "functions:\n  a: {source: a/main.go}\n", `2:15: source of function "a": "a/main.go" is not a directory`, sourceHint},
	{"source above the project", "functions:\n  a: {source: ../outside}\n", `2:15: source of function "a": "../outside" leaves the project`, sourceHint},
	{"source above the project and back", "functions:\n  a: {source: ../project/a}\n", `2:15: source of function "a": "../project/a" leaves the project`, sourceHint},
	{"source by a link out of the project", "functions:\n  a: {source: away}\n", `2:15: source of function "a": "away" leaves the project: it is a link to "ROOT/outside"`, sourceHint},
	{"source below a link out of the project", "functions:\n  a: {source: away/sub}\n", `2:15: source of function "a": "away/sub" leaves the project: it is a link to "ROOT/outside/sub"`, sourceHint},
	{"absolute source", "functions:\n  a: {source: /etc}\n", `2:15: source of function "a": "/etc" is absolute; write it relative`, sourceHint},
	{"backslash in a source", "functions:\n  a: {source: 'cmd\\a'}\n", `2:15: source of function "a": "cmd\\a" has a backslash in it; write '/'`, sourceHint},
	{"NUL in a source", "functions:\n  a: {source: \"a\\0\"}\n", `2:15: source has a NUL character in it`, "remove it"},

	{"assets that are no list", "functions:\n  a: {assets: data}\n", `2:15: assets must be a list, not the text "data"`, listHint},
	{"asset without a source", "functions:\n  a: {assets: [{name: x}]}\n", `2:16: an asset has no source`, "add source: FILE"},
	{"missing asset", "functions:\n  a: {assets: [none.txt]}\n", `2:16: asset "none.txt": "none.txt" does not exist`, assetHint},
	{"asset above the project", "functions:\n  a: {assets: [../../outside/file]}\n", `2:16: asset "../../outside/file": "../../outside/file" leaves the project`, assetHint},
	{"asset by a link out of the project", "functions:\n  a: {assets: [passwords]}\n", `2:16: asset "passwords": "passwords" leaves the project: it is a link to "ROOT/outside/file"`, assetHint},
	{"directory with a link out of the project", "functions:\n  a: {assets: [leak]}\n", `2:16: "a/leak/file" leaves the project: it is a link to "ROOT/outside/file"`, assetHint},
	{"directory with a link to a directory", "functions:\n  a: {assets: [loop]}\n", `2:16: asset "a/loop/up" is a link to a directory; name the directory itself`, assetHint},
	{"absolute asset", "functions:\n  a: {assets: [/etc/passwd]}\n", `2:16: asset "/etc/passwd": "/etc/passwd" is absolute; write it relative`, assetHint},
	{"backslash in an asset", "functions:\n  a: {assets: ['data\\x']}\n", `2:16: asset "data\\x": "data\\x" has a backslash in it; write '/'`, assetHint},
	{"asset called bootstrap", "functions:\n  a: {assets: [{source: data/x, name: bootstrap}]}\n", `2:16: asset "data/x": name "bootstrap" is the program's own`, assetHint},
	{"asset called Bootstrap", "functions:\n  a: {assets: [{source: data/x, name: ./Bootstrap}]}\n", `2:16: asset "data/x": name "./Bootstrap" is the program's own`, assetHint},
	{"asset in a directory bootstrap", "functions:\n  a: {assets: [{source: data/x, name: bootstrap/x}]}\n", `2:16: asset "data/x": name "bootstrap/x" is the program's own`, assetHint},
	{"asset called .", "functions:\n  a: {assets: [{source: data/x, name: .}]}\n", `2:16: asset "a/data/x" is a file, and "." is the name of a directory`, assetHint},
	{"asset that leaves the zip", "functions:\n  a: {assets: [{source: data/x, name: ../x}]}\n", `2:16: asset "data/x": name "../x" is absolute or leaves the zip`, assetHint},
	{"asset with an absolute name", "functions:\n  a: {assets: [{source: data/x, name: /x}]}\n", `2:16: asset "data/x": name "/x" is absolute or leaves the zip`, assetHint},
	{"asset with a backslash in its name", "functions:\n  a: {assets: [{source: data/x, name: 'a\\b'}]}\n", `2:16: asset "data/x": name "a\\b" has a backslash in it; write '/'`, assetHint},
	{"asset with a line end in its name", "functions:\n  a: {assets: [{source: data/x, name: \"a\\nb\"}]}\n", `2:16: asset "data/x": name "a\nb" has a control character in it`, assetHint},
	{"executable directory", "functions:\n  a: {assets: [{source: data, executable: true}]}\n", `2:16: asset "a/data" is a directory, and executable is said of single files`, assetHint},
	{"executable yes", "functions:\n  a: {assets: [{source: data/x, executable: yes}]}\n", `2:45: executable must be true or false, not the text "yes"`, "write true or false, without quotes"},
	{"asset twice", "functions:\n  a:\n    assets:\n      - data/x\n      - {source: data/y, name: data/x}\n", `5:9: asset "data/x" is already in the zip, from line 4`, renameHint},
	{"asset twice by its directory", "functions:\n  a:\n    assets:\n      - data\n      - data/y\n", `5:9: asset "data/y" is already in the zip, from line 4`, renameHint},
	{"assets that differ in case", "functions:\n  a:\n    assets:\n      - data/x\n      - {source: data/y, name: Data/X}\n", `5:9: asset "Data/X" differs in case only from "data/x", from line 4`, renameHint},
	{"file where a directory is", "functions:\n  a:\n    assets:\n      - data/x\n      - {source: data/y, name: data}\n", `5:9: asset "data" is in the way of "data/x", from line 4: one is a file and one a directory`, renameHint},
	{"directory where a file is", "functions:\n  a:\n    assets:\n      - {source: data/y, name: conf}\n      - {source: data/x, name: conf/a/x}\n", `5:9: asset "conf/a/x" is in the way of "conf", from line 4: one is a file and one a directory`, renameHint},

	{"image of a layer", "functions:\n  a: {kind: extension, image: true}\n", `2:3: function "a" is a layer, and of a layer no image is made`, "remove image and snapstart: layers do not exist for functions that are images"},
	{"image as a text", "functions:\n  a: {image: yes please}\n", `2:14: image must be true or false, not the text "yes please"`, "write true or false, without quotes"},
	{"base by a tag", "functions:\n  a: {image: {base: 'docker://debian:13'}}\n", `2:21: base "docker://debian:13" has no digest: a tag moves, and the image with it`, "give docker://REGISTRY/NAME@sha256:DIGEST, as skopeo inspect or docker buildx imagetools inspect says it"},
	{"base elsewhere", "functions:\n  a: {image: {base: ../base.tar}}\n", `2:21: base "../base.tar" is not in the project`, "give an OCI image layout of the project, a directory or a tar, relative to bootzip.yaml, or docker://REGISTRY/NAME@sha256:DIGEST"},
	{"unknown placeholder in a label", "functions:\n  a: {image: {labels: {x: '${date}'}}}\n", `2:27: unknown placeholder "${date}" in labels`, "known are ${tag} and ${commit}: what else changes would change the bytes"},
	{"kind", "functions:\n  a: {kind: layers}\n", `2:13: unknown kind "layers"`, `did you mean "layer"? known are: function, extension, layer`},
	{"route without a method", "functions:\n  a: {routes: [/hello]}\n", `2:16: route "/hello": it does not begin with ANY, GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, and a space`, "write METHOD /PATH, such as GET /orders/{id}, or $default"},
	{"route of two functions", "functions:\n  a: {routes: [GET /x]}\n  b: {source: a, routes: [POST /x, GET /x]}\n", `3:3: route "GET /x" leads to "a" and to "b"`, "keep it in one of the two"},
	{"deployed name", "functions:\n  a: {deploy: 'svc-$(x)'}\n", `2:15: invalid name "svc-$(x)" in deploy`, "letters, digits, '-' and '_', with ${function} and ${stage}: shop-${stage}-${function}"},
	{"one of several deployed names", "deploy: [a, b/c]\nfunctions:\n  a:\n", `1:13: invalid name "b/c" in deploy`, "letters, digits, '-' and '_', with ${function} and ${stage}: shop-${stage}-${function}"},
	{"tag with a blank", "functions:\n  a: {tags: [lambda norpc]}\n", `2:14: invalid build tag "lambda norpc"`, "letters, digits, '_' and '.', one tag in each entry"},
	{"ldflags as flags", "functions:\n  a: {ldflags: [-X, a.b=c]}\n", `2:16: ldflags must be a mapping, not a list`, mappingHint},
	{"ldflags without a package", "functions:\n  a: {ldflags: {version: x}}\n", `2:17: invalid variable "version" in ldflags`, "write PACKAGE.VARIABLE: VALUE, such as main.version: v1.2.3"},
	{"placeholder", "functions:\n  a: {ldflags: {main.date: '${date}'}}\n", `2:28: unknown placeholder "${date}" in ldflags`, "known are ${tag} and ${commit}: what else changes would change the bytes"},
	{"two kinds of quotes", "functions:\n  a: {ldflags: {main.x: \"'\\\"\"}}\n", `2:25: the go command cannot take the value "'\""`, "use one kind of quotes, and one line"},
	{"cgo", "functions:\n  a: {cgo: dynamic}\n", `2:12: unknown value "dynamic" of cgo`, "write static, or remove the key"},
	{"env that is a number", "functions:\n  a: {env: {PORT: 80}}\n", `2:19: env.PORT must be text, not the number 80`, quoteHint},
	{"env with Lambda's own name", "functions:\n  a: {env: {AWS_LAMBDA_RUNTIME_API: x}}\n", `2:13: AWS_LAMBDA_RUNTIME_API in env is Lambda's own: it says where the function gets its events`, "omit it"},
	{"env with a bad name", "functions:\n  a: {env: {1A: x}}\n", `2:13: invalid name "1A" in env`, "a name begins with a letter and has letters, digits and '_'"},
	{"memory", "functions:\n  a: {memory: 64}\n", `2:15: memory is 64, which Lambda does not offer`, "write a number from 128 to 10240"},
	{"memory with a unit", "functions:\n  a: {memory: 256MB}\n", `2:15: memory must be a whole number, not the text "256MB"`, "write a whole number from 128 to 10240"},
	{"budget without a unit", "functions:\n  a: {budget: {zip: 3}}\n", `2:21: budget.zip must be text, not the number 3`, quoteHint},
	{"budget of another unit", "functions:\n  a: {budget: {unzipped: 3 apples}}\n", `2:26: budget.unzipped "3 apples" is not a size`, "write a number with a unit: 3MB, 500kB, 2.5MiB"},
	{"budget that bounds nothing", "functions:\n  a: {budget: {zip: 9999MB}}\n", `2:21: budget.zip is 9999MB, which bounds nothing`, "Lambda takes zips of at most 262,144,000 bytes unzipped"},
	{"budget of time", "functions:\n  a: {budget: {start: 200ms}}\n", `2:23: budget.start "200ms" is not a ratio`, "write a ratio to another zip's starts: 1.2x"},
	{"budget of nothing", "functions:\n  a: {budget: {size: 3MB}}\n", `2:16: unknown key "size" in budget`, "known are: start, unzipped, zip"},
	{"timeout", "functions:\n  a: {timeout: 901}\n", `2:16: timeout is 901, which Lambda does not offer`, "write a number from 1 to 900"},
	{"event elsewhere", "functions:\n  a: {event: ../x.json}\n", `2:14: event "../x.json" is not in the project`, "give a file of the project, relative to bootzip.yaml, with '/', or a name that bootzip event list shows"},
	{"event by its full path", "functions:\n  a: {event: /x.json}\n", `2:14: event "/x.json" is not in the project`, "give a file of the project, relative to bootzip.yaml, with '/', or a name that bootzip event list shows"},
	{"layer elsewhere", "functions:\n  a: {layers: [../x.zip]}\n", `2:16: layer "../x.zip" is not in the project`, "give a zip of the project, relative to bootzip.yaml, with '/'"},
	{"six layers", "functions:\n  a: {layers: [a, b, c, d, e, f]}\n", `2:15: 6 layers, and a function has 5 at most`, "join some of them"},
	{"tags of another language", "functions:\n  a: {command: [make], tags: [x]}\n", `2:3: function "a" is in the language command, and tags, ldflags and cgo are Go's`, "remove them"},
	{"layer without assets", "functions:\n  a: {kind: layer}\n", `2:3: function "a" is a layer without assets`, "add assets: [lib], which becomes /opt/lib"},
	{"extension with handlers", "functions:\n  a: {kind: extension, handlers: [x]}\n", `2:3: function "a" is an extension, which has no handlers`, "remove handlers"},
	{"go of two numbers", "go: 1.26\nfunctions: {a: }\n", `1:5: go must be a release of Go, not the number 1.26`, "give all three numbers, such as 1.26.8"},
	{"go of two numbers, quoted", "go: '1.26'\nfunctions: {a: }\n", `1:5: go "1.26" is not a release of Go`, "give all three numbers, such as 1.26.8"},

	{"alias to itself", "functions: &f\n  a: *f\n", `2:3: unknown key "a" in function "a"`, entryHint},
	{"alias of the wrong type", "functions:\n  a: {handlers: &h [x], arch: *h}\n", `2:21: architecture "x" is not one of Lambda's: amd64, arm64`, archHint},
}

func TestBadConfig(t *testing.T) {
	for _, c := range badConfigs {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, map[string]string{
				"outside/file":            "secret",
				"outside/sub/main.go":     program,
				"project/bootzip.yaml":    c.yaml,
				"project/a/main.go":       program,
				"project/a/data/x":        "x",
				"project/a/data/y":        "y",
				"project/a/passwords":     "-> ../../outside/file",
				"project/a/leak/file":     "-> ../../../outside/file",
				"project/a/loop/up":       "-> ..",
				"project/away":            "-> ../outside",
				"project/empty/README.md": "nothing",
			})
			p, err := Load(filepath.Join(root, "project"))
			if err == nil {
				t.Fatalf("no error; functions are %+v", p.Functions)
			}
			if got, want := err.Error(), "bootzip.yaml:"+strings.ReplaceAll(c.err, "ROOT", root); got != want {
				t.Errorf("error is\n\t%s\nwant\n\t%s", got, want)
			}
			if got := hint.Of(err); got != c.hint {
				t.Errorf("hint is\n\t%s\nwant\n\t%s", got, c.hint)
			}
		})
	}
}

// Aliases can make a small file stand for very many values.
func TestAliasesWithoutMeasure(t *testing.T) {
	thousand := strings.Repeat("x, ", 1000)
	many := "functions:\n  a: &f {source: a, command: [" + thousand + "]}\n"
	for i := range 100 {
		many += fmt.Sprintf("  b%d: *f\n", i)
	}
	for name, c := range map[string]struct{ yaml, err string }{
		// The classic attack: lists of lists, where lists are not allowed.
		"lists of lists":          {"functions:\n  a:\n    command: [&b [&a [x, x], *a, *a], *b, *b]\n", `3:15: an entry of command must be text, not a list`},
		"many functions of many":  {many, `2:1042: the file has more than 65536 values`},
		"one list, for many keys": {"functions:\n  a: {command: &c [" + thousand + "], handlers: *c}\n", `2:23: "x" is given twice in handlers`},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, map[string]string{"bootzip.yaml": c.yaml, "a/main.go": program})
			if _, err := Load(root); err == nil || err.Error() != "bootzip.yaml:"+c.err {
				t.Errorf("error is %v, want bootzip.yaml:%s", err, c.err)
			}
		})
	}
}

// A directory or link in place of a bootzip.yaml is an error too, and never "no file".
func TestConfigThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		files     map[string]string
		err, hint string
	}{
		"a directory":         {map[string]string{"bootzip.yaml/": ""}, "bootzip.yaml is not a file", "remove it, or make it a file"},
		"a link to nothing":   {map[string]string{"bootzip.yaml": "-> none"}, "bootzip.yaml is a link to a file that does not exist", "remove it, or make it a file"},
		"a large file":        {map[string]string{"bootzip.yaml": strings.Repeat("# comment\n", 1<<20/10+1)}, "bootzip.yaml has 1048580 bytes, at most 1048576 are read", "is it the right file?"},
		"neither it nor Go's": {map[string]string{"README": ""}, "neither bootzip.yaml nor go.mod is in ROOT", "run this in the directory of bootzip.yaml or go.mod, or write a bootzip.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, c.files)
			_, err := Load(root)
			if want := strings.ReplaceAll(c.err, "ROOT", root); err == nil || err.Error() != want {
				t.Errorf("error is %v, want %s", err, want)
			}
			if got := hint.Of(err); got != c.hint {
				t.Errorf("hint is %q, want %q", got, c.hint)
			}
		})
	}
}
