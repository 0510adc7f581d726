package verify

import (
	"path"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/project"
)

// cpu checks which processor level the program needs.
func (x *examination) cpu(name string, f *elfscan.File) {
	switch level := f.ISALevel(); {
	case level >= 4:
		x.find(idCPU, name, "it says that it needs x86-64-v%d", level)
	case level == 3:
		x.find(idCPURisk, name, "it says that it needs x86-64-v3")
	}
	if f.Go == nil {
		return
	}
	switch v := f.Go.Settings["GOAMD64"]; v {
	case "v4":
		x.find(idCPU, name, "Go built it for GOAMD64=%s", v)
	case "v3":
		x.find(idCPURisk, name, "Go built it for GOAMD64=%s", v)
	}
	v := f.Go.Settings["GOARM64"]
	level, _, _ := strings.Cut(v, ",")
	switch level {
	case "", "v8.0", "v8.1", "v8.2":
	default:
		x.find(idCPU, name, "Go built it for GOARM64=%s, and Graviton2 has v8.2", v)
	}
}

// goBuild checks Go's build information.
func (x *examination) goBuild(name string, f *elfscan.File, seen *sightings) {
	g := f.Go
	x.fact("Go", "%s", g.Version)
	if g.Path != "" {
		x.fact("Go package", "%s", g.Path)
	}
	if r := g.Settings["vcs.revision"]; r != "" {
		x.fact("revision", "%s", r)
	}
	if seen.has(markCgoStub) {
		x.find(idGoStub, name, "it was built without cgo, and a package in it says that it %q (go-sqlite3 and its forks do)", markCgoStub)
	}
	if seen.has(markZone) && !seen.has(markZoneData) && x.options.Runtime != project.AL2 && !x.zoneFiles() {
		x.find(IDGoZones, name, "it calls time.LoadLocation and has no zone data in it")
	}
	if v := lambdaLibrary(g.Info); v != "" && semver.Compare(v, firstWithAPI) < 0 && seen.has(markLambda) {
		x.find(idGoLambda, name, "it is linked with aws-lambda-go %s, which knows only the protocol of go1.x", v)
	}
	if len(g.Settings) == 0 {
		return
	}
	if a := g.Settings["GOARCH"]; a != "" && a != f.GOARCH() {
		x.find(idGoTarget, name, "GOARCH is %s", a)
	}
	if s := g.Settings["GOOS"]; s != "" && s != "linux" {
		x.find(idGoTarget, name, "GOOS is %s", s)
	}
	if g.Settings["CGO_ENABLED"] == "1" {
		x.find(idGoCgo, name, "CGO_ENABLED is 1")
	}
	if g.Settings["-trimpath"] != "true" {
		x.find(idGoTrimpath, name, "it was built without -trimpath")
	}
	if g.Settings["vcs.modified"] == "true" {
		x.find(idGoDirty, name, "the tree had uncommitted changes")
	}
}

// firstWithAPI is the first release of aws-lambda-go that uses the Runtime API
// (aws/aws-lambda-go, pull request 298, and its source at that version).
const firstWithAPI = "v1.18.0"

// lambdaLibrary returns the version of aws-lambda-go that a program is built with; "" if
// there is none, or if it is unknown.
func lambdaLibrary(info *debug.BuildInfo) string {
	if info == nil {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path != "github.com/aws/aws-lambda-go" {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		if semver.IsValid(m.Version) {
			return m.Version
		}
	}
	return ""
}

// zoneFiles reports whether the zip seems to contain zone data, to which the variable
// ZONEINFO can lead.
func (x *examination) zoneFiles() bool {
	for i := range x.archive.Entries {
		name := x.archive.Entries[i].Name
		if base := path.Base(name); base == "zoneinfo" || base == "zoneinfo.zip" || strings.Contains(name, "zoneinfo/") {
			return true
		}
	}
	return false
}
