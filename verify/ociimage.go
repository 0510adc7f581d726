package verify

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ocilayout"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/project"
)

const (
	// Lambda's limits.
	maxImageUnpacked = 10 << 30 // "10 GB" (Lambda quotas)
	maxImageManifest = 25400
	maxImageItems    = 1500
	maxImagePath     = 1000

	// Limits of what is read.
	maxImageJSON    = 4 << 20
	maxImageEntries = 2 << 20   // files of all layers
	maxImageNames   = 256 << 20 // bytes of their names
)

// An ImageFile is what a report says about an image.
type ImageFile struct {
	Digest   string   // of its manifest; empty if it has none, such as an archive of docker save
	Layers   []string // their digests, or their names in an archive of docker save
	Unpacked int64    // uncompressed bytes of all layers
	Config   []byte   // its configuration
}

// ImageOptions say what an image is checked against.
type ImageOptions struct {
	Function  string
	Arch      project.Arch        // expected architecture; empty: the program's
	Rules     []project.CheckRule // what findings mean
	Strict    bool                // warnings fail
	SnapStart bool                // the image must have SnapStart's label
	Unpack    bool                // unpack all files, not only the function's
}

// An ImageRoot is what a container of an image starts with. Program is empty if there is
// nothing to start.
type ImageRoot struct {
	Program  string   // the file that is started, without the first slash
	Command  []string // entry point and command; the first is a path in the image
	Dir      string   // the working directory
	Env      []string // KEY=value
	Complete bool     // it has no files except those below /var/task and the certificates
	Static   bool     // the program needs no libraries
	Zones    bool     // it has time zones
}

// sizeBelow returns the size of all files in a directory and below it, in bytes, as far as
// they can be seen.
func sizeBelow(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// Image checks an image: a directory or an archive with an OCI image layout, or an archive
// of docker save. Everything that is wrong with its content is in the report; errors are
// like those of [File].
//
// If the image can be read, and has a program to start, Image unpacks the function, or with
// o.Unpack all files, into the empty directory dir.
func Image(ctx context.Context, name string, o ImageOptions, dir string) (r Report, root ImageRoot, err error) {
	p, err := newPolicy(Options{Rules: o.Rules, Strict: o.Strict})
	if err != nil {
		return r, root, err
	}
	x := &imageExamination{ctx: ctx, options: o, findings: findings{}}
	info, err := os.Stat(name)
	if err != nil {
		return r, root, hint.Wrap(fmt.Errorf("image cannot be read: %w", err), "give an archive or a directory of an image: dist/*.oci.tar")
	}
	r = Report{Path: name, Function: o.Function, Arch: o.Arch, Image: &x.about, policy: p}
	if info.IsDir() {
		r.Size = sizeBelow(name)
	} else if r.SHA256, r.Size, err = digest.File(name); err != nil {
		return r, root, err
	}
	x.blobs, err = ocilayout.OpenFiles(name)
	var broken *ocilayout.TarError
	switch {
	case errors.As(err, &broken):
		x.find(idImageArchive, "", "its tar: %v", err)
	case err != nil:
		return r, root, err
	default:
		defer x.blobs.Close()
		if err := x.run(dir); err != nil {
			return r, root, err
		}
	}
	r.Program = x.arch
	r.Results = p.results(checks[InImage], x.findings, func(c Check) string {
		if !x.read && c.ID != idImageArchive {
			return "the image cannot be read"
		}
		return ""
	})
	return r, x.root, nil
}

// An imageConfig is an image's configuration (OCI image specification, "Image
// Configuration").
type imageConfig struct {
	Architecture, OS string
	Config           struct {
		Entrypoint, Cmd, Env []string
		WorkingDir           string
		Labels               map[string]string
	}
	RootFS struct {
		DiffIDs []string `json:"diff_ids"`
	}
	History []struct {
		EmptyLayer bool `json:"empty_layer"`
	}
}

// An imageExamination goes through one image.
type imageExamination struct {
	ctx      context.Context
	options  ImageOptions
	blobs    ocilayout.Files
	findings findings
	about    ImageFile
	arch     project.Arch // of the configuration
	config   imageConfig
	layers   []imageLayer
	names    int64                 // bytes of all names
	files    map[string]imageEntry // what is in the image, by name without the first slash
	read     bool                  // configuration and layers were read
	root     ImageRoot
}

type imageLayer struct {
	name   string // of the blob
	digest string // for messages
}

// An imageEntry is a file of an image.
type imageEntry struct {
	kind  byte // of package tar
	mode  fs.FileMode
	link  string
	layer int // the layer that has it
}

func (x *imageExamination) find(id, file, format string, args ...any) {
	x.findings.add(id, finding{file, fmt.Sprintf(format, args...)})
}

// run examines the image. Its error is that of the machine or the context.
func (x *imageExamination) run(dir string) error {
	if !x.manifest() {
		return x.ctx.Err()
	}
	for _, l := range x.layers {
		x.about.Layers = append(x.about.Layers, l.digest)
	}
	x.platform()
	x.files = map[string]imageEntry{}
	for i := range x.layers {
		if err := x.layer(i); err != nil {
			return err
		}
	}
	if len(x.findings[idImageLayer]) > 0 {
		return nil // the files of the image are not known
	}
	x.read = true
	if x.about.Unpacked > maxImageUnpacked {
		x.find(idImageSize, "", "its layers have %d bytes uncompressed, more than %d", x.about.Unpacked, int64(maxImageUnpacked))
	}
	x.history()
	program, name := x.entryPoint()
	x.workingDirectory()
	x.contents()
	if program == "" || len(x.findings[idImageName])+len(x.findings[idImageDigest]) > 0 {
		return nil
	}
	c := x.config.Config
	x.root.Program, x.root.Command, x.root.Dir, x.root.Env = program, append([]string{name}, slices.Concat(c.Entrypoint, c.Cmd)[1:]...), c.WorkingDir, c.Env
	return x.unpack(dir)
}

func (x *imageExamination) platform() {
	c := x.config
	if c.OS != "linux" {
		x.find(idImagePlatform, "", "it is for the system %q, not linux", c.OS)
	}
	switch arch := project.Arch(c.Architecture); {
	case arch != project.AMD64 && arch != project.ARM64:
		x.find(idImagePlatform, "", "it is for the architecture %q, not amd64 or arm64", c.Architecture)
	case x.options.Arch != "" && arch != x.options.Arch:
		x.find(idImagePlatform, "", "it is for %s, not for %s", arch, x.options.Arch)
	default:
		x.arch = arch
	}
	if value, ok := c.Config.Labels[snapStartLabel]; ok && value != "Allow" {
		x.find(IDImageSnapStart, "", "the label is %q", value)
	} else if !ok && x.options.SnapStart {
		x.find(IDImageSnapStart, "", "the label is not there")
	}
	if len(c.Config.Entrypoint) > maxImageItems || len(c.Config.Cmd) > maxImageItems {
		x.find(idImageSettings, "", "entry point and command have %d and %d items", len(c.Config.Entrypoint), len(c.Config.Cmd))
	}
	if n := len(c.Config.WorkingDir); n > maxImagePath {
		x.find(idImageSettings, "", "the working directory has %d characters", n)
	}
}

const snapStartLabel = "com.amazonaws.lambda.feature.snapstart"

func (x *imageExamination) history() {
	n := 0
	for _, h := range x.config.History {
		if !h.EmptyLayer {
			n++
		}
	}
	if n != len(x.layers) {
		x.find(idImageHistory, "", "the history has %d entries for %d layers", n, len(x.layers))
	}
	if len(x.config.RootFS.DiffIDs) != len(x.layers) {
		x.find(idImageDigest, "", "the configuration names %d layers, and the manifest %d", len(x.config.RootFS.DiffIDs), len(x.layers))
	}
}

// entryPoint finds the program that Lambda starts: its file, and the path by which it is
// started. Both are empty if there is no program.
func (x *imageExamination) entryPoint() (file, started string) {
	c := x.config.Config
	command := slices.Concat(c.Entrypoint, c.Cmd)
	if len(command) == 0 || command[0] == "" {
		x.find(idImageEntryPoint, "", "it has neither an entry point nor a command")
		return "", ""
	}
	name := command[0]
	candidates := []string{name}
	switch {
	case !strings.Contains(name, "/"): // as execvp(3) does
		candidates = nil
		for _, dir := range strings.Split(environment(c.Env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ":") {
			candidates = append(candidates, path.Join(dir, name))
		}
	case !path.IsAbs(name):
		candidates = []string{path.Join("/", c.WorkingDir, name)}
	}
	for _, candidate := range candidates {
		file, e, ok := x.resolve(candidate)
		switch {
		case !ok:
			continue
		case e.kind != tar.TypeReg && e.kind != tar.TypeLink:
			x.find(idImageEntryPoint, candidate, "it is not a file")
		case e.mode&0o111 != 0o111:
			x.find(idImageEntryPoint, candidate, "its mode is %04o: not everybody can start it", e.mode.Perm())
		case x.closed(idImageEntryPoint, candidate):
		default:
			return file, candidate
		}
		return "", ""
	}
	x.find(idImageEntryPoint, name, "it is not there")
	return "", ""
}

func environment(all []string, name, fallback string) string {
	for _, variable := range all {
		if key, value, _ := strings.Cut(variable, "="); key == name {
			return value
		}
	}
	return fallback
}

// elements returns the elements of an absolute path.
func elements(name string) []string {
	return strings.Split(strings.Trim(path.Clean(name), "/"), "/")
}

// resolve follows symbolic links in the image.
func (x *imageExamination) resolve(name string) (file string, e imageEntry, ok bool) {
	return x.follow(name, func(string, imageEntry) {})
}

// closed reports whether name is, or is in, a directory that not everyone may enter, such
// as the home of another user: Lambda's user can start nothing there (ko-build/ko#669). If
// so, it adds a finding.
func (x *imageExamination) closed(id, name string) (found bool) {
	x.follow(name, func(dir string, e imageEntry) {
		if e.kind == tar.TypeDir && e.mode&0o001 == 0 && !found {
			found = true
			x.find(id, name, "directory /%s has the mode %04o: not everybody can enter it", printer.Line(dir), e.mode.Perm())
		}
	})
	return found
}

// follow does what resolve does, and calls visit for everything on the way that is not a
// symbolic link.
func (x *imageExamination) follow(name string, visit func(name string, e imageEntry)) (file string, e imageEntry, ok bool) {
	rest := elements("/" + name)
	at := ""
	for steps := 0; len(rest) > 0; steps++ {
		if steps > 255 {
			return "", e, false
		}
		next := path.Join(at, rest[0])
		rest = rest[1:]
		if e, ok = x.files[next]; !ok {
			return "", e, false
		}
		if e.kind != tar.TypeSymlink {
			at = next
			visit(at, e)
			continue
		}
		target := e.link
		if !path.IsAbs(target) {
			target = path.Join("/", at, target)
		}
		rest, at = append(elements(target), rest...), ""
	}
	if e.kind == tar.TypeLink {
		target, found := x.files[e.link]
		return e.link, imageEntry{tar.TypeReg, target.mode, "", target.layer}, found
	}
	return at, e, ok
}

func (x *imageExamination) workingDirectory() {
	dir := x.config.Config.WorkingDir
	if dir == "" || path.Clean(dir) == "/" {
		return
	}
	if _, e, ok := x.resolve(dir); !path.IsAbs(dir) || !ok || e.kind != tar.TypeDir {
		x.find(idImageDirectory, dir, "it is not a directory of the image")
		return
	}
	x.closed(idImageDirectory, dir)
}

// secretName matches names of files with secrets, which builds include by mistake.
var secretName = regexp.MustCompile(`(^|/)(\.git|\.env(\.[a-z]+)?|\.aws/credentials|\.npmrc|\.netrc|\.docker/config\.json|id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(key|p12|pfx)|[^/]*private[^/]*\.pem)$`)

// certificates may be in an image besides the function's files.
const certificates = "etc/ssl/certs/ca-certificates.crt"

// taskPrefix begins the names of a function's files.
const taskPrefix = "var/task/"

// contents checks the files that a container of the image would have.
func (x *imageExamination) contents() {
	x.root.Complete = true
	_, x.root.Zones = x.files["usr/share/zoneinfo"]
	for _, name := range slices.Sorted(maps.Keys(x.files)) {
		e := x.files[name]
		own := strings.HasPrefix(name, taskPrefix)
		if e.kind != tar.TypeDir && !own && name != certificates {
			x.root.Complete = false
		}
		// A distribution's own keys and test files are not secrets.
		if secretName.MatchString(name) && !strings.HasPrefix(name, "usr/") && !strings.HasPrefix(name, "etc/") {
			x.find(idImageSecret, "/"+name, "a file of this name has often a secret, or the history of the sources")
		}
		if own && (e.kind == tar.TypeReg && e.mode&0o444 != 0o444 || e.kind == tar.TypeDir && e.mode&0o555 != 0o555) {
			x.find(idImageMode, "/"+name, "its mode is %04o", e.mode.Perm())
		}
	}
}

// A contextReader returns its context's error once there is one.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
