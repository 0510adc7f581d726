package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// smallZip is a good zip of three entries, each written in a different way.
func smallZip() []byte {
	b := boot()
	b.data = []byte("#!/bin/sh\n:\n")
	b.descriptor, b.extra = 16, timestamp9
	stored := asset("a/b")
	stored.store = true
	return zspec{files: []zfile{b, folder("a/", 0o040755), stored}, comment: "zip"}.bytes()
}

// lambdaSees is everything about a zip that matters to what runs from it, as an independent
// reader sees it: names, kinds, contents, whether everyone may read each file, and whether
// everyone may execute bootstrap. Whether other files may be executed is written in one
// place only, and either can be intended, so no reader can notice that it was changed.
func lambdaSees(b []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return "", err
	}
	var view string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return "", err
		}
		if f.CreatorVersion>>8 == 10 {
			f.CreatorVersion = 11 << 8 // both mean NTFS, but archive/zip knows only one
		}
		mode := f.Mode()
		view += fmt.Sprintf("%q %v %v %q", f.Name, mode.Type(), mode&0o444 == 0o444, content)
		// Java leaves all attributes of directories at zero. Only archive/zip takes this
		// to mean that nobody may enter them.
		if unix := f.CreatorVersion>>8 == 3; f.Name == "bootstrap" || mode.IsDir() {
			view += fmt.Sprint(" ", mode&0o111 == 0o111 || mode.IsDir() && !unix)
		}
		view += "\n"
	}
	return view, nil
}

// Each change of one byte must be found, or make no difference to what Lambda sees.
func TestEachChangeOfOneByteIsFoundOrDoesNotMatter(t *testing.T) {
	good := smallZip()
	want, err := lambdaSees(good)
	if err != nil {
		t.Fatal(err)
	}
	harmless := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		all.Add(1)
		go func() {
			defer all.Done()
			for at := worker; at < len(good); at += runtime.GOMAXPROCS(0) {
				for _, v := range mutants(good[at]) {
					b := bytes.Clone(good)
					b[at] = v
					r, err := verify.ReaderAt(context.Background(), "mutant", bytes.NewReader(b), int64(len(b)), verify.Options{Arch: project.AMD64})
					if err != nil {
						t.Error(err)
						return
					}
					if !r.OK() || r.Count(verify.Warn) > 0 {
						continue
					}
					mu.Lock()
					harmless[at]++
					mu.Unlock()
					if got, err := lambdaSees(b); err != nil || got != want {
						t.Errorf("byte %d changed from %#02x to %#02x is not found, and Lambda sees %v %s", at, good[at], v, err, got)
					}
				}
			}
		}()
	}
	all.Wait()
	if len(harmless) > len(good)/4 {
		t.Errorf("changes of %d of %d bytes are not found", len(harmless), len(good))
	}
	t.Logf("%d bytes; changes of %d of them can go unnoticed, and do not matter", len(good), len(harmless))
}

// mutants lists all other values of a byte. A race-enabled build, which is ten times
// slower, only tries those that differ in one bit, and the extremes.
func mutants(b byte) []byte {
	var list []byte
	if raceEnabled {
		for bit := range 8 {
			list = append(list, b^1<<bit)
		}
		return append(list, ^b, b+1)
	}
	for d := 1; d < 256; d++ {
		list = append(list, b+byte(d))
	}
	return list
}
