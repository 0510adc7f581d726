package verify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// What a layer's zip has counts as present, and nothing else does.
func TestLayersAreLookedInto(t *testing.T) {
	layer := filepath.Join(t.TempDir(), "layer.zip")
	write := func(name string, files ...zfile) string {
		t.Helper()
		if err := os.WriteFile(name, zspec{files: files}.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write(layer,
		zfile{name: "bootstrap", data: elfspec{}.bytes(), mode: 0o100755},
		zfile{name: "bin/php", data: elfspec{}.bytes(), mode: 0o100755},
		zfile{name: "bin/plain", data: elfspec{}.bytes(), mode: 0o100644},
		zfile{name: "lib/libfoo.so.1", data: elfspec{}.bytes(), mode: 0o100644},
	)
	script := func(text string) zfile {
		return zfile{name: "bootstrap", data: []byte("#!/bin/sh\n" + text + "\n"), mode: 0o100755}
	}
	library := func(name string) zfile {
		return zfile{name: "bootstrap", data: dyn(func(s *elfspec) { s.needed = append(s.needed, name) })(), mode: 0o100755}
	}
	for name, c := range map[string]struct {
		file zfile
		id   string // "" for none
		says string
	}{
		"bootstrap":                  {zfile{name: "index.php", data: []byte("<?php"), mode: 0o100644}, "", ""},
		"interpreter":                {zfile{name: "bootstrap", data: []byte("#!/opt/bin/php\n"), mode: 0o100755}, "", ""},
		"interpreter by env":         {zfile{name: "bootstrap", data: []byte("#!/usr/bin/env php\n"), mode: 0o100755}, "", ""},
		"program":                    {script("exec /opt/bin/php index.php"), "", ""},
		"command":                    {script("exec php index.php"), "", ""},
		"library":                    {library("libfoo.so.1"), "", ""},
		"interpreter that is absent": {zfile{name: "bootstrap", data: []byte("#!/opt/bin/bun\n"), mode: 0o100755}, "script-interpreter", "/opt/bin/bun"},
		"interpreter without mode":   {zfile{name: "bootstrap", data: []byte("#!/opt/bin/plain\n"), mode: 0o100755}, "script-interpreter", "/opt/bin/plain"},
		"program that is absent":     {script("exec /opt/bin/bun"), "script-program-missing", "no layer has it"},
		"command that is absent":     {script("exec java -jar app.jar"), "script-command", "java"},
		"library that is absent":     {library("libbar.so.1"), "elf-missing-library", "libbar.so.1"},
	} {
		z := write(filepath.Join(t.TempDir(), "function.zip"), c.file)
		r, err := verify.File(t.Context(), z, verify.Options{Layers: []string{layer}, Dynamic: true})
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, one := range r.Results {
			if one.Status != verify.Fail && one.Status != verify.Warn {
				continue
			}
			if one.Check.ID != c.id {
				t.Errorf("%s: %s %s: %s", name, one.Status, one.Check.ID, one.Detail)
			}
			said = said || one.Check.ID == c.id && strings.Contains(one.Detail, c.says)
		}
		if c.id != "" && !said {
			t.Errorf("%s: no %s with %q", name, c.id, c.says)
		}
	}

	empty := write(filepath.Join(t.TempDir(), "empty.zip"), zfile{name: "lib/x", data: []byte("x"), mode: 0o100644})
	index := write(filepath.Join(t.TempDir(), "function.zip"), zfile{name: "index.php", data: []byte("x"), mode: 0o100644})
	r, err := verify.File(t.Context(), index, verify.Options{Layers: []string{empty}})
	if err != nil || !finds(r, "bootstrap-missing", "no layer has one") {
		t.Errorf("layer without bootstrap: %v", err)
	}

	for name, remedy := range map[string]string{filepath.Join(t.TempDir(), "none.zip"): "package the layer first", index + ".txt": "give the zip of a layer"} {
		if strings.HasSuffix(name, ".txt") {
			if err := os.WriteFile(name, []byte("text"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := verify.File(t.Context(), index, verify.Options{Layers: []string{name}}); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(hint.Of(err), remedy) {
			t.Errorf("%s: %v, %s", name, err, hint.Of(err))
		}
	}
}

// An extension for another architecture would end the function before its first event.
func TestExtensionsOfLayers(t *testing.T) {
	program := func(name string, arm64 bool) zfile {
		return zfile{name: name, data: elfspec{arm64: arm64}.bytes(), mode: 0o100755}
	}
	script := zfile{name: "bootstrap", data: []byte("#!/bin/sh\ntrue\n"), mode: 0o100755}
	const tracer = "extensions/tracer"
	for name, c := range map[string]struct {
		function zfile
		arch     project.Arch
		layers   [][]zfile
		found    bool
	}{
		"the same":                {program("bootstrap", false), "", [][]zfile{{program(tracer, false)}}, false},
		"the same, arm64":         {program("bootstrap", true), project.ARM64, [][]zfile{{program(tracer, true)}}, false},
		"another":                 {program("bootstrap", false), "", [][]zfile{{program(tracer, true)}}, true},
		"another, of the second":  {program("bootstrap", true), project.ARM64, [][]zfile{{program("bin/x", true)}, {program(tracer, false)}}, true},
		"another, of a script":    {script, project.AMD64, [][]zfile{{program(tracer, true)}}, true},
		"replaced":                {program("bootstrap", false), "", [][]zfile{{program(tracer, true)}, {program(tracer, false)}}, false},
		"replaced by a script":    {program("bootstrap", false), "", [][]zfile{{program(tracer, true)}, {{name: tracer, data: script.data, mode: 0o100755}}}, false},
		"script":                  {program("bootstrap", false), "", [][]zfile{{{name: tracer, data: script.data, mode: 0o100755}, program("tracer/arm64", true)}}, false},
		"below, and not started":  {program("bootstrap", false), "", [][]zfile{{program("extensions/tracer/arm64", true)}}, false},
		"script for either":       {script, "", [][]zfile{{program(tracer, true)}}, false},
		"cut off":                 {program("bootstrap", false), "", [][]zfile{{{name: tracer, data: []byte("\x7fELF"), mode: 0o100755}}}, false},
		"another, in no start":    {program("bootstrap", false), "", [][]zfile{{program("bin/tracer", true)}}, false},
		"link to another program": {program("bootstrap", false), "", [][]zfile{{{name: tracer, data: []byte("../bin/tracer"), mode: 0o120777}, program("bin/tracer", true)}}, false},
	} {
		dir := t.TempDir()
		function := filepath.Join(dir, "function.zip")
		if err := os.WriteFile(function, zspec{files: []zfile{c.function}}.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		var layers []string
		for i, files := range c.layers {
			layers = append(layers, filepath.Join(dir, fmt.Sprintf("layer%d.zip", i)))
			if err := os.WriteFile(layers[i], zspec{files: files}.bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := verify.File(t.Context(), function, verify.Options{Layers: layers, Arch: c.arch})
		if err != nil {
			t.Fatal(err)
		}
		if r.OK() == c.found || finds(r, "elf-wrong-architecture", "extension of layer "+layers[len(layers)-1]) != c.found {
			t.Errorf("%s: %v", name, r.Results)
		}
	}
}

// The unzipped size of the layers counts with the zip's.
func TestLayersCount(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big.zip")
	if err := os.WriteFile(big, zspec{files: []zfile{zfile{name: "lib/zeros", data: make([]byte, 262_144_000), mode: 0o100644, store: true}}}.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	z := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(z, function().bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := verify.File(t.Context(), z, verify.Options{Layers: []string{big}})
	if err != nil || !finds(r, "size-unzipped", "of its layers") {
		t.Errorf("%v, %v", r.Results, err)
	}
}

// finds reports whether a check failed or warned with words.
func finds(r verify.Report, id, words string) bool {
	for _, one := range r.Results {
		if one.Check.ID == id && (one.Status == verify.Fail || one.Status == verify.Warn) && strings.Contains(one.Detail, words) {
			return true
		}
	}
	return false
}

// The hint about a zip of a repository needs all files to be in one directory.
func TestLayerInADirectory(t *testing.T) {
	inside := zfile{name: "repository/lib/x", data: []byte("x")}
	for want, files := range map[string][]zfile{
		`all is in "repository/"`: {inside, {name: "repository/README", data: []byte("x")}},
		"":                        {inside, {name: "README", data: []byte("x")}},
	} {
		found := false
		for _, r := range check(t, zspec{files: files}.bytes(), verify.Options{Kind: verify.KindLayer}).Results {
			if r.Check.ID == "layer-no-known-folder" {
				found = r.Status == verify.Warn && strings.Contains(r.Detail, "all is in") == (want != "")
			}
		}
		if !found {
			t.Errorf("no warning with %q", want)
		}
	}
}
