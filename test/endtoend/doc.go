// Package endtoend tests what a user gets: the samples, built by every engine
// and run as Lambda runs them. It has only tests.
//
// They take minutes and run only if asked for. This runs them with the engines that every
// Linux machine has, sandbox and host:
//
//	BOOTZIP_TEST_ENDTOEND=1 go test ./test/endtoend
//
// With engines that are named, one that is missing fails the test instead of
// skipping it:
//
//	scripts/engine start docker
//	eval "$(scripts/engine start podman)"
//	scripts/base-image
//	export BOOTZIP_BASE_IMAGE=bootzip-base:trixie
//	export BOOTZIP_TEST_ENGINES=docker,podman,sandbox,host
//	go test -count=1 ./test/endtoend
//
// Variables:
//
//   - BOOTZIP_TEST_ENGINES names the engines, separated by commas.
//   - BOOTZIP_BASE_IMAGE is the base of the build images; without it the
//     registry's is pulled.
//   - BOOTZIP_TEST_USER names a plain user with lines in /etc/subuid and
//     /etc/subgid (useradd makes them). Run as root, the tests then try podman
//     without root, as that user.
//
// TestAttack tries every way out of a build, a boot check and an invocation that
// package test/attack knows. As root it starts on the host, where they must
// succeed.
//
// If the tests run as root, some builds run as another user, who has no entry anywhere
// (but see BOOTZIP_TEST_USER). Otherwise they run in another directory, but as the same
// user.
//
// The programs for arm64 are run by qemu-aarch64-static (Debian's package
// qemu-user-static); on an arm64 machine those for amd64 are not run.
package endtoend
