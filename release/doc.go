// Package release makes of a tag what is published: it builds, checks and
// reproduces the zips (packages pipeline and reproduce), and writes what lets
// others show the same: an SBOM for each zip, the provenance, the result of the
// checks, and the sums of all files.
package release
