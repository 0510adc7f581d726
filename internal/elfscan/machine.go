package elfscan

import (
	"cmp"
	"debug/elf"
	"strings"
)

// machines names the machines for which programs are commonly seen.
var machines = map[elf.Machine]string{
	elf.EM_386: "32-bit x86", elf.EM_MIPS: "MIPS", elf.EM_PPC: "PowerPC", elf.EM_PPC64: "64-bit PowerPC", elf.EM_S390: "s390", elf.EM_ARM: "32-bit ARM",
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_RISCV: "RISC-V", elf.EM_LOONGARCH: "LoongArch",
}

// GOARCH returns "amd64" or "arm64" for a 64-bit, little-endian file for such
// a machine, and "" for any other file.
func (f *File) GOARCH() string {
	switch {
	case f.Class != 2 || f.Data != 1:
	case f.Machine == elf.EM_X86_64, f.Machine == elf.EM_AARCH64:
		return machines[f.Machine]
	}
	return ""
}

// MachineName describes the machine that a file is for.
func (f *File) MachineName() string {
	name := cmp.Or(machines[f.Machine], "an unknown machine")
	if f.Machine == elf.EM_X86_64 && f.Class == 1 {
		name = "x32 (64-bit x86 with 32-bit addresses)"
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
