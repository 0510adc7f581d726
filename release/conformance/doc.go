// Package conformance has what a release says about its files checked by
// programs that nobody here wrote: in-toto's own Go module decodes the
// statements and validates them, and CycloneDX's own library for JavaScript
// validates the bills of materials against the schema.
//
// It is a module of its own, so that bootzip's needs none of them. The tests
// of the bills of materials run with BOOTZIP_TEST_SCHEMAS=1 in the
// environment, that of a whole release with BOOTZIP_TEST_RELEASE=FOLDER; both need node 20.18 or newer, npm and a registry of npm.
package conformance
