package command

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	const path, commit = "github.com/bootzip/bootzip", "0123456789abcdef0123456789abcdef01234567"
	other := &debug.Module{Path: "example.com/other", Version: "v9.9.9"}
	dependency := func(m debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: "command-line-arguments"}, Deps: []*debug.Module{other, &m}}
	}
	for what, c := range map[string]struct {
		info            *debug.BuildInfo
		version, commit string
		want            programVersion
	}{
		"no build info":         {nil, "", "", programVersion{development, "unknown"}},
		"not among the modules": {&debug.BuildInfo{Deps: []*debug.Module{other}}, "", "", programVersion{development, "unknown"}},
		"checkout":              {dependency(debug.Module{Path: path, Version: "(devel)"}), "", "", programVersion{development, "unknown"}},
		"release":               {dependency(debug.Module{Path: path, Version: "(devel)"}), "v1.2.3", commit, programVersion{"v1.2.3", commit}},
		"made without a tag":    {dependency(debug.Module{Path: path, Version: "(devel)"}), "", commit, programVersion{development, commit}},
		"in another project":    {dependency(debug.Module{Path: path, Version: "v1.2.3"}), "", "", programVersion{"v1.2.3", "unknown"}},
		"before the release": {dependency(debug.Module{Path: path, Version: "v1.2.4-0.20261122004512-0123456789ab"}), "", "",
			programVersion{"v1.2.4-0.20261122004512-0123456789ab", "0123456789ab"}},
		"replaced by a folder": {dependency(debug.Module{Path: path, Version: "v1.2.3", Replace: &debug.Module{Path: "../bootzip"}}), "", "",
			programVersion{development, "unknown"}},
		"replaced by a fork": {dependency(debug.Module{Path: path, Version: "v1.2.3", Replace: &debug.Module{Path: "example.com/fork", Version: "v1.3.0"}}), "", "",
			programVersion{"v1.3.0", "unknown"}},
		"main module": {&debug.BuildInfo{Main: debug.Module{Path: path, Version: "v1.2.3"}}, "", "", programVersion{"v1.2.3", "unknown"}},
	} {
		if got := versionOf(c.info, c.version, c.commit); got != c.want {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
}

func TestMadeBy(t *testing.T) {
	main := func(sum string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: toolModule, Sum: sum}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789ab"}
	for want, c := range map[string]struct {
		info     *debug.BuildInfo
		released string
	}{
		"by a release":                 {main(""), "v1.2.3"},
		"from a checkout":              {main("", revision), ""},
		"from a checkout with changes": {main("", revision, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), ""},
		"by go install, from a module that go.sum's database has": {main("h1:x"), ""},
		"from a directory":              {main(""), ""},
		"as a part of example.com/shop": {&debug.BuildInfo{Main: debug.Module{Path: "example.com/shop"}}, ""},
		"without the go command":        {nil, ""},
	} {
		if got := madeBy(c.info, c.released); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
