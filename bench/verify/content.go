package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// write writes a zip of size bytes of content: a bootstrap, and assets of the
// given size; or one bootstrap of the whole size for 0. It returns the bytes of
// the zip. Where a program would not fit, the bootstrap is a script.
func write(path string, size, asset int64) (int64, error) {
	program, err := bootstrap()
	if err != nil {
		return 0, err
	}
	if int64(len(program)) > size {
		program = "#!/bin/sh\n:\n"
	}
	source := &gorootReader{}
	defer source.close()
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	left := size
	for n := 0; left > 0; n++ {
		h := &zip.FileHeader{Name: fmt.Sprintf("data/%06d", n), Method: zip.Deflate}
		h.SetMode(0o644)
		var from io.Reader = source
		take := min(left, asset)
		if n == 0 {
			h.Name = "bootstrap"
			h.SetMode(0o755)
			from, take = io.MultiReader(strings.NewReader(program), source), min(left, int64(len(program)))
			if asset == 0 {
				take = left
			}
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			return 0, err
		}
		if _, err := io.CopyN(w, from, take); err != nil {
			return 0, err
		}
		left -= take
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Close()
}

// bootstrap builds a small static program.
func bootstrap() (string, error) {
	dir, err := os.MkdirTemp("", "bench-verify-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "bootstrap"), file)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	return string(b), err
}

// A gorootReader reads the files of GOROOT one after the other, and from the
// first again after the last.
type gorootReader struct {
	files []string
	next  int
	open  *os.File
}

func (g *gorootReader) Read(b []byte) (int, error) {
	if g.files == nil {
		if err := g.list(); err != nil {
			return 0, err
		}
	}
	for {
		if g.open == nil {
			f, err := os.Open(g.files[g.next%len(g.files)])
			if err != nil {
				return 0, err
			}
			g.open = f
			g.next++
		}
		n, err := g.open.Read(b)
		if n > 0 {
			return n, nil
		}
		if err != io.EOF {
			return 0, err
		}
		g.close()
	}
}

func (g *gorootReader) close() {
	if g.open != nil {
		g.open.Close()
		g.open = nil
	}
}

// list finds the programs and sources of GOROOT, in turn, so that any part of
// them is a mixture.
func (g *gorootReader) list() error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	root := strings.TrimSpace(string(out))
	for _, sub := range []string{"bin", "pkg/tool", "src/net", "src/crypto", "src/runtime"} {
		err := filepath.WalkDir(filepath.Join(root, sub), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				g.files = append(g.files, path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(g.files) == 0 {
		return errors.New("GOROOT holds no files")
	}
	return nil
}
