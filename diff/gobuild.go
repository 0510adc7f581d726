package diff

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// buildInfo compares what Go wrote into two programs about their builds.
func (c *comparison) buildInfo(file string, a, b *program) {
	x, y := a.info, b.info
	if x == nil && y == nil {
		return
	}
	if x == nil || y == nil {
		word := map[bool]string{true: "not built by Go", false: "built by Go"}
		c.differ(LayerBuildInfo, in(file, "Go"), word[x == nil], word[y == nil])
		c.because(CauseLanguage, "the program%s is %s in A and %s in B", called(file), word[x == nil], word[y == nil])
		return
	}
	if x.GoVersion != y.GoVersion {
		c.differ(LayerBuildInfo, in(file, "Go version"), x.GoVersion, y.GoVersion)
		c.because(CauseGoVersion, "the program%s was built with %s in A and %s in B", called(file), x.GoVersion, y.GoVersion)
	}
	if x.Path != y.Path {
		c.differ(LayerBuildInfo, in(file, "main package"), orAbsent(x.Path), orAbsent(y.Path))
		c.because(CauseSource, "the program%s is of package %q in A and %q in B", called(file), x.Path, y.Path)
	}
	if m, n := version(&x.Main), version(&y.Main); m != n {
		c.differ(LayerBuildInfo, in(file, "main module"), x.Main.Path+" "+m, y.Main.Path+" "+n)
	}
	c.settings(file, x, y)
	c.modules(file, x, y)
}

func orAbsent(s string) string {
	if s == "" {
		return absent
	}
	return s
}

// settings compares the settings of go build (debug.BuildSetting).
func (c *comparison) settings(file string, a, b *debug.BuildInfo) {
	x, y := settingsOf(a), settingsOf(b)
	var flags []string
	for _, key := range keys(x, y) {
		v, w := orAbsent(x[key]), orAbsent(y[key])
		if v == w {
			continue
		}
		c.differ(LayerBuildInfo, in(file, key), v, w)
		change := fmt.Sprintf("%s is %s in A and %s in B", key, quote(v), quote(w))
		switch {
		case key == "-trimpath":
			with := map[bool]string{true: "with", false: "without"}
			c.because(CausePath, "the program%s was built %s -trimpath in A and %s in B: without it, paths of the machine are in it",
				called(file), with[v == "true"], with[w == "true"])
		case key == "GOARCH" || key == "GOOS":
			if !c.has(CauseArchitecture) {
				c.because(CauseArchitecture, "%s%s", change, behind(file))
			}
		case isLevel(key) && x["GOARCH"] != y["GOARCH"]:
			// It follows from the architecture.
		case isLevel(key):
			c.because(CauseCPULevel, "%s%s: code for another level of processor", change, behind(file))
		case key == "vcs.modified":
			c.because(CauseSource, "%s%s: one of the programs was built from a tree with uncommitted changes", change, behind(file))
		case key == "vcs.revision":
			c.because(CauseCommit, "%s%s", change, behind(file))
		case x["-trimpath"] != y["-trimpath"] && (key == "-ldflags" || strings.HasPrefix(key, "CGO_") && strings.HasSuffix(key, "FLAGS")):
			// With -trimpath they are not recorded.
		case key == "vcs.time" || key == "DefaultGODEBUG":
			// They follow from the commit, and from go.mod's version of Go.
		default:
			flags = append(flags, change)
		}
	}
	if x["vcs.modified"] == "true" && y["vcs.modified"] == "true" {
		c.because(CauseSource, "both programs%s were built from trees with uncommitted changes (vcs.modified=true), which may differ", called(file))
	}
	if len(flags) > 0 {
		c.because(CauseGoFlags, "the program%s was built with other settings: %s", called(file), some(flags, 3))
	}
}

// isLevel reports whether a setting chooses the level of a processor.
func isLevel(key string) bool {
	return slices.Contains([]string{"GOAMD64", "GOARM64", "GOARM", "GO386", "GOPPC64", "GORISCV64"}, key)
}

func quote(s string) string {
	if s == absent {
		return s
	}
	return fmt.Sprintf("%q", printable(s, 80))
}

// behind names the file behind a statement.
func behind(file string) string {
	if file == "" {
		return ""
	}
	return fmt.Sprintf(", in %q", printable(file, maxPrefix))
}

func settingsOf(i *debug.BuildInfo) map[string]string {
	m := map[string]string{}
	for _, s := range i.Settings {
		m[s.Key] = s.Value
	}
	return m
}

// keys are those of both maps, in order.
func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// modules compares the modules that are built in.
func (c *comparison) modules(file string, a, b *debug.BuildInfo) {
	x, y := modulesOf(a), modulesOf(b)
	var changes []string
	for _, path := range keys(x, y) {
		v, w := x[path], y[path]
		if v == w {
			continue
		}
		c.differ(LayerModules, in(file, path), orAbsent(v), orAbsent(w))
		changes = append(changes, fmt.Sprintf("%s %s in A and %s in B", path, orAbsent(v), orAbsent(w)))
	}
	if len(changes) > 0 {
		c.because(CauseModule, "the program%s is built with other modules: %s", called(file), some(changes, 4))
	}
}

func modulesOf(i *debug.BuildInfo) map[string]string {
	m := map[string]string{}
	for _, d := range i.Deps {
		m[d.Path] = version(d)
	}
	return m
}

// version is a module's version, its hash where there is one, and what
// replaces it.
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

// packageSizes compares how much code each package of a Go program has, what
// grew or shrank most first.
func (c *comparison) packageSizes(file string, a, b *program) {
	if a.packages == nil || b.packages == nil {
		return
	}
	var all [2]int64
	type change struct {
		name string
		a, b int64
	}
	var changes []change
	for _, name := range keys(a.packages, b.packages) {
		x := change{name, a.packages[name], b.packages[name]}
		all[0] += x.a
		all[1] += x.b
		if x.a != x.b {
			changes = append(changes, x)
		}
	}
	if len(changes) == 0 {
		return
	}
	distance := func(x change) int64 { return max(x.b-x.a, x.a-x.b) }
	slices.SortStableFunc(changes, func(x, y change) int { return int(max(min(distance(y)-distance(x), 1), -1)) })
	c.differ(LayerPackages, in(file, "all code"), byteCount(all[0]), grown(all[0], all[1]))
	var names []string
	for _, x := range changes {
		v, w := byteCount(x.a), grown(x.a, x.b)
		if _, ok := a.packages[x.name]; !ok {
			v = absent
		}
		if _, ok := b.packages[x.name]; !ok {
			w = absent
		}
		c.differ(LayerPackages, in(file, x.name), v, w)
		names = append(names, x.name)
	}
	if sameBuild(a.info, b.info) {
		c.because(CauseSource, "the program%s has the same Go version, recorded settings and modules in both, and the code of %s is larger or smaller: "+
			"the source is likely another, as with an uncommitted change", called(file), some(names, 3))
	}
}

// sameBuild reports whether Go says the same of two builds, but for what it
// says of paths and of the repository.
func sameBuild(a, b *debug.BuildInfo) bool {
	if a == nil || b == nil || a.GoVersion != b.GoVersion || !maps.Equal(modulesOf(a), modulesOf(b)) {
		return false
	}
	x, y := settingsOf(a), settingsOf(b)
	for _, key := range keys(x, y) {
		if x[key] != y[key] && !strings.HasPrefix(key, "vcs") && key != "-trimpath" && key != "-ldflags" {
			return false
		}
	}
	return true
}
