package elfscan

import "strings"

// Values of e_machine (System V ABI and its supplements).
const (
	MachineAMD64 = 62
	MachineARM64 = 183
)

// machines names those that programs are seen for.
var machines = map[uint16]string{
	3: "32-bit x86", 8: "MIPS", 20: "PowerPC", 21: "64-bit PowerPC", 22: "s390", 40: "32-bit ARM",
	MachineAMD64: "amd64", MachineARM64: "arm64", 243: "RISC-V", 258: "LoongArch",
}

// GOARCH returns "amd64" or "arm64" for a 64-bit, little-endian file for such
// a machine, and "" for every other one.
func (f *File) GOARCH() string {
	switch {
	case f.Class != 2 || f.Data != 1:
	case f.Machine == MachineAMD64, f.Machine == MachineARM64:
		return machines[f.Machine]
	}
	return ""
}

// MachineName describes the machine that a file is for.
func (f *File) MachineName() string {
	name, ok := machines[f.Machine]
	switch {
	case f.Machine == MachineAMD64 && f.Class == 1:
		name = "x32 (64-bit x86 with 32-bit addresses)"
	case !ok:
		name = "an unknown machine"
	}
	words := []string{name}
	if f.Data == 2 {
		words = append(words, "big endian")
	} else if f.Data != 1 {
		words = append(words, "of unknown byte order")
	}
	if f.Class != 1 && f.Class != 2 {
		words = append(words, "of unknown word size")
	}
	return strings.Join(words, ", ")
}
