package zipscan

import (
	"bytes"
	"slices"
)

// The order in which the lengths of the length codes come (RFC 1951, 3.2.7).
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// blockHeader reads the header of a block and makes its tables.
func (f *inflater) blockHeader() error {
	f.header = f.position()
	v, err := f.take(3)
	if err != nil {
		return err
	}
	f.final = v&1 != 0
	switch v >> 1 {
	case 0:
		return f.storedHeader()
	case 1:
		return f.tables(fixedLiterals, fixedDistances)
	case 2:
		return f.dynamicTables()
	}
	return errDeflate
}

// storedHeader reads the length of a stored block, which is byte-aligned and
// written twice.
func (f *inflater) storedHeader() error {
	f.drop(f.n % 8)
	n, err := f.take(16)
	if err != nil {
		return err
	}
	not, err := f.take(16)
	if err != nil {
		return err
	}
	if n != not^0xFFFF {
		return errDeflate
	}
	f.state, f.stored = inStored, int64(n)
	return nil
}

// The lengths of the codes of a block without tables of its own (RFC 1951, 3.2.6).
var (
	fixedLiterals  = slices.Concat(bytes.Repeat([]byte{8}, 144), bytes.Repeat([]byte{9}, 112), bytes.Repeat([]byte{7}, 24), bytes.Repeat([]byte{8}, 8))
	fixedDistances = bytes.Repeat([]byte{5}, 32)
)

// tables makes the tables of a block from the lengths of its codes.
func (f *inflater) tables(literals, distances []uint8) error {
	f.state = inBlock
	if err := f.lit.build(literals, literalBits, literalSymbol, true, false); err != nil {
		return err
	}
	return f.dist.build(distances, distanceBits, distanceSymbol, true, true)
}

func (f *inflater) dynamicTables() error {
	v, err := f.take(14)
	if err != nil {
		return err
	}
	literals, distances, codes := v&31+257, v>>5&31+1, v>>10+4
	if literals > 286 || distances > 30 {
		return errDeflate
	}
	var order [19]uint8
	for _, at := range lengthOrder[:codes] {
		if v, err = f.take(3); err != nil {
			return err
		}
		order[at] = uint8(v)
	}
	if err := f.lens.build(order[:], lengthBits, lengthSymbol, false, false); err != nil {
		return err
	}
	lengths := f.code[:literals+distances]
	if err := f.codeLengths(lengths); err != nil {
		return err
	}
	if lengths[256] == 0 {
		return errDeflate // a block without an end
	}
	return f.tables(lengths[:literals], lengths[literals:])
}

// codeLengths reads run-length coded code lengths.
func (f *inflater) codeLengths(lengths []uint8) error {
	for i := 0; i < len(lengths); {
		e, err := f.lookup(&f.lens)
		if err != nil {
			return err
		}
		s := uint8(e >> 16)
		if s < 16 {
			lengths[i] = s
			i++
			continue
		}
		value, base, extra := uint8(0), 3, uint(2)
		switch s {
		case 16:
			if i == 0 {
				return errDeflate
			}
			value = lengths[i-1]
		case 17:
			extra = 3
		case 18:
			base, extra = 11, 7
		}
		more, err := f.take(extra)
		if err != nil {
			return err
		}
		if base+more > len(lengths)-i {
			return errDeflate
		}
		for range base + more {
			lengths[i] = value
			i++
		}
	}
	return nil
}
