package build

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// surroundings decides what of Config.World is in force for the steps: the
// world that is, and each aspect that was asked for with the reason why it is
// not. Nothing else decides it: the engine applies the whole world that it is
// given, or fails.
func (b *builder) surroundings(ctx context.Context, steps []step, host places) (World, []Surrounding, error) {
	w := b.config.World
	all := w.asked()
	if len(all) == 0 {
		return w, nil, nil
	}
	used, err := b.programs(ctx, steps)
	if err != nil {
		return w, nil, err
	}
	for i := range all {
		s := &all[i]
		switch s.Name {
		case aspectTimeZone:
			s.Applied, s.Why = used.timeZone(w.TimeZone)
		case aspectLocale:
			s.Applied, s.Why = true, used.locale(w.Locale)
		case aspectClock:
			s.Applied, s.Why = used.clock()
		default:
			s.Why = b.engine.refuses(s.Name, w, host)
			s.Applied = s.Why == ""
		}
		if !s.Applied {
			w = w.without(s.Name)
		}
	}
	return w, all, nil
}

// programs are what runs in a build, as far as it decides what a time zone, a
// locale or a moved clock means to it.
type programs struct {
	golang   bool // Go's toolchain, which is static and asks no C library
	others   bool // compilers that are linked with a C library
	image    bool // these are the build image's, and not the host's
	packages []string
}

func (b *builder) programs(ctx context.Context, steps []step) (programs, error) {
	used := programs{image: b.engine.image() != ""}
	for _, s := range steps {
		if needsImage(s.products[0].unit.Function.Language) {
			used.others = true
		} else {
			used.golang = true
		}
	}
	if !used.image || !used.others {
		return used, nil
	}
	var err error
	used.packages, err = imagePackages(ctx, b.config, b.engine.name(), b.engine.image())
	return used, err
}

func (p programs) has(name string) bool { return packageVersion(p.packages, name) != "" }

// timeZone: Go finds a zone by name, in its own list if need be, and takes
// POSIX's form for UTC (time.Local). C libraries know the form, and names
// where the list is installed.
func (p programs) timeZone(zone string) (applied bool, why string) {
	named := strings.Contains(zone, "/")
	if p.golang && !named {
		why = "Go's toolchain knows time zones by name, and takes this for UTC"
	} else {
		applied = p.golang
	}
	switch {
	case !p.others:
	case named && p.image && !p.has("tzdata"), named && !p.image && !exists(filepath.Join("/usr/share/zoneinfo", zone)):
		why = "the compilers take it for UTC: no list of time zones (tzdata) is installed where they run"
	default:
		applied = true
	}
	return applied, why
}

func (p programs) locale(name string) (why string) {
	always := []string{"C", "POSIX", "C.UTF-8", "C.utf8"}
	switch {
	case !p.others:
		return "no program of Go's toolchain asks for it"
	case p.image && !slices.Contains(always, name) && !p.has("locales-all"):
		return "the image has no such locale, so programs take C instead of the usual C.UTF-8"
	}
	return ""
}

// clock: Linux has no namespace for the time of day (time_namespaces(7): of
// the monotonic and the boot-time clock only).
func (p programs) clock() (applied bool, why string) {
	const static = "Go's toolchain is linked statically and asks the kernel, which has one clock for all"
	switch {
	case !p.others:
		return false, static
	case !p.image:
		return false, "the compilers of the host are used, with the host's clock"
	case !p.has(clockPackage):
		return false, "the image lacks the package " + clockPackage
	case p.golang:
		return true, static
	}
	return true, ""
}

// tooFew says that this machine has not as many CPUs as asked for.
func tooFew(w World) string {
	if n := runtime.NumCPU(); w.CPUs > n {
		return fmt.Sprintf("there are only %d", n)
	}
	return ""
}
