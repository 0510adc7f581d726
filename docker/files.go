// Package docker has the files from which the build image is made, so that
// a project that imports bootzip's targets needs no copy of them.
package docker

import "embed"

// Files has Dockerfile.build and what it copies into the image.
//
//go:embed Dockerfile.build packages
var Files embed.FS
