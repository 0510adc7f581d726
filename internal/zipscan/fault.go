package zipscan

// A Fault is one fault of an archive.
type Fault struct {
	Kind   string // one of the constants below
	Entry  int    // index into Archive.Entries; -1 for the archive itself
	Detail string // one line
}

// Error returns the detail: a [Stream] returns a Fault as its error.
func (f *Fault) Error() string { return f.Detail }

// The kinds of fault. They are also the ids of package verify's checks.
const (
	FaultNotZip       = "zip-not-a-zip"
	FaultTrailing     = "zip-trailing-bytes"
	FaultTwoEnds      = "zip-two-ends"
	FaultMultiDisk    = "zip-multi-disk"
	FaultZip64        = "zip-zip64"
	FaultDirectory    = "zip-bad-directory"
	FaultTooMany      = "zip-too-many-names"
	FaultLocalHeader  = "zip-local-header"
	FaultUnaccounted  = "zip-unaccounted-bytes"
	FaultOverlap      = "zip-overlap"
	FaultDescriptor   = "zip-bad-descriptor"
	FaultEncrypted    = "zip-encrypted"
	FaultMethod       = "zip-method"
	FaultFlags        = "zip-flags"
	FaultVersion      = "zip-version"
	FaultBadExtra     = "zip-bad-extra"
	FaultUnknownExtra = "zip-unknown-extra"
	FaultSecondName   = "zip-second-name"
	FaultData         = "zip-bad-data"
	FaultSize         = "zip-wrong-size"
	FaultCRC          = "zip-wrong-crc"
)
