// Package release makes the files of a release from a tag. It builds, checks and
// reproduces the zips (packages pipeline and reproduce), and writes an SBOM for each
// zip, image and executable, the provenance, the result of the checks, and the sums of
// all files.
package release
