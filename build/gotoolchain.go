package build

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
)

func exeSuffix(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}

// toolchainModule is the module that holds Go's toolchains, one in each
// version (cmd/go, "Module downloads"; go.dev/doc/toolchain).
const toolchainModule = "golang.org/toolchain"

// moduleOf returns the module, with its version, of the toolchain name, such as
// "go1.26.8.linux-amd64".
func moduleOf(name string) string { return toolchainModule + "@v0.0.1-" + name }

// linuxToolchain returns the directory of a Go toolchain for linux/goarch, to mount
// into a container. It comes from the module golang.org/toolchain, which the go
// command checks against the checksum database. Its hash is computed again before
// it is unpacked, and the directory appears only when complete. For a cold cache
// the unpacked files are checked again.
func linuxToolchain(ctx context.Context, c Config, tool goTool, goarch string) (string, error) {
	dir := linuxToolchainDir(c, tool, goarch)
	name := filepath.Base(dir)
	if exists(filepath.Join(dir, "bin", "go")) {
		if c.ColdCache {
			return dir, checkToolchain(ctx, c, tool, name, dir)
		}
		return dir, nil
	}
	module, err := downloadToolchain(ctx, c, tool, name)
	if err != nil {
		return "", err
	}
	sum, err := dirhash.HashZip(module.Zip, dirhash.Hash1)
	if err != nil {
		return "", fmt.Errorf("toolchain %s: %w", name, err)
	}
	if sum != module.Sum {
		return "", hint.New("run `go clean -modcache`, and find out who changed it",
			"toolchain %s: the downloaded file has the hash %s, and the checksum database says %s", name, sum, module.Sum)
	}

	if err := placeToolchain(ctx, module.Zip, name, dir); err != nil {
		return "", fmt.Errorf("toolchain %s: %w", name, err)
	}
	return dir, nil
}

// linuxToolchainDir is where linuxToolchain unpacks it.
func linuxToolchainDir(c Config, tool goTool, goarch string) string {
	return filepath.Join(c.Cache, "toolchain", tool.version+linuxSuffix+goarch)
}

const linuxSuffix = ".linux-"

// toolchainFor is linuxToolchainDir for another architecture.
func toolchainFor(dir, goarch string) string {
	i := strings.LastIndex(dir, linuxSuffix)
	return dir[:i+len(linuxSuffix)] + goarch
}

// unpackName begins the names of the directories where toolchains are unpacked.
const unpackName = ".bootzip-unpack"

// placeToolchain unpacks the toolchain name from the zip of its module, and moves
// it to dir when it is complete. Another process may be first.
func placeToolchain(ctx context.Context, zip, name, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := tempdir.New(filepath.Dir(dir), unpackName)
	if err != nil {
		return err
	}
	defer temp.Remove()
	unpacked := filepath.Join(temp.Path, name)
	if err := os.Mkdir(unpacked, 0o755); err != nil {
		return err
	}
	if err := unpackToolchain(ctx, zip, moduleOf(name)+"/", unpacked); err != nil {
		return err
	}
	// Other users build with it too, whatever the umask is.
	if err := os.Chmod(unpacked, 0o755); err != nil {
		return err
	}
	if err := os.Rename(unpacked, dir); err != nil && !exists(filepath.Join(dir, "bin", "go")) {
		return err
	}
	return nil
}

// A downloadedModule is the output of go mod download -json.
type downloadedModule struct{ Zip, Sum, Error string }

// downloadToolchain makes the go command fetch a toolchain, unless it is in the
// module cache, and check its hash against the checksum database.
func downloadToolchain(ctx context.Context, c Config, tool goTool, name string) (downloadedModule, error) {
	c.tell(Event{Stage: "fetch", Text: "toolchain " + name})
	// A toolchain is checked whatever the caller's settings for modules are.
	env := with(tool.fetching, "GONOSUMDB=", "GONOPROXY=", "GOPRIVATE=", "GOINSECURE=", "GOWORK=off")
	if lookup(env, "GOSUMDB") == "off" {
		env = with(env, "GOSUMDB=sum.golang.org")
	}
	text, err := capture(ctx, env, os.TempDir(), tool.command(), "mod", "download", "-json", moduleOf(name))
	var module downloadedModule
	if json.Unmarshal([]byte(text), &module) == nil && module.Error != "" {
		err = errors.New(module.Error)
	}
	if err != nil {
		err = hint.Wrap(fmt.Errorf("toolchain %s: %w", name, err),
			"the module proxy and the checksum database must be reachable once; or build with --engine=host")
	}
	return module, err
}

// checkToolchain compares an unpacked toolchain with the checksum database.
func checkToolchain(ctx context.Context, c Config, tool goTool, name, dir string) error {
	module, err := downloadToolchain(ctx, c, tool, name)
	if err != nil {
		return err
	}
	sum, err := toolchainSum(dir, name)
	if err != nil {
		return fmt.Errorf("toolchain %s: %w", name, err)
	}
	if sum != module.Sum {
		return hint.New("remove "+dir+", and find out who changed it",
			"toolchain %s: the unpacked files have the hash %s, and the checksum database says %s", name, sum, module.Sum)
	}
	return nil
}

// toolchainSum returns the hash, as in go.sum, of the module of an unpacked
// toolchain.
func toolchainSum(dir, name string) (string, error) {
	prefix := moduleOf(name) + "/"
	files := map[string]string{} // by their names in the module's zip
	var names []string
	err := walkBelow(dir, func(file, rel string, e fs.DirEntry) error {
		if e.IsDir() {
			return nil
		}
		if before, ok := strings.CutSuffix(rel, "/go.mod"); ok {
			rel = before + "/_go.mod" // see unpackToolchain
			// The go command keeps both files when it switches to a toolchain.
			there, err := os.ReadFile(filepath.Join(filepath.Dir(file), "_go.mod"))
			if err == nil {
				return sameContent(file, there)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		files[prefix+rel] = file
		names = append(names, prefix+rel)
		return nil
	})
	if err != nil {
		return "", err
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return os.Open(files[name]) })
}

// sameContent returns an error unless the file has the content of its _go.mod.
func sameContent(file string, there []byte) error {
	data, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(data, there) {
		err = fmt.Errorf("%s is not like the _go.mod beside it", file)
	}
	return err
}

// openToAll lets every user read a toolchain, which may have been unpacked with
// another umask. What its owner can execute, everybody can.
func openToAll(dir string) error {
	return walkBelow(dir, func(name, _ string, e fs.DirEntry) error {
		info, err := e.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		if mode == info.Mode().Perm() {
			return nil
		}
		return os.Chmod(name, mode)
	})
}

// unpackToolchain unpacks the module's zip, whose hash was checked. It refuses names
// that leave dir.
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
		// A module's zip has no modes; these are the directories of programs.
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
	if err := writeFrom(r, name, os.O_EXCL, mode); err != nil {
		return err
	}
	return os.Chmod(name, mode) // whatever the umask is
}
