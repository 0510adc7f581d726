package build

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/internal/hint"
)

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// linuxToolchain returns the folder of a Go toolchain for linux/goarch, to be
// mounted into a container. It is the module golang.org/toolchain, which the
// go command checks against the checksum database; its hash is computed once
// more when it is unpacked, and a half-unpacked one is never seen.
func linuxToolchain(ctx context.Context, c Config, tool goTool, goarch string) (string, error) {
	name := fmt.Sprintf("%s.linux-%s", tool.version, goarch)
	dir := filepath.Join(c.Cache, "toolchain", name)
	if exists(filepath.Join(dir, "bin", "go")) {
		return dir, nil
	}
	c.tell(Event{Stage: "fetch", Text: "toolchain " + name})

	// A toolchain is checked whatever the caller's settings for modules are.
	env := with(tool.fetching, "GONOSUMDB=", "GONOPROXY=", "GOPRIVATE=", "GOINSECURE=", "GOWORK=off")
	if lookup(env, "GOSUMDB") == "off" {
		env = with(env, "GOSUMDB=sum.golang.org")
	}
	text, err := capture(ctx, env, os.TempDir(), tool.command(), "mod", "download", "-json", "golang.org/toolchain@v0.0.1-"+name)
	var module struct{ Zip, Sum, Error string }
	if json.Unmarshal([]byte(text), &module) == nil && module.Error != "" {
		err = errors.New(module.Error)
	}
	if err != nil {
		return "", hint.Wrap(fmt.Errorf("toolchain %s: %w", name, err),
			"the module proxy and the checksum database must be reachable once; or build with -engine=host")
	}
	sum, err := dirhash.HashZip(module.Zip, dirhash.Hash1)
	if err != nil {
		return "", fmt.Errorf("toolchain %s: %w", name, err)
	}
	if sum != module.Sum {
		return "", hint.New("run `go clean -modcache`, and find out who changed it",
			"toolchain %s: the downloaded file has the hash %s, and the checksum database says %s", name, sum, module.Sum)
	}

	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), name+".part-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	prefix := "golang.org/toolchain@v0.0.1-" + name + "/"
	if err := unpackToolchain(ctx, module.Zip, prefix, temp); err != nil {
		return "", fmt.Errorf("toolchain %s: %w", name, err)
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(temp, dir); err != nil && !exists(filepath.Join(dir, "bin", "go")) {
		return "", err
	}
	return dir, nil
}

// unpackToolchain unpacks the module's zip. Its content was checked by hash,
// so names are trusted to stay below dir as far as filepath.IsLocal agrees.
func unpackToolchain(ctx context.Context, file, prefix, dir string) error {
	r, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := strings.TrimPrefix(f.Name, prefix)
		// A module's zip cannot hold a go.mod below its root, so the
		// toolchain's are called _go.mod in it (cmd/go, toolchain/select.go).
		if before, ok := strings.CutSuffix(name, "/_go.mod"); ok {
			name = before + "/go.mod"
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%s: bad name %q", file, f.Name)
		}
		// A module's zip has no modes; these are the folders of programs.
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "pkg/tool/") {
			mode = 0o755
		}
		if err := unpackFile(f, filepath.Join(dir, filepath.FromSlash(name)), mode); err != nil {
			return err
		}
	}
	return nil
}

func unpackFile(f *zip.File, name string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.Chmod(name, mode) // whatever the umask is
}
