package build

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// A World is what of a build's surroundings can be chosen and must not matter:
// the same sources give the same bytes in each. The zero value is the usual
// one.
type World struct {
	UID, GID int           // who runs the commands; 0: the caller
	Umask    int           // at most 077; 0: the usual one, 022
	TimeZone string        // TZ, a name as "Asia/Kathmandu" or in POSIX's form, "NPT-5:45"; "": UTC
	Locale   string        // LANG and LC_ALL; "": LANG is C.UTF-8
	CPUs     int           // how many the commands can use; 0: all
	Hostname string        // letters, digits and '-'; "": the engine's choice
	Clock    time.Duration // how far the clock is moved, in whole seconds
	Path     string        // where a container or the sandbox sees the project, absolute; "": /src
}

// A Surrounding is one aspect of a World that was asked for.
type Surrounding struct {
	Name    string // "user", "umask", "time zone", "locale", "CPUs", "host name", "clock" or "path"
	Value   string // as asked for: "1234:1234", "0077", "Asia/Kathmandu", "tr_TR.UTF-8", "1", "elsewhere", "9600h0m0s", "/elsewhere"
	Applied bool   // it was in force
	Why     string // why not; or what it made no difference to
}

const (
	aspectUser     = "user"
	aspectUmask    = "umask"
	aspectTimeZone = "time zone"
	aspectLocale   = "locale"
	aspectCPUs     = "CPUs"
	aspectHostname = "host name"
	aspectClock    = "clock"
	aspectPath     = "path"
)

// asked are the aspects of the world that are not as usual, with nothing in
// force yet.
func (w World) asked() []Surrounding {
	var all []Surrounding
	add := func(is bool, name, value string) {
		if is {
			all = append(all, Surrounding{Name: name, Value: value, Why: "nothing was run"})
		}
	}
	uid, gid := w.user()
	add(w.otherUser(), aspectUser, fmt.Sprintf("%d:%d", uid, gid))
	add(w.Umask != 0, aspectUmask, fmt.Sprintf("%04o", w.Umask))
	add(w.TimeZone != "", aspectTimeZone, w.TimeZone)
	add(w.Locale != "", aspectLocale, w.Locale)
	add(w.CPUs != 0, aspectCPUs, strconv.Itoa(w.CPUs))
	add(w.Hostname != "", aspectHostname, w.Hostname)
	add(w.Clock != 0, aspectClock, w.Clock.String())
	add(w.Path != "", aspectPath, w.Path)
	return all
}

// without is the world with one aspect as usual.
func (w World) without(aspect string) World {
	switch aspect {
	case aspectUser:
		w.UID, w.GID = 0, 0
	case aspectUmask:
		w.Umask = 0
	case aspectTimeZone:
		w.TimeZone = ""
	case aspectLocale:
		w.Locale = ""
	case aspectCPUs:
		w.CPUs = 0
	case aspectHostname:
		w.Hostname = ""
	case aspectClock:
		w.Clock = 0
	case aspectPath:
		w.Path = ""
	}
	return w
}

// otherUser says whether somebody else than the caller is to run the commands.
func (w World) otherUser() bool { return w.UID != 0 || w.GID != 0 }

// user is who runs the commands, the caller where nobody else is asked for.
func (w World) user() (uid, gid int) {
	uid, gid = w.UID, w.GID
	if uid == 0 {
		uid = os.Getuid()
	}
	if gid == 0 {
		gid = os.Getgid()
	}
	return uid, gid
}

// source is where a container or the sandbox sees the project.
func (w World) source() string {
	if w.Path == "" {
		return containerPlaces.source
	}
	return w.Path
}

// mask is the umask of the commands.
func (w World) mask() int {
	if w.Umask == 0 {
		return 0o022
	}
	return w.Umask
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$`)

// check refuses what is no world anywhere.
func (w World) check() error {
	var wrong string
	switch {
	case w.UID < 0 || w.GID < 0:
		wrong = fmt.Sprintf("user %d:%d", w.UID, w.GID)
	case w.Umask < 0 || w.Umask > 0o077:
		wrong = fmt.Sprintf("umask %#o", w.Umask)
	case w.CPUs < 0:
		wrong = fmt.Sprintf("%d CPUs", w.CPUs)
	case w.Hostname != "" && !hostName.MatchString(w.Hostname):
		wrong = fmt.Sprintf("host name %q", w.Hostname)
	case w.Path != "" && !freePath(w.Path):
		wrong = fmt.Sprintf("path %q", w.Path)
	default:
		return nil
	}
	return hint.New("users and CPUs are counted from 0, an umask is at most 077, a host name has letters, digits and '-', a path is absolute and not one that a build needs itself",
		"a build's surroundings cannot have the %s", wrong)
}

// freePath says whether a container can have the project there: nothing that
// an image has, and no other place of a build.
func freePath(name string) bool {
	if !path.IsAbs(name) || path.Clean(name) != name {
		return false
	}
	top, _, _ := strings.Cut(name[1:], "/")
	taken := []string{"", "bin", "boot", "bootzip", "cache", "dev", "etc", "go", "lib", "lib32", "lib64", "libx32", "out", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var"}
	return !slices.Contains(taken, top)
}

// Where Debian's package libfaketime has its library. The dynamic linker puts
// the folder of the program's architecture in the place of $LIB (ld.so(8),
// "Dynamic string tokens"), and a program with another C library, which could
// not use it, does not find it.
const (
	clockPackage = "libfaketime"
	clockLibrary = "/usr/$LIB/faketime/libfaketimeMT.so.1"
)

// variables are what the environment of a command in the language has in this
// world, besides or in place of the usual.
func (w World) variables(l project.Language) []string {
	var set []string
	if w.TimeZone != "" {
		set = append(set, "TZ="+w.TimeZone)
	}
	if w.Locale != "" {
		set = append(set, "LANG="+w.Locale, "LC_ALL="+w.Locale)
	}
	if w.Clock != 0 && needsImage(l) {
		set = append(set, "LD_PRELOAD="+clockLibrary, fmt.Sprintf("FAKETIME=%+d", int64(w.Clock.Seconds())),
			// The times of files stay true, and so does what measures how
			// long something takes: programs wait by it.
			"NO_FAKE_STAT=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DISABLE_SHM=1")
	}
	return set
}
