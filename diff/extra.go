package diff

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// A field is one value of one side.
type field struct{ name, value string }

// differing pairs the fields of both sides by name, and returns the pairs that
// differ. Fields with the same name are paired in turn. Both lists are in the same
// order, so the result is too.
func differing(a, b []field) []Field {
	var list []Field
	used := make([]bool, len(b))
	for _, x := range a {
		y := absent
		for i := range b {
			if !used[i] && b[i].name == x.name {
				y, used[i] = b[i].value, true
				break
			}
		}
		if x.value != y {
			list = append(list, Field{x.name, x.value, y})
		}
	}
	for i, y := range b {
		if !used[i] {
			list = append(list, Field{y.name, absent, y.value})
		}
	}
	return list
}

// maxExtras is how many extra fields of one header are compared.
const maxExtras = 16

// extras describes the extra fields in b; place is put after their names.
func extras(place string, b []byte) []field {
	var list []field
	for len(b) >= 4 && len(list) < maxExtras {
		id := u16(b, 0)
		data := b[4:min(len(b), 4+int(u16(b, 2)))]
		b = b[4+len(data):]
		name := fmt.Sprintf("extra field %#04x", id)
		if n := zipscan.ExtraNames[id]; n != "" {
			name += " (" + n + ")"
		}
		list = append(list, field{name + place, extraValue(id, data)})
	}
	return list
}

// extraValue describes the data of an extra field, so that two that differ do not look the
// same: its length and its bytes, or of more than 64 the first bytes and the SHA-256.
func extraValue(id uint16, data []byte) string {
	value := fmt.Sprintf("%d bytes %x", len(data), data)
	if len(data) > 64 {
		value = fmt.Sprintf("%d bytes %x… (SHA-256 %x)", len(data), data[:20], sha256.Sum256(data))
	}
	switch {
	case id == 0x5455 && len(data) == 5:
		t := time.Unix(int64(int32(binary.LittleEndian.Uint32(data[1:]))), 0).UTC()
		return fmt.Sprintf("%s (%s)", t.Format(time.RFC3339), value)
	case id == 0x7875 && len(data) == 11 && data[1] == 4 && data[6] == 4:
		return fmt.Sprintf("user %d, group %d (%s)", binary.LittleEndian.Uint32(data[2:]), binary.LittleEndian.Uint32(data[7:]), value)
	}
	return value
}
