package elfscan

import (
	"debug/elf"
	"strings"
)

const (
	flagWeak    = 2 // of a version: the linker only warns if it is missing
	maxDynamic  = 64 << 10
	maxNeeded   = 256
	maxRunpath  = 256 // directories
	maxVersions = 2048
	maxDynNames = 64 << 10 // bytes of all names

	// MaxName is how many bytes of a name or directory are read.
	MaxName = 1024
)

// dynamic reads what the program needs of the dynamic linker.
func (f *reader) dynamic() {
	var at elf.ProgHeader
	for _, p := range f.Progs {
		if p.Type == elf.PT_DYNAMIC {
			at = p
		}
	}
	if at.Type != elf.PT_DYNAMIC {
		return
	}
	if !f.has(at.Off, at.Filesz) || at.Filesz > maxDynamic {
		f.fault(FaultDynamic, "the dynamic section lies outside the file, or is larger than %d bytes", maxDynamic)
		return
	}
	var needed, rpath, runpath []uint64
	tags := map[uint64]uint64{}
	for b := f.bytes(int64(at.Off), int64(at.Filesz)); len(b) >= 16; b = b[16:] {
		tag, v := u64(b, 0), u64(b, 8)
		if tag == 0 {
			break
		}
		switch tag {
		case uint64(elf.DT_NEEDED):
			needed = append(needed, v)
		case uint64(elf.DT_RPATH):
			rpath = append(rpath, v)
		case uint64(elf.DT_RUNPATH):
			runpath = append(runpath, v)
		}
		tags[tag] = v
	}
	_, text := tags[uint64(elf.DT_TEXTREL)]
	f.TextRel = text || tags[uint64(elf.DT_FLAGS)]&uint64(elf.DF_TEXTREL) != 0
	f.PIE = tags[uint64(elf.DT_FLAGS_1)]&uint64(elf.DF_1_PIE) != 0
	_, f.Soname = tags[uint64(elf.DT_SONAME)]
	if len(needed) == 0 && tags[uint64(elf.DT_VERNEED)] == 0 {
		return
	}
	if len(needed) > maxNeeded {
		f.fault(FaultDynamic, "%d libraries are needed; only %d are checked", len(needed), maxNeeded)
		needed = needed[:maxNeeded]
	}
	strs := f.strings(tags[uint64(elf.DT_STRTAB)], tags[uint64(elf.DT_STRSZ)])
	total := 0
	get := func(i uint64) string {
		if i >= uint64(len(strs)) {
			f.fault(FaultDynamic, "a name lies outside the string table")
			return ""
		}
		name := cString(strs[i:min(uint64(len(strs)), i+MaxName)])
		if total += len(name); total > maxDynNames {
			f.fault(FaultDynamic, "the names have more than %d bytes", maxDynNames)
			return ""
		}
		return name
	}
	for _, i := range needed {
		f.Needed = append(f.Needed, get(i))
	}
	if len(runpath) == 0 {
		runpath, f.Inherited = rpath, len(rpath) > 0
	}
	for _, i := range runpath {
		f.Runpath = append(f.Runpath, strings.SplitN(get(i), ":", maxRunpath+1)...)
		if len(f.Runpath) > maxRunpath {
			f.fault(FaultDynamic, "more than %d directories are searched for libraries", maxRunpath)
			f.Runpath = f.Runpath[:maxRunpath]
			break
		}
	}
	f.versions(tags[uint64(elf.DT_VERNEED)], tags[uint64(elf.DT_VERNEEDNUM)], get)
}

// strings reads the dynamic string table.
func (f *reader) strings(addr, size uint64) []byte {
	off, n, ok := f.offset(addr, maxStrings)
	if !ok || size > uint64(n) {
		f.fault(FaultDynamic, "the dynamic string table lies outside the file, or is larger than %d bytes", maxStrings)
		return nil
	}
	return f.bytes(off, int64(size))
}

// versions reads the version needs (GNU symbol versioning; Elf64_Verneed and
// Elf64_Vernaux): two chains of offsets, which only go forwards.
func (f *reader) versions(addr, count uint64, get func(uint64) string) {
	if addr == 0 || count == 0 {
		return
	}
	off, n, ok := f.offset(addr, 256<<10)
	if !ok {
		f.fault(FaultDynamic, "the version needs lie outside the file")
		return
	}
	b := f.bytes(off, n)
	at := int64(0)
	for range min(count, maxNeeded) {
		if at+16 > int64(len(b)) {
			f.fault(FaultDynamic, "the version needs are cut off")
			return
		}
		library := get(uint64(u32(b, int(at)+4)))
		aux := at + int64(u32(b, int(at)+8))
		for range u16(b, int(at)+2) {
			if aux+16 > int64(len(b)) || len(f.Versions) >= maxVersions {
				f.fault(FaultDynamic, "the version needs are cut off, or more than %d", maxVersions)
				return
			}
			if u16(b, int(aux)+4)&flagWeak == 0 {
				f.Versions = append(f.Versions, Version{library, get(uint64(u32(b, int(aux)+8)))})
			}
			next := int64(u32(b, int(aux)+12))
			if next == 0 {
				break
			}
			aux += next
		}
		next := int64(u32(b, int(at)+12))
		if next == 0 {
			return
		}
		at += next
	}
}
