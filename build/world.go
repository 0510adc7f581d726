package build

import (
	"fmt"
	"strconv"
	"time"
)

// A World is what of a build's surroundings can be chosen and must not matter:
// the same sources give the same bytes in each. The zero value is the usual
// one.
type World struct {
	UID, GID int           // who runs the commands; 0: the caller
	Umask    int           // 0: the usual one, 022
	TimeZone string        // TZ; "": UTC
	Locale   string        // LANG and LC_ALL; "": C.UTF-8
	CPUs     int           // how many the commands can use; 0: all
	Hostname string        // "": the engine's choice
	Clock    time.Duration // how far the clock is moved
}

// A Surrounding is one aspect of a World that was asked for.
type Surrounding struct {
	Name    string // "user", "umask", "time zone", "locale", "CPUs", "host name" or "clock"
	Value   string // as asked for: "1234:1234", "0077", "Asia/Kathmandu", "tr_TR.UTF-8", "1", "elsewhere", "9600h0m0s"
	Applied bool   // it was in force
	Why     string // why not; or for which commands, or programs, it was not
}

// asked are the aspects of the world that are not as usual, with nothing in
// force yet.
func (w World) asked() []Surrounding {
	var all []Surrounding
	add := func(is bool, name, value string) {
		if is {
			all = append(all, Surrounding{Name: name, Value: value})
		}
	}
	add(w.UID != 0 || w.GID != 0, "user", fmt.Sprintf("%d:%d", w.UID, w.GID))
	add(w.Umask != 0, "umask", fmt.Sprintf("%04o", w.Umask))
	add(w.TimeZone != "", "time zone", w.TimeZone)
	add(w.Locale != "", "locale", w.Locale)
	add(w.CPUs != 0, "CPUs", strconv.Itoa(w.CPUs))
	add(w.Hostname != "", "host name", w.Hostname)
	add(w.Clock != 0, "clock", w.Clock.String())
	return all
}
