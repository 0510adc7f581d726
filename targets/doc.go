// Package targets holds the Mage targets of bootzip. Another project gets all
// of them with a magefile.go of a few lines:
//
//	//go:build mage
//
//	package main
//
//	import (
//		//mage:import
//		"github.com/bootzip/bootzip/targets"
//	)
//
//	var Default = targets.All
//
// The targets work on the project in the current folder, which Mage makes the
// magefile's own: what its bootzip.yaml lists, or else every main package of
// its Go module (package project). Results go into its folder dist.
//
// # Settings
//
// A flag of a target goes before a variable of the environment:
//
//   - BOOTZIP_ENGINE (-engine): auto, docker, podman, sandbox or host.
//   - BOOTZIP_BASE_IMAGE: the Debian image on which the build image is made,
//     instead of the one that docker/Dockerfile.build pins.
//   - BOOTZIP_CACHE: folder for toolchains and compiler caches; by default
//     "bootzip" in the user's cache folder.
//   - NO_COLOR: no colour, even on a terminal.
//   - AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN:
//     invoke and serve hand them to the functions that they run. No build and
//     no boot check gets them.
//
// # Exit status
//
// 0 if all is well; 1 for findings, and for code that cannot be built; 2 for
// a misuse: an unknown flag, function or file.
//
// This package is the only one of bootzip that reads the environment and
// prints.
package targets
