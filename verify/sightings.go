package verify

import (
	"bytes"

	"github.com/bootzip/bootzip/internal/elfscan"
)

// Strings that show what is linked into a program.
const (
	markNSS      = "libnss_%s.so"                 // glibc 2.34 and newer, loading a name service
	markNSSwitch = "/etc/nsswitch.conf"           // older versions too, and Go's own resolver
	markNSSName  = "__nss_"                       // begins names of glibc's functions, in its messages
	markZone     = "time.LoadLocation\x00"        // a name in Go's table of functions: it is linked in
	markZoneData = "time/tzdata.loadFromEmbedded" // likewise, for the package with the data
	markLambda   = "aws-lambda-go/lambda.Start"   // likewise, for AWS's library, not only its events
	markCgoStub  = "requires cgo to work"         // go-sqlite3 and its forks, without cgo
)

var marks = [...][]byte{
	elfscan.GoMagic, []byte(markNSS), []byte(markNSSwitch), []byte(markNSSName),
	[]byte(markZone), []byte(markZoneData), []byte(markLambda), []byte(markCgoStub),
}

const longestMark = 32

// sightings notes where marks occur in a content that is read in pieces.
type sightings struct {
	at  [len(marks)]int64 // 1 + offset of the first sighting; 0: none
	off int64             // of buf
	buf []byte            // the end of the pieces so far, where a mark may begin
}

func (s *sightings) look(b []byte) {
	s.buf = append(s.buf, b...)
	for i, m := range marks {
		for from := 0; s.at[i] == 0; {
			at := bytes.Index(s.buf[from:], m)
			if at < 0 {
				break
			}
			// Go's mark counts only at a multiple of 16, where the linker puts it.
			if off := s.off + int64(from+at); i > 0 || off%16 == 0 {
				s.at[i] = 1 + off
			}
			from += at + 1
		}
	}
	gone := max(0, len(s.buf)-longestMark)
	s.off += int64(gone)
	s.buf = append(s.buf[:0], s.buf[gone:]...)
}

// has reports whether a mark was seen.
func (s *sightings) has(mark string) bool {
	for i, m := range marks {
		if string(m) == mark {
			return s.at[i] > 0
		}
	}
	return false
}

// staticNSS reports whether the strings of glibc's name-service switch were seen.
func (s *sightings) staticNSS() bool {
	return s.has(markNSS) || s.has(markNSSwitch) && s.has(markNSSName)
}

// goMagic returns the offset of Go's mark, or -1.
func (s *sightings) goMagic() int64 { return s.at[0] - 1 }
