// Package conformance checks what a release says about its files with independent
// programs: in-toto's own Go module decodes the statements and validates them, and
// CycloneDX's own library for JavaScript validates the bills of materials against the
// schema.
//
// It is a separate module, so that bootzip's does not need them. The tests of the bills
// of materials run with BOOTZIP_TEST_SCHEMAS=1 in the environment, and the test of a
// complete release with BOOTZIP_TEST_RELEASE=DIRECTORY. Both need node 20.18 or newer,
// npm and a registry of npm.
package conformance
