package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// Variations are what can be varied in a build's environment and must not matter:
// the same sources give the same bytes with and without them. The zero value
// varies nothing. (The term is Debian reprotest's.)
type Variations struct {
	UID, GID int    // of the commands; 0: the caller's
	Umask    int    // at most 077; 0: the usual one, 022
	TimeZone string // TZ, a name as "Asia/Kathmandu" or in POSIX's form, "NPT-5:45"; "": UTC
	Locale   string // LANG and LC_ALL; "": LANG is C.UTF-8
	Path     string // where a container or the sandbox sees the project, absolute; "": /src
}

// A Variation is one of the Variations that were asked for.
type Variation struct {
	Name    string // "user", "umask", "time zone", "locale" or "path"
	Value   string // as asked for: "1234:1234", "0077", "Asia/Kathmandu", "C", "/elsewhere"
	Applied bool   // it was in force
	Why     string // why not, or to what it made no difference
}

// asked returns each variation that is asked for, none of them in force yet.
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
func (b *builder) apply(ctx context.Context, steps []step, host places) (Variations, error) {
	v := b.config.Vary
	if v == (Variations{}) {
		return v, nil
	}
	s := surroundings{engine: b.engine, host: host}
	if err := s.look(ctx, steps); err != nil {
		return v, err
	}
	b.varied = v.asked()
	for i := range b.varied {
		b.varied[i].Applied, b.varied[i].Why = s.effect(b.varied[i].Name, &v)
	}
	return v, nil
}

// effect reports whether a variation is in force, and why not, or to what it makes no
// difference. It removes one that is not in force from v.
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
		if applied, why = s.timeZone(v.TimeZone); !applied {
			v.TimeZone = ""
		}
		return applied, why
	case "locale":
		return true, s.locale(v.Locale)
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
	engine   engine
	host     places
	golang   bool     // Go's toolchain runs, which is static and uses no C library
	others   bool     // compilers run that are linked with a C library
	packages []string // of the build image, if these compilers come from it
}

func (s *surroundings) look(ctx context.Context, steps []step) (err error) {
	for _, one := range steps {
		if needsImage(one.products[0].unit.Function.Language) {
			s.others = true
		} else {
			s.golang = true
		}
	}
	if image := s.engine.image(); image.id != "" && s.others {
		s.packages, err = image.packages(ctx)
	}
	return err
}

func (s surroundings) has(name string) bool { return packageVersion(s.packages, name) != "" }

// timeZone reports whether a time zone is in force. Go finds a zone by name, if
// need be in its own list, and takes POSIX's form for UTC (time.Local). C
// libraries know that form, and names if the list is installed.
func (s surroundings) timeZone(zone string) (applied bool, why string) {
	named, image := strings.Contains(zone, "/"), s.engine.image().id != ""
	if s.golang && !named {
		why = "Go's toolchain knows time zones by name, and takes this for UTC"
	} else {
		applied = s.golang
	}
	switch {
	case !s.others:
	case named && image && !s.has("tzdata"), named && !image && !exists(filepath.Join("/usr/share/zoneinfo", zone)):
		why = "the compilers take it for UTC: no list of time zones (tzdata) is installed where they run"
	default:
		applied = true
	}
	return applied, why
}

// locale returns to what a locale makes no difference.
func (s surroundings) locale(name string) (why string) {
	always := []string{"C", "POSIX", "C.UTF-8", "C.utf8"}
	switch {
	case !s.others:
		return "no program of Go's toolchain asks for it"
	case s.engine.image().id != "" && !slices.Contains(always, name) && !s.has("locales-all"):
		return "the image has no such locale, so programs take C instead of the usual C.UTF-8"
	}
	return ""
}

// otherUser reports whether another user than the caller is to run the commands.
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

// check refuses what no engine can do.
func (v Variations) check() error {
	var wrong string
	switch {
	case v.UID < 0 || v.GID < 0:
		wrong = fmt.Sprintf("user %d:%d", v.UID, v.GID)
	case v.Umask < 0 || v.Umask > 0o077:
		wrong = fmt.Sprintf("umask %#o", v.Umask)
	case v.Path != "" && !freePath(v.Path):
		wrong = fmt.Sprintf("path %q", v.Path)
	default:
		return nil
	}
	return hint.New("user ids start at 0, an umask is at most 077, a path is absolute and none that a build needs itself",
		"build cannot be varied by the %s", wrong)
}

// freePath reports whether a container can have the project at a path: neither an
// image nor a build uses it for anything else.
func freePath(name string) bool {
	if !path.IsAbs(name) || path.Clean(name) != name {
		return false
	}
	top, _, _ := strings.Cut(name[1:], "/")
	taken := []string{"", "bin", "boot", "bootzip", "cache", "dev", "etc", "go", "lib", "lib32", "lib64", "libx32", "out", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var"}
	return !slices.Contains(taken, top)
}
