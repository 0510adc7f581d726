//go:build linux

package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
)

// A program is one bootstrap and what was measured of it.
type program struct {
	name   string // as in the table
	typed  bool   // decodes JSON and gives a short answer, instead of echoing
	path   string
	binary int
	zip    int

	warm, cold []float64 // start, ms; the median of each round
	sizes      [len(eventSizes)]sample
}

// A sample is what was measured with the events of one size, a value a round.
type sample struct {
	cpu, p50, p99 []float64 // µs
	memory        []float64 // kB
}

// eventSizes are the sizes of the events, and how many events of each size are sent in
// a round.
var eventSizes = [...]struct {
	name         string
	bytes, count int
}{
	{"1 kB", 1 << 10, 12000},
	{"1 MB", 1 << 20, 60},
	{"6 MB", 6<<20 - 1024, 30},
}

// build makes the programs.
func build(dir string) ([]*program, error) {
	const module = "github.com/bootzip/bootzip/runtime/bench/"
	var list []*program
	for _, c := range []struct {
		name, pkg string
		typed     bool
	}{
		{"bootzip, raw", "ours/raw", false},
		{"bootzip, typed", "ours/typed", true},
		{"bootzip, httpevent", "ours/httpevent", true},
		{"bootzip, lambda", "ours/lambda", true},
		{"bootzip, nethttp", "ours/nethttp", true},
		{"aws-lambda-go, raw", "peers/awsraw", false},
		{"aws-lambda-go, typed", "peers/awstyped", true},
		{"net/http by hand, raw", "peers/nethttp", false},
	} {
		p := &program{name: c.name, typed: c.typed, path: filepath.Join(dir, filepath.Base(filepath.Dir(c.pkg))+"-"+filepath.Base(c.pkg))}
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w -buildid=", "-o", p.path, module+c.pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", c.name, err, out)
		}
		list = append(list, p)
	}
	if gcc, err := exec.LookPath("gcc"); err == nil && runtime.GOARCH == "amd64" {
		p := &program{name: "C without libc, raw", path: filepath.Join(dir, "c")}
		source, err := sourceOfC()
		if err != nil {
			return nil, err
		}
		out, err := exec.Command(gcc, "-O2", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-s", "-o", p.path, source).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", p.name, err, out)
		}
		list = append(list, p)
	}
	for _, p := range list {
		if err := p.weigh(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func sourceOfC() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/bootzip/bootzip/runtime/bench").Output()
	if err != nil {
		return "", fmt.Errorf("module is not found: %w", err)
	}
	return filepath.Join(string(bytes.TrimSpace(out)), "peers", "c", "main.c"), nil
}

// weigh measures the binary and the zip.
func (p *program) weigh() error {
	data, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	p.binary, p.zip = len(data), b.Len()
	return nil
}

// measure runs one round.
func (p *program) measure() error {
	for _, s := range []struct {
		to    *[]float64
		cold  bool
		count int
	}{{&p.warm, false, 9}, {&p.cold, true, 5}} {
		var all []float64
		for range s.count {
			ms, err := p.start(s.cold)
			if err != nil {
				return err
			}
			all = append(all, ms)
		}
		*s.to = append(*s.to, median(all))
	}
	for i := range eventSizes {
		if err := p.serve(&p.sizes[i], eventSizes[i].bytes, eventSizes[i].count); err != nil {
			return err
		}
	}
	return nil
}

// median returns the median of values; 0 if there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := append([]float64(nil), values...)
	sort.Float64s(v)
	return v[len(v)/2]
}
