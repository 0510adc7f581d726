// Package command has the commands of bootzip, one file each. The program
// (cmd/bootzip) and the Mage targets (package targets) run the same ones.
//
// It is the only package that reads the environment and prints.
//
// # Settings
//
// Flags override environment variables:
//
//   - BOOTZIP_ENGINE (--engine): auto, docker, podman, sandbox, host or
//     buildkit.
//   - BUILDKIT_HOST: addresses of buildkitd, with commas; BOOTZIP_BUILDKIT_TLS: a
//     directory with ca.pem, cert.pem and key.pem for them.
//   - BOOTZIP_BASE_IMAGE: the Debian image on which the build image is made,
//     instead of the one that docker/Dockerfile.build pins.
//   - BOOTZIP_CACHE: directory for toolchains and compiler caches; by default
//     "bootzip" in the user's cache directory.
//   - BOOTZIP_CACHE_URL, BOOTZIP_CACHE_TOKEN, BOOTZIP_CACHE_WRITE: the shared cache
//     (docs/scale.md).
//   - NO_COLOR: no colour, even on a terminal.
//   - AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN:
//     invoke and serve hand them to the functions that they run. No build and
//     no boot check gets them.
//
// # Exit status
//
// 0 if all is well; 1 for findings, and for code that cannot be built; 2 for
// misuse: an unknown flag, function or file.
package command
