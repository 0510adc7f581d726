package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	"github.com/goreleaser/nfpm/v2/rpm"

	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

var formats = []nfpm.Packager{deb.Default, rpm.DefaultRPM}

// completions has the paths of the completion files in packages, by shell.
var completions = map[string]string{
	"bash": "/usr/share/bash-completion/completions/bootzip",
	"zsh":  "/usr/share/zsh/vendor-completions/_bootzip",
	"fish": "/usr/share/fish/vendor_completions.d/bootzip.fish",
}

// writeCompletions writes the completion files to a directory, named after the shells. The
// program for this machine makes them for all platforms.
func (s source) writeCompletions(ctx context.Context, own platform, dir string) error {
	for shell := range completions {
		text, err := exec.CommandContext(ctx, s.executable(own), "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("completion %s: %w", shell, err)
		}
		if err := os.WriteFile(filepath.Join(dir, shell), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// info describes the package of a platform for nfpm, with the completions in dir.
func (s source) info(p platform, dir string) *nfpm.Info {
	content := func(from, to string, mode os.FileMode) *files.Content {
		return &files.Content{Source: from, Destination: to, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: epoch}}
	}
	contents := files.Contents{
		content(s.executable(p), "/usr/bin/bootzip", 0o755),
		content(filepath.Join(s.root, "LICENSE"), "/usr/share/doc/bootzip/copyright", 0o644),
	}
	for shell, to := range completions {
		contents = append(contents, content(filepath.Join(dir, shell), to, 0o644))
	}
	return nfpm.WithDefaults(&nfpm.Info{
		Name: "bootzip", Arch: p.arch, Version: s.version, Release: "1", Section: "devel", Priority: "optional", Maintainer: "The bootzip authors",
		Description: summary, Homepage: homepage, License: "MIT", DisableGlobbing: true, MTime: epoch,
		Overridables: nfpm.Overridables{
			Contents: contents, Umask: 0o022,
			RPM: nfpm.RPM{BuildHost: "bootzip", Summary: summary, Packager: "The bootzip authors"},
		},
	})
}

// image writes the image of a platform: the program, root certificates and /tmp.
func (s source) image(ctx context.Context, p platform, name string) error {
	_, err := pack.WriteImage(ctx, name, []pack.Entry{{Name: "bootzip", Executable: true, File: s.executable(p)}}, pack.ImageConfig{
		Function: "bootzip", Arch: project.Arch(p.arch), Program: "bootzip", Certificates: true,
		Labels: map[string]string{
			"org.opencontainers.image.title": "bootzip", "org.opencontainers.image.description": summary,
			"org.opencontainers.image.source": homepage, "org.opencontainers.image.version": s.version, "org.opencontainers.image.licenses": "MIT",
		},
	})
	return err
}
