// Package pack puts a bootstrap and its assets into a zip that has the same
// bytes every time, and describes what it packed in manifest.json.
//
// # The zip
//
//   - bootstrap first, in the root, mode 0755; then the assets in their
//     order, mode 0644, or 0755 where the asset says executable.
//   - All times are 1980-01-01 00:00:00 UTC, the earliest that a zip can
//     hold (APPNOTE.TXT 4.4.6).
//   - Every entry is compressed with deflate. There are no directories, comments
//     or links.
//   - Names are relative, with '/', in UTF-8 and unique; others are refused.
//
// The same input gives the same bytes on every system, in every time zone,
// and with every Go release, since the compressor is not Go's own. Exception:
// another version of the compressor, github.com/klauspost/compress, may
// compress differently. It is fixed by this module's go.mod, and a project that
// imports bootzip can raise it: [OtherCompressor] returns that version, and the
// manifest names it.
//
// The library always writes data descriptors (APPNOTE.TXT 4.3.9) and an
// extended timestamp for each entry. Neither can be turned off.
//
// # Two digests
//
// CodeSha256 is what Lambda shows for the deployed zip. The content digest
// covers names, modes and uncompressed bytes (see [ContentDigest]). If it is
// equal and CodeSha256 differs, the compressor changed and the code did not.
package pack
