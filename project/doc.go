// Package project finds out which functions a project has: from its
// bootzip.yaml, or, without one, from the main packages of its Go module.
//
//	functions:
//	  hello:                      # the function's name, and its zip's
//	    source: sample/hello      # folder of the program; default: the name
//	    language: go              # default: found from the source
//	    arch: [amd64, arm64]      # default: both
//	    runtime: al2023           # or al2
//	    handlers: [httpevent]     # values of _HANDLER that it answers to
//	    assets:                   # files that go into the zip beside bootstrap
//	      - config.json           # a file or folder, from the source folder
//	      - source: ../shared/ca.pem
//	        name: certs/ca.pem    # name in the zip
//	      - source: tool
//	        executable: true      # 0755 instead of 0644
//	    checks:                   # see docs/checks.md for the ids
//	      - id: go-dirty-tree
//	        severity: waive       # fail, warn or waive
//	        reason: built from a patched tree on purpose
//	  fast:
//	    source: sample/fast
//	    language: command
//	    command: [make, bootstrap] # language command only: leaves $OUT/bootstrap
//	arch: [arm64]                 # default for every function
//	runtime: al2023               # likewise
//
// The file is decoded strictly. An unknown key, a value of the wrong type, a
// key given twice, a source or an asset that leaves the project: each is an
// error that names the file, the line and the column, with a hint. Aliases
// and anchors of YAML are taken as usual; merge keys ("<<") and more than
// one document are refused.
//
// The package reads files below the project's root only, and nothing of the
// environment.
package project
