package diff

import (
	"runtime/debug"
	"slices"
	"testing"
)

// info returns the build information of an ordinary program, with one setting changed.
func info(key, value string) *debug.BuildInfo {
	i := &debug.BuildInfo{
		GoVersion: "go1.26.8", Path: "example.com/app/cmd/hello", Main: debug.Module{Path: "example.com/app", Version: "(devel)"},
		Deps: []*debug.Module{{Path: "example.com/one", Version: "v1.0.0", Sum: "h1:one="}, {Path: "example.com/two", Version: "v2.0.0", Sum: "h1:two="}},
	}
	for _, s := range []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "GOARCH", Value: "amd64"}, {Key: "GOAMD64", Value: "v1"}, {Key: "CGO_ENABLED", Value: "0"}} {
		if s.Key != key {
			i.Settings = append(i.Settings, s)
		}
	}
	if value != "" {
		i.Settings = append(i.Settings, debug.BuildSetting{Key: key, Value: value})
	}
	return i
}

// changed returns that build information after a change.
func changed(change func(*debug.BuildInfo)) *debug.BuildInfo {
	i := info("", "")
	change(i)
	return i
}

func TestBuildInfo(t *testing.T) {
	for _, test := range []struct {
		name   string
		a, b   *debug.BuildInfo
		fields []Field
		causes []cause
	}{
		{"the same", info("", ""), info("", ""), nil, nil},
		{"another revision", info("vcs.revision", "abc"), info("vcs.revision", "def"),
			[]Field{{"vcs.revision", "abc", "def"}}, []cause{causeCommit}},
		{"a dirty tree", info("vcs.modified", "false"), info("vcs.modified", "true"),
			[]Field{{"vcs.modified", "false", "true"}}, []cause{causeSource}},
		{"two dirty trees", info("vcs.modified", "true"), info("vcs.modified", "true"), nil, []cause{causeSource}},
		{"cgo", info("CGO_ENABLED", "1"), info("CGO_ENABLED", "0"), []Field{{"CGO_ENABLED", "1", "0"}}, []cause{causeGoFlags}},
		{"an experiment", info("", ""), info("GOEXPERIMENT", "jsonv2"), []Field{{"GOEXPERIMENT", "absent", "jsonv2"}}, []cause{causeGoFlags}},
		{"another architecture", info("GOARCH", "amd64"), info("GOARCH", "arm64"), []Field{{"GOARCH", "amd64", "arm64"}}, []cause{causeArchitecture}},
		{"the default of GODEBUG", info("DefaultGODEBUG", "x=1"), info("", ""), []Field{{"DefaultGODEBUG", "x=1", "absent"}}, nil},
		{"another main package", info("", ""), changed(func(i *debug.BuildInfo) { i.Path = "example.com/app/cmd/other" }),
			[]Field{{"main package", "example.com/app/cmd/hello", "example.com/app/cmd/other"}}, []cause{causeSource}},
		{"a version of the main module", info("", ""), changed(func(i *debug.BuildInfo) { i.Main.Version = "v1.0.0" }),
			[]Field{{"main module", "example.com/app (devel)", "example.com/app v1.0.0"}}, nil},
		{"a removed module", info("", ""), changed(func(i *debug.BuildInfo) { i.Deps = i.Deps[:1] }),
			[]Field{{"example.com/two", "v2.0.0 h1:two=", "absent"}}, []cause{causeModule}},
		{"a module of another content", info("", ""), changed(func(i *debug.BuildInfo) { i.Deps[0].Sum = "h1:other=" }),
			[]Field{{"example.com/one", "v1.0.0 h1:one=", "v1.0.0 h1:other="}}, []cause{causeModule}},
		{"a replaced module", info("", ""), changed(func(i *debug.BuildInfo) { i.Deps[0].Replace = &debug.Module{Path: "../one"} }),
			[]Field{{"example.com/one", "v1.0.0 h1:one=", "v1.0.0 h1:one= => ../one"}}, []cause{causeModule}},
		{"no Go program", info("", ""), nil, []Field{{"Go", "built by Go", "not built by Go"}}, []cause{causeLanguage}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &comparison{layers: map[string]*Layer{}}
			c.buildInfo("", test.a, test.b)
			var fields []Field
			for _, l := range c.layers {
				fields = append(fields, l.Fields...)
			}
			if !slices.Equal(fields, test.fields) {
				t.Errorf("fields %q", fields)
			}
			var causes []cause
			for _, x := range c.ranked() {
				causes = append(causes, cause(slices.IndexFunc(hints, func(h struct{ id, text string }) bool { return h.id == x.ID })))
				if x.Hint == "" {
					t.Errorf("cause %+v has no hint", x)
				}
			}
			if !slices.Equal(causes, test.causes) {
				t.Errorf("causes %d, want %d", causes, test.causes)
			}
		})
	}
}
