package verify

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/printer"
	"github.com/bootzip/bootzip/project"
)

// Lambda's limits, and what is read at most.
const (
	maxImageUnpacked = 10 << 30 // "10 GB" (Lambda quotas)
	maxImageManifest = 25400
	maxImageItems    = 1500
	maxImagePath     = 1000
	maxImageJSON     = 4 << 20
	maxImageEntries  = 2 << 20   // files of all layers
	maxImageNames    = 256 << 20 // bytes of their names
	maxArchiveFiles  = 10000
)

// An ImageFile is what a report says of an image.
type ImageFile struct {
	Digest   string // of its manifest; empty where there is none, as in an archive of Docker
	Layers   int
	Unpacked int64  // bytes of all layers
	Config   []byte // its configuration
}

// ImageOptions say what an image is checked against.
type ImageOptions struct {
	Function  string
	Arch      project.Arch        // expected architecture; empty: the program's
	Rules     []project.CheckRule // what findings mean
	Strict    bool                // warnings fail
	SnapStart bool                // its label is asked for
}

// Image checks an image: a directory with an OCI image layout, or an archive with one, or
// an archive of docker save. Whatever is in it is a matter of the report; errors are as
// those of File.
//
// The files of /var/task, and the program of the entry point as bootstrap, are copied into
// the directory task, which is empty, if the image can be read: what starts there starts
// in the image, unless it needs files that are elsewhere in it. complete tells that it has
// no others.
func Image(ctx context.Context, name string, o ImageOptions, task string) (r Report, complete bool, err error) {
	p, err := newPolicy(Options{Rules: o.Rules, Strict: o.Strict})
	if err != nil {
		return r, false, err
	}
	x := &imageExamination{ctx: ctx, options: o, findings: map[string][]finding{}}
	info, err := os.Stat(name)
	if err != nil {
		return r, false, hint.Wrap(fmt.Errorf("image cannot be read: %w", err), "give an archive or a directory of an image: dist/*.oci.tar")
	}
	r = Report{Path: name, Function: o.Function, Arch: o.Arch, Image: &x.about, policy: p}
	if info.IsDir() {
		x.blobs = dirBlobs(name)
	} else {
		if r.SHA256, r.Size, err = digest.File(name); err != nil {
			return r, false, err
		}
		f, err := os.Open(name)
		if err != nil {
			return r, false, err
		}
		defer f.Close()
		if x.blobs, err = tarIndex(f); err != nil {
			x.find(IDImageArchive, "", "it is no tar: %v", err)
		}
	}
	if x.blobs != nil {
		if err := x.run(task); err != nil {
			return r, false, err
		}
	}
	r.Program = x.arch
	r.Results = p.imageResults(x)
	return r, x.complete, nil
}

// imageResults makes a report's results from what was found.
func (p policy) imageResults(x *imageExamination) (all []Result) {
	for _, c := range table {
		if c.Layer != InImage {
			continue
		}
		severity, reason := p.severity(c)
		for _, f := range x.findings[c.ID] {
			all = append(all, Result{Check: c, Status: severity.status(), Severity: severity, Detail: f.detail, File: f.file, Reason: reason})
		}
		if len(x.findings[c.ID]) == 0 {
			one := Result{Check: c, Status: Pass, Severity: severity}
			if !x.read && c.ID != IDImageArchive {
				one.Status, one.Detail = Skip, "the image cannot be read"
			}
			all = append(all, one)
		}
	}
	return all
}

// blobs are the files of an image's archive or directory.
type blobs interface {
	open(name string) (io.ReadCloser, int64, error) // fs.ErrNotExist: there is none
}

type dirBlobs string

func (d dirBlobs) open(name string) (io.ReadCloser, int64, error) {
	if !fs.ValidPath(name) {
		return nil, 0, fs.ErrNotExist
	}
	file := filepath.Join(string(d), filepath.FromSlash(name))
	info, err := os.Lstat(file)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a file", name)
	}
	f, err := os.Open(file)
	return f, info.Size(), err
}

type tarBlobs struct {
	file io.ReaderAt
	at   map[string][2]int64
}

func tarIndex(f *os.File) (blobs, error) {
	t := tarBlobs{f, map[string][2]int64{}}
	links := map[string]string{} // docker save has them for a layer that is there twice
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			for name, target := range links {
				if at, ok := t.at[target]; ok {
					t.at[name] = at
				}
			}
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		name := path.Clean(h.Name)
		switch _, twice := t.at[name]; {
		case len(t.at)+len(links) > maxArchiveFiles:
			return nil, fmt.Errorf("it has more than %d files", maxArchiveFiles)
		case h.Typeflag == tar.TypeSymlink:
			links[name] = path.Join(path.Dir(name), h.Linkname)
		case h.Typeflag == tar.TypeReg && twice:
			return nil, fmt.Errorf("it has %s twice", printer.Line(name))
		case h.Typeflag == tar.TypeReg:
			t.at[name] = [2]int64{at, h.Size}
		}
	}
}

func (t tarBlobs) open(name string) (io.ReadCloser, int64, error) {
	at, ok := t.at[name]
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	return io.NopCloser(io.NewSectionReader(t.file, at[0], at[1])), at[1], nil
}

// A descriptor names a part of an image (OCI image specification, "Content Descriptors").
type descriptor struct {
	MediaType string   `json:"mediaType"`
	Digest    string   `json:"digest"`
	Size      int64    `json:"size"`
	URLs      []string `json:"urls"`
}

var sha256Digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (d descriptor) path() string { return "blobs/" + strings.ReplaceAll(d.Digest, ":", "/") }

// The media types that Lambda takes, by family.
const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociConfig      = "application/vnd.oci.image.config.v1+json"
	ociLayerType   = "application/vnd.oci.image.layer.v1.tar+gzip"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerConfig   = "application/vnd.docker.container.image.v1+json"
	dockerLayer    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

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
	blobs    blobs
	findings map[string][]finding
	about    ImageFile
	arch     project.Arch // of the configuration
	config   imageConfig
	layers   []imageLayer
	names    int64                 // bytes of all names
	files    map[string]imageEntry // what is in the image, by name without the first slash
	read     bool                  // configuration and layers were read
	complete bool                  // it has no files but those of the function
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
	layer int // that has it
}

func (x *imageExamination) find(id, file, format string, args ...any) {
	f := finding{file, fmt.Sprintf(format, args...)}
	switch list := x.findings[id]; {
	case len(list) < maxFindings:
		x.findings[id] = append(list, f)
	case len(list) == maxFindings:
		x.findings[id] = append(list, finding{"", "and more of the same, not listed"})
	}
}

// run examines the image; its error is the machine's or the context's.
func (x *imageExamination) run(task string) error {
	if !x.manifest() {
		return x.ctx.Err()
	}
	x.platform()
	x.files = map[string]imageEntry{}
	for i := range x.layers {
		if err := x.layer(i); err != nil {
			return err
		}
	}
	if len(x.findings[IDImageLayer]) > 0 {
		return nil // it is not known what is in it
	}
	x.read = true
	if x.about.Unpacked > maxImageUnpacked {
		x.find(IDImageSize, "", "its layers have %d bytes uncompressed, more than %d", x.about.Unpacked, int64(maxImageUnpacked))
	}
	x.history()
	program := x.entryPoint()
	x.workingDirectory()
	x.contents()
	if program == "" || len(x.findings[IDImageName])+len(x.findings[IDImageDigest]) > 0 {
		return nil
	}
	return x.copy(program, task)
}

// text reads a JSON file into v, and reports whether it could.
func (x *imageExamination) text(name string, v any) (data []byte, ok bool) {
	r, size, err := x.blobs.open(name)
	if err == nil {
		defer r.Close()
		if size > maxImageJSON {
			err = fmt.Errorf("%s has %d bytes, more than %d", name, size, maxImageJSON)
		} else if data, err = io.ReadAll(r); err == nil {
			err = json.Unmarshal(data, v)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not there")
	}
	if err != nil {
		x.find(IDImageArchive, name, "%v", err)
		return nil, false
	}
	return data, true
}

// described reads a JSON blob, and compares it with what names it.
func (x *imageExamination) described(d descriptor, v any) (data []byte, ok bool) {
	if !sha256Digest.MatchString(d.Digest) {
		x.find(IDImageDigest, "", "%q is not a digest by SHA-256", d.Digest)
		return nil, false
	}
	if data, ok = x.text(d.path(), v); !ok {
		return nil, false
	}
	sum := sha256.Sum256(data)
	return data, x.same(d, hex.EncodeToString(sum[:]), int64(len(data)))
}

func (x *imageExamination) same(d descriptor, sum string, size int64) bool {
	if "sha256:"+sum != d.Digest {
		x.find(IDImageDigest, d.path(), "its digest is sha256:%s", sum)
		return false
	}
	if size != d.Size {
		x.find(IDImageDigest, d.path(), "it has %d bytes, and is said to have %d", size, d.Size)
		return false
	}
	return true
}

// manifest reads index, manifest and configuration, or those of an archive of Docker. It
// reports whether the layers are known.
func (x *imageExamination) manifest() bool {
	if _, _, err := x.blobs.open("index.json"); errors.Is(err, fs.ErrNotExist) {
		if _, _, err := x.blobs.open("manifest.json"); err == nil {
			return x.dockerArchive()
		}
	}
	var index struct{ Manifests []descriptor }
	if _, ok := x.text("index.json", &index); !ok {
		return false
	}
	if len(index.Manifests) != 1 {
		x.find(IDImageArchive, "index.json", "it names %d images, not one", len(index.Manifests))
		return false
	}
	d := index.Manifests[0]
	x.about.Digest = d.Digest
	var m struct {
		MediaType, ArtifactType string
		Config                  *descriptor
		Layers                  []descriptor
		Manifests               []descriptor
	}
	if d.MediaType == ociIndex || d.MediaType == dockerIndex {
		x.find(IDImageIndex, "", "it is an index (%s)", d.MediaType)
		return false
	}
	if _, ok := x.described(d, &m); !ok {
		return false
	}
	if len(m.Manifests) > 0 || m.Config == nil {
		x.find(IDImageIndex, "", "its manifest has images, and no configuration")
		return false
	}
	if d.Size >= maxImageManifest {
		x.find(IDImageManifest, "", "the manifest has %d bytes", d.Size)
	}
	x.mediaTypes(d.MediaType, m.MediaType, m.ArtifactType, *m.Config, m.Layers)
	var ok bool
	if x.about.Config, ok = x.described(*m.Config, &x.config); !ok {
		return false
	}
	for _, l := range m.Layers {
		if !sha256Digest.MatchString(l.Digest) {
			x.find(IDImageDigest, "", "%q is not a digest by SHA-256", l.Digest)
			return false
		}
		r, size, err := x.blobs.open(l.path())
		if err != nil {
			x.find(IDImageArchive, l.path(), "the layer is not there")
			return false
		}
		h := sha256.New()
		_, err = io.Copy(h, &contextReader{x.ctx, r})
		r.Close()
		if err != nil {
			x.find(IDImageArchive, l.path(), "%v", err)
			return false
		}
		if !x.same(l, hex.EncodeToString(h.Sum(nil)), size) {
			return false
		}
		x.layers = append(x.layers, imageLayer{l.path(), l.Digest})
	}
	x.about.Layers = len(x.layers)
	return true
}

// dockerArchive reads what docker save wrote before version 25.
func (x *imageExamination) dockerArchive() bool {
	var all []struct {
		Config string
		Layers []string
	}
	if _, ok := x.text("manifest.json", &all); !ok {
		return false
	}
	if len(all) != 1 {
		x.find(IDImageArchive, "manifest.json", "it names %d images, not one", len(all))
		return false
	}
	var ok bool
	if x.about.Config, ok = x.text(path.Clean(all[0].Config), &x.config); !ok {
		return false
	}
	for _, name := range all[0].Layers {
		x.layers = append(x.layers, imageLayer{path.Clean(name), name})
	}
	x.about.Layers = len(x.layers)
	return true
}

// mediaTypes looks at the types of all parts.
func (x *imageExamination) mediaTypes(described, own, artifact string, config descriptor, layers []descriptor) {
	type family struct{ manifest, config, layer string }
	of := family{ociManifest, ociConfig, ociLayerType}
	if described == dockerManifest {
		of = family{dockerManifest, dockerConfig, dockerLayer}
	}
	for _, p := range []struct{ what, is, want string }{{"manifest", described, of.manifest}, {"configuration", config.MediaType, of.config}} {
		if p.is != p.want {
			x.find(IDImageMediaType, "", "the %s has the type %q, not %s", p.what, p.is, p.want)
		}
	}
	if own != "" && own != described {
		x.find(IDImageMediaType, "", "the manifest says that it is %q, and is named as %q", own, described)
	}
	if artifact != "" {
		x.find(IDImageMediaType, "", "it is an artifact (%s), not an image", artifact)
	}
	for _, l := range layers {
		if l.MediaType != of.layer {
			x.find(IDImageMediaType, "", "layer %s has the type %q, not %s", l.Digest, l.MediaType, of.layer)
		}
		if len(l.URLs) > 0 {
			x.find(IDImageMediaType, "", "layer %s is elsewhere: %s", l.Digest, l.URLs[0])
		}
	}
}

func (x *imageExamination) platform() {
	c := x.config
	if c.OS != "linux" {
		x.find(IDImagePlatform, "", "it is for the system %q, not linux", c.OS)
	}
	switch arch := project.Arch(c.Architecture); {
	case arch != project.AMD64 && arch != project.ARM64:
		x.find(IDImagePlatform, "", "it is for the architecture %q, not amd64 or arm64", c.Architecture)
	case x.options.Arch != "" && arch != x.options.Arch:
		x.find(IDImagePlatform, "", "it is for %s, not for %s", arch, x.options.Arch)
	default:
		x.arch = arch
	}
	if value, ok := c.Config.Labels[snapStartLabel]; ok && value != "Allow" {
		x.find(IDImageSnapStart, "", "the label is %q", value)
	} else if !ok && x.options.SnapStart {
		x.find(IDImageSnapStart, "", "the label is not there")
	}
	if len(c.Config.Entrypoint) > maxImageItems || len(c.Config.Cmd) > maxImageItems {
		x.find(IDImageSettings, "", "entry point and command have %d and %d items", len(c.Config.Entrypoint), len(c.Config.Cmd))
	}
	if n := len(c.Config.WorkingDir); n > maxImagePath {
		x.find(IDImageSettings, "", "the working directory has %d characters", n)
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
		x.find(IDImageHistory, "", "the history has %d entries for %d layers", n, len(x.layers))
	}
	if len(x.config.RootFS.DiffIDs) != len(x.layers) {
		x.find(IDImageDigest, "", "the configuration names %d layers, and the manifest %d", len(x.config.RootFS.DiffIDs), len(x.layers))
	}
}

// entryPoint finds the program that Lambda starts; empty: there is none.
func (x *imageExamination) entryPoint() string {
	c := x.config.Config
	command := append(slices.Clone(c.Entrypoint), c.Cmd...)
	if len(command) == 0 || command[0] == "" {
		x.find(IDImageEntryPoint, "", "it has neither an entry point nor a command")
		return ""
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
			x.find(IDImageEntryPoint, candidate, "it is not a file")
		case e.mode&0o111 != 0o111:
			x.find(IDImageEntryPoint, candidate, "its mode is %04o: not everybody can start it", e.mode.Perm())
		default:
			return file
		}
		return ""
	}
	x.find(IDImageEntryPoint, name, "it is not there")
	return ""
}

func environment(all []string, name, fallback string) string {
	for _, variable := range all {
		if key, value, _ := strings.Cut(variable, "="); key == name {
			return value
		}
	}
	return fallback
}

// resolve follows symbolic links in the image.
func (x *imageExamination) resolve(name string) (file string, e imageEntry, ok bool) {
	rest := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
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
		switch {
		case e.kind == tar.TypeSymlink && path.IsAbs(e.link):
			rest, at = append(strings.Split(strings.Trim(path.Clean(e.link), "/"), "/"), rest...), ""
		case e.kind == tar.TypeSymlink:
			target := path.Clean(path.Join("/", at, e.link))
			rest, at = append(strings.Split(strings.Trim(target, "/"), "/"), rest...), ""
		default:
			at = next
		}
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
		x.find(IDImageDirectory, dir, "it is no directory of the image")
	}
}

// secretName matches names of files that builds take along by mistake.
var secretName = regexp.MustCompile(`(^|/)(\.git|\.env(\.[a-z]+)?|\.aws/credentials|\.npmrc|\.netrc|\.docker/config\.json|id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(key|p12|pfx)|[^/]*private[^/]*\.pem)$`)

// certificates are not what a function starts with.
const certificates = "etc/ssl/certs/ca-certificates.crt"

// taskPrefix is where a function's own files are.
const taskPrefix = "var/task/"

// contents looks at the files that the image shows.
func (x *imageExamination) contents() {
	x.complete = true
	for _, name := range sortedKeys(x.files) {
		e := x.files[name]
		own := strings.HasPrefix(name, taskPrefix)
		if e.kind != tar.TypeDir && !own && name != certificates {
			x.complete = false
		}
		// A system's own keys and tests are no secrets.
		if secretName.MatchString(name) && !strings.HasPrefix(name, "usr/") && !strings.HasPrefix(name, "etc/") {
			x.find(IDImageSecret, "/"+name, "a file of this name has often a secret, or the history of the sources")
		}
		if own && (e.kind == tar.TypeReg && e.mode&0o444 != 0o444 || e.kind == tar.TypeDir && e.mode&0o555 != 0o555) {
			x.find(IDImageMode, "/"+name, "its mode is %04o", e.mode.Perm())
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A contextReader ends with its context.
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

// isGzip reports whether data begins as gzip (RFC 1952).
func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) }
