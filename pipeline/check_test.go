package pipeline

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/verify"
)

func TestBoot(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("functions run on Linux only")
	}
	name := filepath.Join(t.TempDir(), "x.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	b, err := w.CreateHeader(h)
	if err == nil {
		_, err = b.Write([]byte("#!/bin/sh\necho the table is missing\nexit 3\n"))
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	good := []verify.Result{{Status: verify.Pass}}
	for what, c := range map[string]struct {
		report verify.Report
		kind   verify.Kind
		status verify.Status
		detail string
	}{
		"program that leaves": {verify.Report{Results: good}, verify.KindFunction, verify.Fail, "exit status 3 (Runtime.ExitError); its last output: the table is missing"},
		"layer":               {verify.Report{Results: good}, verify.KindLayer, verify.Skip, "a layer is not started by itself"},
		"other checks failed": {verify.Report{}, verify.KindFunction, verify.Skip, "other checks failed"},
	} {
		err := Proof{Target: verify.Target{Path: name, Options: verify.Options{Kind: c.kind}}}.boot(context.Background(), &c.report, "")
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		got := c.report.Results[len(c.report.Results)-1]
		if got.Status != c.status || got.Check.Layer != verify.Boot || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("%s: %s: %s", what, got.Status, got.Detail)
		}
	}
	if err := (Proof{Target: verify.Target{Path: "no/such.zip"}}).boot(context.Background(), &verify.Report{Results: good}, ""); err == nil {
		t.Error("no error for a zip that is not there")
	}
}
