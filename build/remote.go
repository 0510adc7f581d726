package build

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// An engine on another machine cannot mount the caller's directories, and another
// user may not be able to use them. In both cases, sources, modules and scripts are
// copied into the container before it starts, and the outputs are copied back. The
// toolchain is copied to another machine once, into a volume that is kept.
//
// The files belong to root and the commands run as another user, so sources are
// read-only, as with a mount.

// copiesUser runs the commands of an engine on another machine: the unprivileged user
// of docker/packages.
const copiesUser = 1000

// isRemote reports whether the client's engine is on another machine: its variable
// has a network address. A docker context with one is not seen; set DOCKER_HOST
// instead.
func isRemote(c Config, client string) bool {
	variable := map[string]string{"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}[client]
	u, err := url.Parse(lookup(c.Environ, variable))
	return err == nil && slices.Contains([]string{"tcp", "ssh", "http", "https"}, u.Scheme)
}

func (e *container) runCopies(ctx context.Context, name string, b batch, user containerUser) ([]outcome, error) {
	volumes := []string{b.vary.source(), containerPlaces.out}
	argv := append([]string{e.client, "create", "--interactive"}, e.options(name, b.vary, user)...)
	switch {
	case b.host.toolchain == "":
	case !e.remote:
		if err := openToAll(b.host.toolchain); err != nil {
			return nil, err
		}
		argv = append(argv, mount("bind", b.host.toolchain, containerPlaces.toolchain, true))
	case e.config.ColdCache:
		volumes = append(volumes, containerPlaces.toolchain)
	default:
		argv = append(argv, mount("volume", "bootzip-"+filepath.Base(b.host.toolchain), containerPlaces.toolchain, false))
	}
	if b.host.modules != "" {
		volumes = append(volumes, containerPlaces.modules)
	}
	for _, target := range volumes {
		argv = append(argv, "--volume", target) // without a name: removed with the container
	}
	argv = append(append(argv, e.built.id), startScript(b)...)
	if _, err := capture(ctx, e.config.Environ, "", argv...); err != nil {
		return nil, err
	}
	defer e.remove(name)

	if b.host.toolchain != "" && e.remote {
		if err := e.copyToolchain(ctx, name, b.host.toolchain); err != nil {
			return nil, err
		}
	}
	uid, gid := copiesUser, copiesUser
	if b.vary.otherUser() {
		uid, gid = b.vary.user()
	}
	copies := []struct {
		from, to string
		uid, gid int
	}{
		{b.host.source, b.vary.source(), 0, 0},
		{b.host.out, containerPlaces.out, uid, gid},
		{b.host.modules, containerPlaces.modules, 0, 0},
	}
	for _, c := range copies {
		if c.from == "" {
			continue
		}
		if err := e.copyIn(ctx, name, c.to, func(w io.Writer) error { return writeTar(w, c.from, c.uid, c.gid) }); err != nil {
			return nil, fmt.Errorf("copying %s to the engine: %w", c.from, err)
		}
	}
	outcomes, err := e.follow(ctx, b, []string{e.client, "start", "--attach", "--interactive", name})
	if err != nil {
		return nil, err
	}
	if err := e.copyOut(ctx, name, containerPlaces.out, b.host.out); err != nil {
		return nil, fmt.Errorf("copying from the engine: %w", err)
	}
	return outcomes, readLogs(b, outcomes)
}

// completeMark is the last file that is copied into a toolchain's volume.
const completeMark = "bootzip-complete"

func (e *container) copyToolchain(ctx context.Context, name, from string) error {
	if _, err := capture(ctx, e.config.Environ, "", e.client, "cp", name+":"+containerPlaces.toolchain+"/"+completeMark, "-"); err == nil {
		return nil
	}
	e.config.tell(Event{Stage: "fetch", Text: "copying the toolchain to the engine"})
	if err := e.copyIn(ctx, name, containerPlaces.toolchain, func(w io.Writer) error { return writeTar(w, from, 0, 0) }); err != nil {
		return fmt.Errorf("copying the toolchain to the engine: %w", err)
	}
	return e.copyIn(ctx, name, containerPlaces.toolchain, func(w io.Writer) error {
		mark := tar.NewWriter(w)
		return errors.Join(mark.WriteHeader(&tar.Header{Name: completeMark, Mode: 0o644}), mark.Close())
	})
}

// copyIn unpacks, in the container's directory to, the tar that write writes.
func (e *container) copyIn(ctx context.Context, name, to string, write func(io.Writer) error) error {
	r, w := io.Pipe()
	argv := []string{e.client, "cp"}
	if e.client == "podman" {
		// Podman would make the container's user the owner of all files.
		argv = append(argv, "--archive=false")
	}
	cmd := command(ctx, e.config.Environ, "", append(argv, "-", name+":"+to)...)
	var stderr cut
	cmd.Stdin, cmd.Stderr = r, &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() {
		err := write(w)
		w.CloseWithError(err)
		written <- err
	}()
	err := cmd.Wait()
	r.CloseWithError(errors.New("the client has ended"))
	writeErr := <-written
	if err != nil {
		return commandError(ctx, cmd.Args, err, stderr.String())
	}
	return writeErr
}

// writeTar writes the files below dir, without version control and our own output.
// Of their modes it keeps only the executable bit.
func writeTar(w io.Writer, dir string, uid, gid int) error {
	out := tar.NewWriter(w)
	err := walkBelow(dir, func(name, rel string, entry fs.DirEntry) error {
		if rel != "." && entry.IsDir() && noInput(name) {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		link := ""
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			if link, err = os.Readlink(name); err != nil {
				return err
			}
		case !info.IsDir() && !info.Mode().IsRegular():
			return nil
		}
		h, err := tar.FileInfoHeader(info, link)
		if err != nil {
			return err
		}
		h.Name = rel
		h.Uid, h.Gid, h.Uname, h.Gname = uid, gid, "", ""
		h.Mode = 0o644
		if info.IsDir() || info.Mode()&0o111 != 0 {
			h.Mode = 0o755
		}
		if err := out.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(out, f)
		return err
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// copyOut copies the container's directory from into the directory to. It copies only
// directories and regular files: a link could lead anywhere on this machine.
func (e *container) copyOut(ctx context.Context, name, from, to string) error {
	cmd := command(ctx, e.config.Environ, "", e.client, "cp", name+":"+from, "-")
	var stderr cut
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := readTar(stdout, path.Base(from), to)
	_, _ = io.Copy(io.Discard, stdout) // so that the client can end
	if err := cmd.Wait(); err != nil {
		return commandError(ctx, cmd.Args, err, stderr.String())
	}
	return readErr
}

func readTar(r io.Reader, prefix, to string) error {
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(path.Clean(h.Name), prefix), "/")
		if rel == "" {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(rel)) {
			return hint.New("do not use this engine", "the engine sent a file called %q", h.Name)
		}
		name := filepath.Join(to, filepath.FromSlash(rel))
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(name, 0o755)
		case tar.TypeReg:
			err = writeFrom(in, name)
		}
		if err != nil {
			return err
		}
	}
}

// writeFrom writes a file that can be executed.
func writeFrom(r io.Reader, name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
