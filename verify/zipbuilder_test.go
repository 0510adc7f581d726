package verify_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// A zfile is one entry of a zip that the tests write, byte by byte. The zero
// value of each field gives what a good tool writes on Unix.
type zfile struct {
	name string
	data []byte
	mode uint32 // default 0100644; noMode for none

	store      bool
	creator    uint16 // version made by; default Unix, 2.0
	flags      uint16
	descriptor int // 16 or 12 bytes of data descriptor, 0 for none
	extra      []byte
	localExtra []byte // default extra
	comment    string

	raw       []byte // compressed data, instead of the right one
	before    []byte // stray bytes before the entry
	localName string // default name
	local     func(h []byte)
	central   func(h []byte)
	desc      func(d []byte)
	noLocal   bool // only the directory has the entry
	noCentral bool // the directory lacks the entry
	offset    func(own, first int) int
}

const noMode = 1 << 31

// A zspec is a zip that the tests write.
type zspec struct {
	files     []zfile
	comment   string
	beforeDir []byte // stray bytes before the directory
	beforeEnd []byte
	after     []byte
	reversed  bool           // the directory lists the entries backwards
	end       func(h []byte) // changes the end record
	finish    func(b []byte) []byte
}

var le = binary.LittleEndian

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 6)
	if err != nil {
		panic(err)
	}
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func (z zspec) bytes() []byte {
	var out bytes.Buffer
	var dir [][]byte
	first := -1
	for _, f := range z.files {
		out.Write(f.before)
		own := out.Len()
		if first < 0 {
			first = own
		}
		body := f.raw
		if body == nil {
			if body = f.data; !f.store {
				body = deflated(f.data)
			}
		}
		local, central, desc := f.headers(body)
		at := own
		if f.offset != nil {
			at = f.offset(own, first)
		}
		le.PutUint32(central[42:], uint32(at))
		if f.central != nil {
			f.central(central)
		}
		if !f.noLocal {
			out.Write(local)
			out.Write(body)
			out.Write(desc)
		}
		if !f.noCentral {
			dir = append(dir, central)
		}
	}
	out.Write(z.beforeDir)
	start := out.Len()
	for i := range dir {
		if z.reversed {
			out.Write(dir[len(dir)-1-i])
		} else {
			out.Write(dir[i])
		}
	}
	size := out.Len() - start
	out.Write(z.beforeEnd)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	le.PutUint16(end[8:], uint16(len(dir)))
	le.PutUint16(end[10:], uint16(len(dir)))
	le.PutUint32(end[12:], uint32(size))
	le.PutUint32(end[16:], uint32(start))
	le.PutUint16(end[20:], uint16(len(z.comment)))
	if z.end != nil {
		z.end(end)
	}
	out.Write(end)
	out.WriteString(z.comment)
	out.Write(z.after)
	if z.finish != nil {
		return z.finish(out.Bytes())
	}
	return out.Bytes()
}

// headers makes the local header, the directory entry (without its offset)
// and the data descriptor of a file with the given compressed data.
func (f zfile) headers(body []byte) (local, central, desc []byte) {
	mode, creator, flags := f.mode, f.creator, f.flags
	if mode == 0 {
		mode = 0o100644
	}
	if creator == 0 {
		creator = 3<<8 | 20
	}
	method := uint16(8)
	if f.store {
		method = 0
	}
	if f.descriptor > 0 {
		flags |= 8
	}
	localName, localExtra := f.localName, f.localExtra
	if localName == "" {
		localName = f.name
	}
	if localExtra == nil {
		localExtra = f.extra
	}
	crc := crc32.ChecksumIEEE(f.data)

	common := make([]byte, 26) // what the two headers have in common, from "version needed"
	le.PutUint16(common[0:], 20)
	le.PutUint16(common[2:], flags)
	le.PutUint16(common[4:], method)
	le.PutUint16(common[8:], 1<<5|1) // 1980-01-01
	le.PutUint32(common[10:], crc)
	le.PutUint32(common[14:], uint32(len(body)))
	le.PutUint32(common[18:], uint32(len(f.data)))

	local = append([]byte("PK\x03\x04"), common...)
	if f.descriptor > 0 {
		clear(local[14:26])
	}
	le.PutUint16(local[26:], uint16(len(localName)))
	le.PutUint16(local[28:], uint16(len(localExtra)))
	if f.local != nil {
		f.local(local)
	}
	local = append(append(local, localName...), localExtra...)

	central = append([]byte("PK\x01\x02\x00\x00"), common...)
	central = append(central, make([]byte, 14)...)
	le.PutUint16(central[4:], creator)
	le.PutUint16(central[28:], uint16(len(f.name)))
	le.PutUint16(central[30:], uint16(len(f.extra)))
	le.PutUint16(central[32:], uint16(len(f.comment)))
	if mode != noMode {
		le.PutUint32(central[38:], mode<<16)
	}
	central = append(append(append(central, f.name...), f.extra...), f.comment...)

	if f.descriptor > 0 {
		desc = make([]byte, 16)
		copy(desc, "PK\x07\x08")
		le.PutUint32(desc[4:], crc)
		le.PutUint32(desc[8:], uint32(len(body)))
		le.PutUint32(desc[12:], uint32(len(f.data)))
		if f.desc != nil {
			f.desc(desc)
		}
		desc = desc[16-f.descriptor:]
	}
	return local, central, desc
}

// field makes one extra field.
func field(id uint16, data string) []byte {
	b := le.AppendUint16(nil, id)
	b = le.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

// function is a good zip: a bootstrap, and other files, which may have faults.
func function(more ...zfile) zspec {
	return zspec{files: append([]zfile{boot()}, more...)}
}

// boot is a good bootstrap.
func boot() zfile { return zfile{name: "bootstrap", data: elfspec{}.bytes(), mode: 0o100755} }

func asset(name string) zfile { return zfile{name: name, data: []byte("an asset\n")} }
