// Package attest writes and reads statements about the files of a release: how
// they were built (SLSA provenance v1) and what was checked (test result v0.1),
// each as an in-toto statement v1. docs/provenance.md describes every field.
//
// # What is written
//
// The same input gives the same bytes: lists without an order are sorted, and a
// statement has no time, path, host name or anything else that differs from one
// build to the next. That is why the build image's id is omitted: it changes
// whenever the image is built. The base image, the recipe and the packages say
// what is in it. Exception: the caller's texts are written unchanged (the version
// of a tool, the flags, the reason for a waiver, the reason why a function was not
// booted).
//
// # What is refused
//
// [ReadProvenance] reads untrusted files. It refuses:
//
//   - more than 16 MiB, invalid UTF-8, anything after the JSON value, a duplicate
//     key in an object, a known key in another case, a value of the wrong type,
//     more than 64 levels, and, in a statement, invisible characters;
//   - an unknown type of statement, predicate or build, and an unknown external
//     parameter;
//   - a subject or dependency without a valid digest, a subject without a name or
//     with a path, two subjects with one name, no subject;
//   - a contradiction: a source or a toolchain that differs from the parameters;
//   - an envelope or a Sigstore bundle without a key, with a signature that is
//     not the key's, or with another type of payload; a plain statement where
//     a key was given.
//
// Unknown fields elsewhere are ignored, as the in-toto specification demands
// ("Parsing rules").
//
// # What is not proven
//
// A plain statement proves nothing by itself: anyone who can change the file can
// change the statement too. A signature, GitHub's attestation of the same files, or
// a rebuild with the same bytes binds it. ReadProvenance does not check
// certificates, times of signing or transparency logs: `gh attestation verify`
// does. go-securesystemslib checks the signature; there is no cryptography here.
package attest
