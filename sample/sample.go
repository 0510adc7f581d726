// Package sample holds the sources of samples in languages other than Go, for `bootzip new`.
package sample

import "embed"

// Files has a directory for each sample.
//
//go:embed hello-c hello-crystal/lib hello-crystal/src hello-crystal/shard.yml hello-rust
var Files embed.FS
