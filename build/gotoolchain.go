package build

import (
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

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"

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
// into a container. It comes from the module golang.org/toolchain, whose hash the checksum
// database has. The unpacked files are compared with that hash before the directory appears
// and, with a cold cache, in every run.
func linuxToolchain(ctx context.Context, c Config, tool goTool, goarch string) (string, error) {
	dir := linuxToolchainDir(c, tool, goarch)
	name := filepath.Base(dir)
	there := exists(filepath.Join(dir, "bin", "go"))
	if there && !c.ColdCache {
		return dir, nil
	}
	module, err := downloadToolchain(ctx, c, tool, name)
	if err != nil {
		return "", err
	}
	if there {
		return dir, checkToolchain(name, dir, module.Sum, "remove "+dir)
	}
	return dir, placeToolchain(ctx, module, name, dir)
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
func placeToolchain(ctx context.Context, m downloadedModule, name, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := tempdir.New(filepath.Dir(dir), unpackName)
	if err != nil {
		return err
	}
	defer temp.Remove()
	unpacked := filepath.Join(temp.Path, name)
	if err := zip.Unzip(unpacked, module.Version{Path: toolchainModule, Version: "v0.0.1-" + name}, m.Zip); err != nil {
		return fmt.Errorf("toolchain %s: %w", name, err)
	}
	err = walkBelow(unpacked, func(file, rel string, e fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		// A module's zip has no modes; these are the directories of programs.
		mode := os.FileMode(0o644)
		if e.IsDir() || strings.HasPrefix(rel, "bin/") || strings.HasPrefix(rel, "pkg/tool/") {
			mode = 0o755
		}
		if err := os.Chmod(file, mode); err != nil || e.Name() != "_go.mod" {
			return err
		}
		// A module's zip cannot hold a go.mod below its root, so the
		// toolchain's are called _go.mod in it (cmd/go, toolchain/select.go).
		return os.Rename(file, filepath.Join(filepath.Dir(file), "go.mod"))
	})
	if err != nil {
		return err
	}
	if err := checkToolchain(name, unpacked, m.Sum, "run `go clean -modcache`"); err != nil {
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

// checkToolchain compares an unpacked toolchain with its hash in the checksum database.
func checkToolchain(name, dir, want, remedy string) error {
	sum, err := toolchainSum(dir, name)
	if err != nil {
		return fmt.Errorf("toolchain %s: %w", name, err)
	}
	if sum != want {
		return hint.New(remedy+", and find out who changed it",
			"toolchain %s: the files have the hash %s, and the checksum database says %s", name, sum, want)
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
			rel = before + "/_go.mod" // see placeToolchain
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
// another umask, and execute what its owner can execute.
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
