// Package project finds out which functions a project has: from its
// bootzip.yaml, or, without one, from the main packages of its Go modules.
//
//	functions:
//	  hello:
//	    source: cmd/hello
//	    assets: [templates]
//	    checks:
//	      - id: go-dirty-tree
//	        severity: waive
//	        reason: built from a patched tree on purpose
//
// docs/bootzip-yaml.md lists all keys, and bootzip.schema.json describes them
// to editors. Both are made from the tables in keys.go, as is the decoder.
//
// The file is decoded strictly. An unknown key, a value of the wrong type, a
// key given twice, a source or an asset that leaves the project: each is an
// error that names the file, the line and the column, with a hint. YAML's
// anchors and aliases are accepted; merge keys ("<<") and more than one
// document are refused.
//
// The package reads only files below the project's root, and those of Go modules beside
// it that a go.work or a replace line names. It reads no environment variables.
package project
