package build

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Variations are what can be varied in a build's environment and must not matter:
// the same sources give the same bytes with and without them. The zero value
// varies nothing. (The term is Debian reprotest's.)
type Variations struct {
	UID, GID int    // of the commands; 0: the caller's
	Umask    int    // at most 077; 0: the usual one, 022
	TimeZone string // TZ, a name such as "Asia/Kathmandu" or POSIX's form, "NPT-5:45"; "": UTC
	Locale   string // LANG and LC_ALL; "": LANG is C.UTF-8
	Path     string // where a container or the sandbox sees the project, absolute; "": /src
}

// A Variation is one of the Variations that were asked for.
type Variation struct {
	Name    string `json:"name"`    // "user", "umask", "time zone", "locale" or "path"
	Value   string `json:"value"`   // as asked for: "1234:1234", "0077", "Asia/Kathmandu", "C", "/elsewhere"
	Applied bool   `json:"applied"` // it was in force
	Why     string `json:"why"`     // why not, or what it made no difference to
}

// asked returns the variations that are asked for, none of them in force yet.
func (v Variations) asked() (all []Variation) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, Variation{Name: name, Value: value, Why: "nothing was run"})
		}
	}
	if v.otherUser() {
		uid, gid := v.user()
		add("user", fmt.Sprintf("%d:%d", uid, gid))
	}
	if v.Umask != 0 {
		add("umask", fmt.Sprintf("%04o", v.Umask))
	}
	add("time zone", v.TimeZone)
	add("locale", v.Locale)
	add("path", v.Path)
	return all
}

// apply returns the variations that are in force for the steps, and records in b.varied
// each that was asked for. The engine applies all that apply returns, or fails.
func (b *builder) apply(steps []step, host places) Variations {
	v := b.config.Vary
	if v == (Variations{}) {
		return v
	}
	// Compilers of the image are linked with a C library. Go's toolchain is static, and uses none.
	others := func(s step) bool { return needsImage(s.products[0].unit.Function.Language) }
	golang := func(s step) bool { return !others(s) }
	s := surroundings{b.engine, host, slices.ContainsFunc(steps, golang), slices.ContainsFunc(steps, others)}
	b.varied = v.asked()
	for i := range b.varied {
		b.varied[i].Applied, b.varied[i].Why = s.effect(b.varied[i].Name, &v)
	}
	return v
}

// effect reports whether a variation is in force, and why not, or what it makes no
// difference to. It removes from v a variation that has no effect on any step.
func (s surroundings) effect(name string, v *Variations) (applied bool, why string) {
	onHost := s.engine.name() == "host"
	switch name {
	case "user":
		if why = s.engine.userUnsupported(s.host); why != "" {
			v.UID, v.GID = 0, 0
			return false, why
		}
	case "umask":
		if onHost && runtime.GOOS == "windows" {
			v.Umask = 0
			return false, "Windows has none"
		}
	case "time zone":
		// Go finds a zone by name, if need be in its own list, and takes POSIX's form
		// for UTC (time.Local). C libraries know that form.
		if s.golang && !strings.Contains(v.TimeZone, "/") {
			if !s.others {
				v.TimeZone = ""
			}
			return s.others, "Go's toolchain knows time zones by name, and takes this for UTC"
		}
	case "locale":
		if !s.others {
			return true, "no program of Go's toolchain asks for it"
		}
	case "path":
		if onHost {
			v.Path = ""
			return false, "the host builds the project where it is"
		}
	}
	return true, ""
}

// surroundings decide which variations have an effect.
type surroundings struct {
	engine engine
	host   places
	golang bool // Go's toolchain runs
	others bool // other compilers run
}

// otherUser reports whether a user other than the caller is to run the commands.
func (v Variations) otherUser() bool { return v.UID != 0 || v.GID != 0 }

// user returns the ids of the commands, by default the caller's.
func (v Variations) user() (uid, gid int) {
	return cmp.Or(v.UID, os.Getuid()), cmp.Or(v.GID, os.Getgid())
}

// source is where a container or the sandbox sees the project.
func (v Variations) source() string { return cmp.Or(v.Path, containerPlaces.source) }

// mask is the umask of the commands.
func (v Variations) mask() int { return cmp.Or(v.Umask, 0o022) }

// environment returns the variables that are added to, or replaced in, the
// environment of a command.
func (v Variations) environment() []string {
	var set []string
	if v.TimeZone != "" {
		set = append(set, "TZ="+v.TimeZone)
	}
	if v.Locale != "" {
		set = append(set, "LANG="+v.Locale, "LC_ALL="+v.Locale)
	}
	return set
}
