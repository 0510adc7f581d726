// Package attest writes and reads what a release says of its files: how
// they were built (SLSA provenance v1) and what was checked (test result
// v0.1), each as an in-toto statement v1. docs/provenance.md describes every
// field.
//
// # What is written
//
// The same input gives the same bytes: lists that have no order of their own
// are sorted, and there is no time, path or name of a machine in a statement,
// nor anything else that differs from one build to the next. The build image's
// id is left out for that reason: it changes whenever the image is made anew;
// the base image, the recipe and the packages say what is in it.
// Exceptions: the texts that the caller gives are written as they are (the
// version of a tool, the flags, the reason of a waiver, the reason why a
// function was not booted).
//
// # What is refused
//
// [ReadProvenance] is for a file that somebody else made. It refuses:
//
//   - more than 16 MiB, invalid UTF-8, anything after the JSON value, a key
//     that is twice in an object or is written in another case than a known
//     one, a value of the wrong type, more than 64 levels, and, in a statement,
//     characters that cannot be seen;
//   - another type of statement, predicate or build than the ones it knows,
//     and an external parameter that it does not know;
//   - a subject or dependency without a digest in its proper form, a subject
//     without a name or with a path, two subjects of one name, no subject;
//   - what contradicts itself: a source or a toolchain that is not the one of
//     the parameters;
//   - an envelope or a Sigstore bundle without a key, with a signature that is
//     not the key's, or with another type of payload; a plain statement where
//     a key was given.
//
// Unknown fields elsewhere are ignored, as the in-toto specification demands
// ("Parsing rules").
//
// # What is not proven
//
// A plain statement proves nothing by itself: whoever can change the file can
// change it too. What binds it is a signature, GitHub's attestation of the
// same files, or a rebuild that gives the same bytes. ReadProvenance does not
// check certificates, times of signing or transparency logs: that is what
// `gh attestation verify` does. The signature is checked by
// go-securesystemslib; there is no cryptography here.
package attest
