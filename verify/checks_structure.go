package verify

import "github.com/bootzip/bootzip/internal/zipscan"

const (
	hintAgain     = "make the zip again, with a tool that writes plain zips; do not edit it afterwards"
	hintPlain     = "Lambda is not known to read this; make the zip again without it: store or deflate, no encryption, no ZIP64, one part"
	hintAmbiguous = "the zip is ambiguous: two readers can unpack different files from it; make it again from the files themselves"
)

// The checks of the bytes of the zip. Their ids are the kinds of fault.
var (
	_ = Structure.check(Check{ID: zipscan.FaultNotZip, Proves: "the file ends like a zip", Lambda: lambdaUnzip, Hint: "give the zip itself; if it was downloaded or copied, do so again", Fixed: true, needs: stageEnd})
	_ = Structure.check(Check{ID: zipscan.FaultTrailing, Proves: "the zip ends where the file ends", Lambda: lambdaUnzip, Hint: hintAgain + " (bsdtar pads its output to a pipe: let it write to a file)", Fixed: true, needs: stageEnd})
	_ = Structure.check(Check{ID: zipscan.FaultTwoEnds, Proves: "only one place of the file can be taken for its end record", Hint: hintAmbiguous, Fixed: true, needs: stageEnd})
	_ = Structure.check(Check{ID: zipscan.FaultZip64, Proves: "the zip is not ZIP64: nothing that Lambda accepts is large enough to need it", Hint: hintPlain, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultMultiDisk, Proves: "the zip is in one part", Hint: hintPlain, Fixed: true, needs: stageDirectory})
	_ = Structure.check(Check{ID: zipscan.FaultDirectory, Proves: "the central directory is complete, and where the end record says", Lambda: lambdaUnzip, Hint: hintAgain, Fixed: true, needs: stageDirectory})
	_ = Structure.check(Check{ID: zipscan.FaultTooMany, Proves: "the names have at most 12 MiB together", Hint: "put fewer files into the zip", Fixed: true, needs: stageDirectory})
	_ = Structure.check(Check{ID: zipscan.FaultEncrypted, Proves: "no entry is encrypted", Hint: hintPlain, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultMethod, Proves: "every entry is stored or deflated", Hint: hintPlain, Fixed: true, needs: stageDirectory})
	_ = Structure.check(Check{ID: zipscan.FaultFlags, Proves: "no entry has flags of unknown meaning", Hint: hintPlain, Fixed: true, needs: stageDirectory})
	_ = Structure.check(Check{ID: zipscan.FaultVersion, Proves: "no entry asks for a newer version of the format than it uses", Hint: hintPlain, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultLocalHeader, Proves: "every local header says what the directory says", Hint: hintAmbiguous, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultOverlap, Proves: "no two entries share bytes", Hint: hintAmbiguous, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultUnaccounted, Proves: "every byte belongs to an entry, the directory or the end record", Hint: hintAmbiguous, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultDescriptor, Proves: "every data descriptor says what the directory says", Hint: hintAmbiguous, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultBadExtra, Proves: "the extra fields are well formed", Hint: hintAgain, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultSecondName, Proves: "no entry has a second, different name in its extra fields", Hint: hintAmbiguous, Fixed: true, needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultUnknownExtra, Severity: SeverityWarn, Proves: "the extra fields are of known kinds", Hint: "make the zip with a tool that leaves such fields out", needs: stageEntries})
	_ = Structure.check(Check{ID: zipscan.FaultData, Proves: "every content can be decompressed, to its last byte", Lambda: lambdaUnzip, Hint: hintAgain, Fixed: true, needs: stageContent})
	_ = Structure.check(Check{ID: zipscan.FaultSize, Proves: "every content has the size that the directory gives", Lambda: lambdaUnzip, Hint: hintAgain, Fixed: true, needs: stageContent})
	_ = Structure.check(Check{ID: zipscan.FaultCRC, Proves: "every content has the CRC-32 that the directory gives", Lambda: lambdaUnzip, Hint: hintAgain, Fixed: true, needs: stageContent})
)
