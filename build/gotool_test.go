package build

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Of the caller's settings for Go, in the environment and with `go env -w`, only those
// count that say where modules come from. The rest are not passed on, and neither stop
// the go command nor run a program.
func TestFindGoIgnoresTheCallersCompiler(t *testing.T) {
	version, _, _ := strings.Cut(runtime.Version(), " ")
	trap := filepath.Join(t.TempDir(), "ran")
	cc := filepath.Join(t.TempDir(), "cc")
	if err := os.WriteFile(cc, []byte("#!/bin/sh\ntouch '"+trap+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "env")
	settings := "GOEXPERIMENT=nope\nGOFIPS140=bogus\nGOFLAGS=-bogus\nCC=" + cc + "\nGOPROXY=https://proxy.example\nGONOSUMDB=file.example\n"
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	theirs := []string{
		"GOEXPERIMENT=nope", "GOFIPS140=bogus", "GO111MODULE=bogus", "GOFLAGS=-bogus", "GOOS=none", "GOARCH=none", "GOAMD64=v9",
		"GOCACHEPROG=" + cc, "CC=" + cc, "CXX=" + cc, "PKG_CONFIG=" + cc, "CGO_ENABLED=1", "CGO_CFLAGS=-none", "GODEBUG=none=1",
	}
	kept := []string{"GOPRIVATE=private.example", "GOOGLE_APPLICATION_CREDENTIALS=/key", "GIT_CONFIG_COUNT=0", "NO_PROXY=*"}
	c := Config{Environ: slices.Concat(os.Environ(), []string{"GOENV=" + file, "GOPROXY=", "GONOSUMDB="}, theirs, kept)}
	tool, err := findGo(context.Background(), c, version)
	if err != nil {
		t.Fatal(err)
	}
	if tool.version != version || tool.root == "" || tool.modules == "" {
		t.Errorf("it is %+v", tool)
	}
	if _, err := os.Stat(trap); !os.IsNotExist(err) {
		t.Errorf("the caller's compiler ran (%v)", err)
	}
	for _, setting := range theirs {
		if slices.Contains(tool.fetching, setting) {
			t.Errorf("%s is passed on", setting)
		}
	}
	for _, setting := range append(kept, "GOPROXY=https://proxy.example", "GONOSUMDB=file.example", "GOENV=off", "GOTOOLCHAIN=local") {
		if !slices.Contains(tool.fetching, setting) {
			t.Errorf("%s is not among %q", setting, tool.fetching)
		}
	}
}
