package zipscan

import "hash/crc32"

// ExtraNames are the names of known extra fields (APPNOTE.TXT 4.5.2 and 4.6.1; Info-ZIP's
// proginfo/extrafld.txt). Except for the first two, the fields do not change which names,
// modes and contents are unpacked.
var ExtraNames = map[uint16]string{
	extraZip64: "ZIP64", extraUnicodePath: "Unicode name",
	0x000a: "NTFS times", 0x5455: "times", 0x5855: "times, user and group", 0x7855: "user and group",
	0x7875: "user and group", 0x6375: "Unicode comment", 0xcafe: "mark of a Java archive",
	0xa11e: "alignment", // by Apache Commons Compress
	0xa220: "padding",   // by Microsoft
}

const (
	extraZip64       = 0x0001
	extraStrong      = 0x0017
	extraAES         = 0x9901
	extraUnicodePath = 0x7075
)

// extra checks the extra fields of entry i: a chain of id, length and data
// that fills b exactly.
func (a *Archive) extra(i int, b []byte, name string) {
	for len(b) > 0 {
		if len(b) < 4 || len(b) < 4+int(u16(b, 2)) {
			a.fault(FaultBadExtra, i, "its extra fields are cut off")
			return
		}
		id, data := u16(b, 0), b[4:4+int(u16(b, 2))]
		b = b[4+len(data):]
		switch {
		case id == extraZip64:
			a.fault(FaultZip64, i, "it has a ZIP64 field")
		case id == extraStrong || id == extraAES:
			a.fault(FaultEncrypted, i, "it has an encryption field")
		case id == extraUnicodePath:
			a.unicodePath(i, data, name)
		case id == 0x5455 && len(data)%4 != 1:
			a.fault(FaultBadExtra, i, "its extended timestamp has %d bytes", len(data))
		case ExtraNames[id] == "":
			a.fault(FaultUnknownExtra, i, "extra field %#04x", id)
		}
	}
}

// unicodePath checks the field in which Info-ZIP repeats a name in UTF-8: some
// readers take the entry's name from there, others do not.
func (a *Archive) unicodePath(i int, data []byte, name string) {
	if len(data) < 5 || data[0] != 1 {
		a.fault(FaultBadExtra, i, "its Unicode name field has an unknown form")
		return
	}
	if u32(data, 1) == crc32.ChecksumIEEE([]byte(name)) && string(data[5:]) == name {
		return
	}
	a.fault(FaultSecondName, i, "a second name, %q, is in its extra fields", data[5:])
}
