package zipscan

import (
	"errors"
	"math/bits"
)

// A decoding table is indexed by the next bits of the input. An entry packs these,
// from the lowest bit:
//
//   - 4 bits: how many bits the code has (0: no such code);
//   - 4 bits: how many extra bits follow it, or how many index a second table;
//   - 3 bits: the kind;
//   - from bit 16, a value: the literal, the base of a length or of a distance, or
//     where the second table begins.
const (
	kindBase    = 0 << 8
	kindLiteral = 1 << 8
	kindEnd     = 2 << 8
	kindTable   = 4 << 8
	kindMask    = 7 << 8
)

const (
	literalBits  = 11
	distanceBits = 9
	lengthBits   = 7
	maxCode      = 15
)

var errCode = errors.New("incomplete code in a block")

// A table decodes one alphabet.
type table struct {
	entries []uint32
	bits    uint // of the first level
}

// build makes the table for codes of the given lengths (RFC 1951, 3.2.2).
// symbol returns kind, value and extra bits of a symbol. Like zlib, build refuses
// codes with too many or too few words. single allows a code with one word of one
// bit; empty allows an empty one.
func (t *table) build(lengths []uint8, first uint, symbol func(int) uint32, single, empty bool) error {
	var count [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	longest := uint(maxCode)
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	if longest == 0 && !empty {
		return errCode
	}
	left := 1
	for n := 1; n <= maxCode; n++ {
		if left = left<<1 - count[n]; left < 0 {
			return errCode
		}
	}
	if left > 0 && longest > 0 && !(single && longest == 1) {
		return errCode
	}
	// Otherwise many small blocks would each clear a large table.
	t.bits = max(min(first, longest), 1)
	size := 1 << t.bits
	if cap(t.entries) < size {
		t.entries = make([]uint32, size, 2*size)
	}
	t.entries = t.entries[:size]
	clear(t.entries)

	var next [maxCode + 2]int
	code := 0
	for n := 1; n <= maxCode; n++ {
		next[n] = code
		code = (code + count[n]) << 1
	}
	for s, n := range lengths {
		if n == 0 {
			continue
		}
		word := next[n]
		next[n]++
		t.add(word, uint(n), longest, symbol(s))
	}
	return nil
}

// add enters one code word of n bits. Words longer than the first level go
// to a second table that all words with the same beginning share.
func (t *table) add(word int, n, longest uint, entry uint32) {
	reversed := int(bits.Reverse16(uint16(word)) >> (16 - n))
	if n <= t.bits {
		for i := reversed; i < 1<<t.bits; i += 1 << n {
			t.entries[i] = entry | uint32(n)
		}
		return
	}
	head := reversed & (1<<t.bits - 1)
	second := longest - t.bits
	if t.entries[head] == 0 {
		t.entries[head] = uint32(len(t.entries))<<16 | kindTable | uint32(second)<<4 | uint32(t.bits)
		t.entries = append(t.entries, make([]uint32, 1<<second)...)
	}
	base := int(t.entries[head] >> 16)
	for i := reversed >> t.bits; i < 1<<second; i += 1 << (n - t.bits) {
		t.entries[base+i] = entry | uint32(n-t.bits)
	}
}

// literalSymbol describes the symbols of the literal and length alphabet
// (RFC 1951, 3.2.5). 286 and 287 never occur in valid data.
func literalSymbol(s int) uint32 {
	switch {
	case s < 256:
		return uint32(s)<<16 | kindLiteral
	case s == 256:
		return kindEnd
	case s < 265:
		return uint32(s-257+3)<<16 | kindBase
	case s < 285:
		extra := uint32(s-261) / 4
		return (uint32(4+(s-265)%4)<<extra+3)<<16 | extra<<4 | kindBase
	case s == 285:
		return 258<<16 | kindBase
	}
	return kindTable
}

// distanceSymbol describes the symbols of the distance alphabet. 30 and 31
// never occur in valid data.
func distanceSymbol(s int) uint32 {
	switch {
	case s < 4:
		return uint32(s+1)<<16 | kindBase
	case s < 30:
		extra := uint32(s-2) / 2
		return (uint32(2+s%2)<<extra+1)<<16 | extra<<4 | kindBase
	}
	return kindTable
}

// lengthSymbol describes the alphabet in which code lengths are written.
func lengthSymbol(s int) uint32 { return uint32(s)<<16 | kindLiteral }
