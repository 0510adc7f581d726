package zipscan

import (
	"bytes"
	"context"
)

const (
	endSize    = 22
	maxComment = 1<<16 - 1
)

var (
	endSignature     = []byte("PK\x05\x06")
	locatorSignature = []byte("PK\x06\x07")
	entrySignature   = []byte("PK\x03\x04")
)

// readEnd finds the end record. Readers search for it from the end of the file and
// differ in what they accept, so there must be only one candidate, and it must end
// where the file ends.
func (a *Archive) readEnd(context.Context) (bool, error) {
	n := int(min(a.Size, endSize+maxComment))
	tail, err := a.scan.at(a.Size-int64(n), n)
	if err != nil {
		return false, err
	}
	found, exact, marks := -1, 0, 0
	for i := n - endSize; i >= 0; i-- {
		if !bytes.HasPrefix(tail[i:], endSignature) {
			continue
		}
		marks++
		if i+endSize+int(u16(tail, i+20)) == n {
			exact++
			if found < 0 {
				found = i
			}
		}
	}
	if found < 0 {
		if marks > 0 {
			return a.stop(FaultTrailing, "the end record does not end where the file ends: bytes follow it, or its comment is cut off")
		}
		return a.stop(FaultNotZip, "%s", a.looksLike(tail))
	}
	end := tail[found:]
	a.Comment = len(end) - endSize
	if exact > 1 {
		return a.stop(FaultTwoEnds, "%d places of the file can be taken for the end record", exact)
	}
	if bytes.Contains(end[1:], endSignature) {
		return a.stop(FaultTwoEnds, "the archive's comment contains the signature of another end record")
	}
	if found >= 20 && bytes.HasPrefix(tail[found-20:], locatorSignature) {
		return a.stop(FaultZip64, "the archive has a ZIP64 end record")
	}
	disk, dirDisk := u16(end, 4), u16(end, 6)
	here, total := u16(end, 8), u16(end, 10)
	a.endOffset = a.Size - int64(len(end))
	a.dirCount = int(total)
	a.dirSize = int64(u32(end, 12))
	a.dirOffset = int64(u32(end, 16))
	switch {
	case disk == 0xFFFF || dirDisk == 0xFFFF || here == 0xFFFF && total == 0xFFFF && a.dirSize == 1<<32-1 ||
		a.dirOffset == 1<<32-1:
		return a.stop(FaultZip64, "the end record refers to a ZIP64 one")
	case disk != 0 || dirDisk != 0 || here != total:
		return a.stop(FaultMultiDisk, "disk %d, directory on disk %d, with %d of %d entries", disk, dirDisk, here, total)
	}
	return true, nil
}

// looksLike describes a file without an end record.
func (a *Archive) looksLike(tail []byte) string {
	if a.Size == 0 {
		return "the file is empty"
	}
	head := tail
	if a.Size > int64(len(tail)) {
		b, err := a.scan.at(0, 512)
		if err != nil {
			return "the file has no end record"
		}
		head = b
	}
	switch {
	case bytes.HasPrefix(head, entrySignature):
		return "the file begins like a zip and has no end record: it is cut off"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "the file is gzip, not zip"
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		return "the file is a program (ELF), not a zip"
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf")):
		return "the file is 7z, not zip"
	case len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return "the file is tar, not zip"
	}
	for _, c := range head[:min(len(head), 512)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return "the file has no end record of a zip"
		}
	}
	return looksLikeText(head)
}

// looksLikeText describes a text file without an end record.
func looksLikeText(head []byte) string {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, k := range []struct{ begin, what string }{
		{"version https://git-lfs.github.com/spec/", "a Git LFS pointer: get the zip itself with git lfs pull"},
		{"<!doctype html", "an HTML page, as a download of a page instead of the file leaves it"},
		{"<html", "an HTML page, as a download of a page instead of the file leaves it"},
		{"<?xml", "XML, perhaps the error of a download"},
		{"<error>", "XML, perhaps the error of a download"},
		{"{", "JSON, perhaps the error of a download"},
		{"data:", "a data URL: its base64 has to be decoded"},
		// The first is a local header, the second the end record of an empty zip.
		{"uesdb", "a zip in base64: decode it first (base64 -d)"},
		{"uesfb", "a zip in base64: decode it first (base64 -d)"},
		{"504b0304", "a zip in hexadecimal digits: decode it first (xxd -r -p)"},
		{"#!", "a script: it has to be put into a zip"},
	} {
		if bytes.HasPrefix(bytes.TrimLeft(text, `"'`), []byte(k.begin)) {
			return "the file is " + k.what
		}
	}
	return "the file is text, not a zip"
}
