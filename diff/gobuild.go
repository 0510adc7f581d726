package diff

import (
	"cmp"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// buildInfo compares what Go recorded in two programs about their builds.
func (c *comparison) buildInfo(file string, x, y *debug.BuildInfo) {
	if x == nil && y == nil {
		return
	}
	if x == nil || y == nil {
		word := map[bool]string{true: "not built by Go", false: "built by Go"}
		c.differ(layerBuildInfo, in(file, "Go"), word[x == nil], word[y == nil])
		c.because(causeLanguage, "the program%s is %s in A and %s in B", called(file), word[x == nil], word[y == nil])
		return
	}
	if x.GoVersion != y.GoVersion {
		c.differ(layerBuildInfo, in(file, "Go version"), x.GoVersion, y.GoVersion)
		c.because(causeGoVersion, "the program%s was built with %s in A and %s in B", called(file), x.GoVersion, y.GoVersion)
	}
	if x.Path != y.Path {
		c.differ(layerBuildInfo, in(file, "main package"), cmp.Or(x.Path, absent), cmp.Or(y.Path, absent))
		c.because(causeSource, "the program%s is built from package %q in A and %q in B", called(file), x.Path, y.Path)
	}
	if m, n := version(&x.Main), version(&y.Main); m != n {
		c.differ(layerBuildInfo, in(file, "main module"), x.Main.Path+" "+m, y.Main.Path+" "+n)
	}
	c.settings(file, settingsOf(x), settingsOf(y))
	c.modules(file, modulesOf(x), modulesOf(y))
}

// levels are the settings that choose a processor's level.
var levels = []string{"GOAMD64", "GOARM64", "GOARM", "GO386", "GOPPC64", "GORISCV64"}

// settings compares the settings of go build (debug.BuildSetting).
func (c *comparison) settings(file string, x, y map[string]string) {
	var flags []string
	for _, key := range keys(x, y) {
		v, w := cmp.Or(x[key], absent), cmp.Or(y[key], absent)
		if v == w {
			continue
		}
		c.differ(layerBuildInfo, in(file, key), v, w)
		change := fmt.Sprintf("%s is %s in A and %s in B", key, quote(v), quote(w))
		switch {
		case key == "-trimpath":
			with := map[bool]string{true: "with", false: "without"}
			c.because(causePath, "the program%s was built %s -trimpath in A and %s in B: without it, paths of the build machine are in it",
				called(file), with[v == "true"], with[w == "true"])
		case key == "GOARCH" || key == "GOOS":
			if !c.has(causeArchitecture) {
				c.because(causeArchitecture, "for the program%s, %s", called(file), change)
			}
		case slices.Contains(levels, key) && x["GOARCH"] != y["GOARCH"]:
			// It follows from the architecture.
		case slices.Contains(levels, key):
			c.because(causeCPULevel, "for the program%s, %s: code for another level of processor", called(file), change)
		case key == "vcs.modified":
			c.because(causeSource, "for the program%s, %s: one of them was built from a tree with uncommitted changes", called(file), change)
		case key == "vcs.revision":
			c.because(causeCommit, "for the program%s, %s", called(file), change)
		case x["-trimpath"] != y["-trimpath"] && (key == "-ldflags" || strings.HasPrefix(key, "CGO_") && strings.HasSuffix(key, "FLAGS")):
			// With -trimpath they are not recorded.
		case key == "vcs.time" || key == "DefaultGODEBUG":
			// They follow from the commit, and from go.mod's version of Go.
		default:
			flags = append(flags, change)
		}
	}
	if x["vcs.modified"] == "true" && y["vcs.modified"] == "true" {
		c.because(causeSource, "both programs%s were built from trees with uncommitted changes (vcs.modified=true), which may differ", called(file))
	}
	c.becauseOf(flags, 3, causeGoFlags, "the program%s was built with other settings: %s", called(file))
}

func settingsOf(i *debug.BuildInfo) map[string]string {
	m := map[string]string{}
	for _, s := range i.Settings {
		m[s.Key] = s.Value
	}
	return m
}

// keys returns the keys of both maps, sorted.
func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// modules compares the modules that are built in.
func (c *comparison) modules(file string, x, y map[string]string) {
	var changes []string
	for _, path := range keys(x, y) {
		v, w := cmp.Or(x[path], absent), cmp.Or(y[path], absent)
		if v == w {
			continue
		}
		c.differ(layerModules, in(file, path), v, w)
		changes = append(changes, fmt.Sprintf("%s %s in A and %s in B", path, v, w))
	}
	c.becauseOf(changes, 4, causeModule, "the program%s is built with other modules: %s", called(file))
}

func modulesOf(i *debug.BuildInfo) map[string]string {
	m := map[string]string{}
	for _, d := range i.Deps {
		m[d.Path] = version(d)
	}
	return m
}

// version returns a module's version, its hash if it has one, and what replaces it.
func version(m *debug.Module) string {
	v := m.Version
	if m.Sum != "" {
		v += " " + m.Sum
	}
	if m.Replace != nil {
		v += " => " + m.Replace.Path + " " + version(m.Replace)
	}
	return strings.TrimSpace(v)
}
