package verify

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
)

// An ociLayer is the entries of a layer, and how its bytes are changed.
type ociLayer struct {
	entries []tar.Header
	content map[string]string
	after   func(tar []byte) []byte
	gzipped func(layer []byte) []byte
	kind    string
}

// An ociSpec is an image that a test writes as a layout, with faults.
type ociSpec struct {
	layers   []ociLayer
	config   map[string]any // replaces fields of a good configuration
	settings map[string]any // likewise, of its "config"
	manifest func(m map[string]any)
	index    func(i map[string]any)
	files    func(dir string) error // changes the files at the end
	docker   bool
}

func blobName(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func toJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (l ociLayer) bytes(t *testing.T) (plain, compressed []byte) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range l.entries {
		text := l.content[h.Name]
		if h.Typeflag == tar.TypeReg || h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(text))
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	plain = b.Bytes()
	if l.after != nil {
		plain = l.after(plain)
	}
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	_, err := g.Write(plain)
	if err := errors.Join(err, g.Close()); err != nil {
		t.Fatal(err)
	}
	compressed = z.Bytes()
	if l.gzipped != nil {
		compressed = l.gzipped(compressed)
	}
	return plain, compressed
}

// write makes a layout of the image in a new directory.
func (s ociSpec) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put := func(data []byte, kind string) map[string]any {
		name := filepath.Join(dir, "blobs", "sha256", strings.TrimPrefix(blobName(data), "sha256:"))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, data, 0o644)); err != nil {
			t.Fatal(err)
		}
		return map[string]any{"mediaType": kind, "digest": blobName(data), "size": len(data)}
	}
	types := map[string]string{"manifest": ociManifest, "config": ociConfig, "layer": ociLayerType}
	if s.docker {
		types = map[string]string{"manifest": dockerManifest, "config": dockerConfig, "layer": dockerLayer}
	}
	var layers, ids, history []any
	for _, l := range s.layers {
		plain, compressed := l.bytes(t)
		kind := types["layer"]
		if l.kind != "" {
			kind = l.kind
		}
		layers = append(layers, put(compressed, kind))
		ids = append(ids, blobName(plain))
		history = append(history, map[string]any{"created_by": "test"})
	}
	settings := map[string]any{"Entrypoint": []string{"/var/task/bootstrap"}, "WorkingDir": "/var/task"}
	maps.Copy(settings, s.settings)
	config := map[string]any{"architecture": "amd64", "os": "linux", "config": settings, "rootfs": map[string]any{"type": "layers", "diff_ids": ids}, "history": history}
	maps.Copy(config, s.config)
	m := map[string]any{"schemaVersion": 2, "mediaType": types["manifest"], "config": put(toJSON(t, config), types["config"]), "layers": layers}
	if s.manifest != nil {
		s.manifest(m)
	}
	index := map[string]any{"schemaVersion": 2, "manifests": []any{put(toJSON(t, m), types["manifest"])}}
	if s.index != nil {
		s.index(index)
	}
	for name, data := range map[string][]byte{"index.json": toJSON(t, index), "oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if s.files != nil {
		if err := s.files(dir); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goodLayer is the layer of a function with a script that needs no other file.
func goodLayer(more ...tar.Header) ociLayer {
	l := ociLayer{content: map[string]string{"var/task/bootstrap": "#!/bin/sh\n"}}
	for _, name := range []string{"var/", "var/task/"} {
		l.entries = append(l.entries, tar.Header{Name: name, Typeflag: tar.TypeDir})
	}
	l.entries = append(append(l.entries, tar.Header{Name: "var/task/bootstrap"}), more...)
	return l
}

// with is a good image with one change.
func with(change func(s *ociSpec)) ociSpec {
	s := ociSpec{layers: []ociLayer{goodLayer()}}
	if change != nil {
		change(&s)
	}
	return s
}

func layerWith(more ...tar.Header) ociSpec {
	return with(func(s *ociSpec) { s.layers[0] = goodLayer(more...) })
}

func config(key string, value any) ociSpec {
	return with(func(s *ociSpec) { s.config = map[string]any{key: value} })
}

func setting(key string, value any) ociSpec {
	return with(func(s *ociSpec) { s.settings = map[string]any{key: value} })
}

func manifest(change func(m map[string]any)) ociSpec {
	return with(func(s *ociSpec) { s.manifest = change })
}

func first(m map[string]any) map[string]any { return m["layers"].([]any)[0].(map[string]any) }

func many(n int) []string { return slices.Repeat([]string{"x"}, n) }

// found returns the ids of the checks that found something in an image, without their
// prefix.
func found(t *testing.T, name string, o ImageOptions) (ids []string, r Report) {
	t.Helper()
	r, _, err := Image(context.Background(), name, o, filepath.Join(t.TempDir(), "task"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Results {
		if x.Status == Fail || x.Status == Warn {
			if id := strings.TrimPrefix(x.Check.ID, "image-"); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, r
}

// Each fault of an image is found, by its own check.
func TestBadImages(t *testing.T) {
	dir := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir} }
	remove := func(name string) ociSpec {
		return with(func(s *ociSpec) { s.files = func(dir string) error { return os.Remove(filepath.Join(dir, name)) } })
	}
	write := func(name, text string) ociSpec {
		return with(func(s *ociSpec) {
			s.files = func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
		})
	}
	eachBlob := func(change func(data []byte) []byte, holds string) ociSpec {
		return with(func(s *ociSpec) {
			s.files = func(dir string) error {
				names, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
				for _, name := range names {
					data, readErr := os.ReadFile(name)
					err = errors.Join(err, readErr)
					if bytes.Contains(data, []byte(holds)) {
						err = errors.Join(err, os.WriteFile(name, change(data), 0o644))
					}
				}
				return err
			}
		})
	}
	arm64ELF := string(append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00\x01\x00\x00\x00"), make([]byte, 40)...))
	cases := map[string]struct {
		spec ociSpec
		o    ImageOptions
		want string
	}{
		"no index":         {remove("index.json"), ImageOptions{}, "archive"},
		"index is no JSON": {write("index.json", "{"), ImageOptions{}, "archive"},
		"index of two": {with(func(s *ociSpec) {
			s.index = func(i map[string]any) {
				i["manifests"] = append(i["manifests"].([]any), map[string]any{"mediaType": ociManifest, "digest": blobName(nil), "size": 0})
			}
		}), ImageOptions{}, "archive"},
		"index of none": {with(func(s *ociSpec) { s.index = func(i map[string]any) { i["manifests"] = []any{} } }), ImageOptions{}, "archive"},
		"an index": {with(func(s *ociSpec) {
			s.index = func(i map[string]any) { i["manifests"].([]any)[0].(map[string]any)["mediaType"] = ociIndex }
		}), ImageOptions{}, "index"},
		"a manifest list": {with(func(s *ociSpec) {
			s.index = func(i map[string]any) { i["manifests"].([]any)[0].(map[string]any)["mediaType"] = dockerIndex }
		}), ImageOptions{}, "index"},
		"an index in disguise":  {manifest(func(m map[string]any) { m["manifests"] = []any{m["config"]}; delete(m, "config") }), ImageOptions{}, "index"},
		"Docker's config":       {manifest(func(m map[string]any) { m["config"].(map[string]any)["mediaType"] = dockerConfig }), ImageOptions{}, "media-type"},
		"Docker's layer":        {with(func(s *ociSpec) { s.layers[0].kind = dockerLayer }), ImageOptions{}, "media-type"},
		"OCI layer in Docker's": {with(func(s *ociSpec) { s.docker, s.layers[0].kind = true, ociLayerType }), ImageOptions{}, "media-type"},
		"uncompressed layer":    {with(func(s *ociSpec) { s.layers[0].kind = "application/vnd.oci.image.layer.v1.tar" }), ImageOptions{}, "media-type"},
		"zstd":                  {with(func(s *ociSpec) { s.layers[0].kind = "application/vnd.oci.image.layer.v1.tar+zstd" }), ImageOptions{}, "media-type"},
		"foreign layer":         {manifest(func(m map[string]any) { first(m)["urls"] = []string{"https://example.com"} }), ImageOptions{}, "media-type"},
		"artifact":              {manifest(func(m map[string]any) { m["artifactType"] = "application/vnd.in-toto+json" }), ImageOptions{}, "media-type"},
		"two types":             {manifest(func(m map[string]any) { m["mediaType"] = dockerManifest }), ImageOptions{}, "media-type"},
		"other manifest":        {eachBlob(func(b []byte) []byte { return append(b, ' ') }, `"schemaVersion"`), ImageOptions{}, "digest"},
		"other configuration":   {eachBlob(func(b []byte) []byte { return bytes.Replace(b, []byte("amd64"), []byte("arm64"), 1) }, `"rootfs"`), ImageOptions{}, "digest"},
		"other layer":           {eachBlob(func(b []byte) []byte { return append(b, 0) }, "\x1f\x8b\x08"), ImageOptions{}, "digest"},
		"wrong size":            {manifest(func(m map[string]any) { first(m)["size"] = 1 }), ImageOptions{}, "digest"},
		"bad digest":            {manifest(func(m map[string]any) { first(m)["digest"] = "sha256:../../../etc/passwd" }), ImageOptions{}, "digest"},
		"another hash":          {manifest(func(m map[string]any) { first(m)["digest"] = "md5:0123" }), ImageOptions{}, "digest"},
		"missing layer":         {manifest(func(m map[string]any) { first(m)["digest"] = "sha256:" + strings.Repeat("0", 64) }), ImageOptions{}, "archive"},
		"wrong diff id":         {config("rootfs", map[string]any{"diff_ids": []string{"sha256:" + strings.Repeat("0", 64)}}), ImageOptions{}, "digest"},
		"no diff id":            {config("rootfs", map[string]any{"diff_ids": []string{}}), ImageOptions{}, "digest"},
		"Windows":               {config("os", "windows"), ImageOptions{}, "platform"},
		"riscv64":               {config("architecture", "riscv64"), ImageOptions{}, "platform"},
		"Lambda's own word":     {config("architecture", "x86_64"), ImageOptions{}, "platform"},
		"wrong architecture":    {with(nil), ImageOptions{Arch: project.ARM64}, "platform"},
		"program for arm64":     {with(func(s *ociSpec) { s.layers[0].content["var/task/bootstrap"] = arm64ELF }), ImageOptions{}, "platform"},
		"no entry point":        {setting("Entrypoint", nil), ImageOptions{}, "entry-point"},
		"missing program":       {setting("Entrypoint", []string{"/var/task/none"}), ImageOptions{}, "entry-point"},
		"directory":             {setting("Entrypoint", []string{"/var/task"}), ImageOptions{}, "entry-point"},
		"not in PATH":           {setting("Entrypoint", []string{"bootstrap"}), ImageOptions{}, "entry-point"},
		"circle of links": {with(func(s *ociSpec) {
			s.layers[0] = goodLayer(tar.Header{Name: "var/task/a", Typeflag: tar.TypeSymlink, Linkname: "a"})
			s.settings = map[string]any{"Entrypoint": []string{"/var/task/a"}}
		}), ImageOptions{}, "entry-point"},
		"program hidden": {with(func(s *ociSpec) {
			s.layers = append(s.layers, ociLayer{entries: []tar.Header{dir("var/"), dir("var/task/"), {Name: "var/task/.wh.bootstrap"}}})
		}), ImageOptions{}, "entry-point"},
		"directory hidden": {with(func(s *ociSpec) {
			s.layers = append(s.layers, ociLayer{entries: []tar.Header{dir("var/"), dir("var/task/"), {Name: "var/task/.wh..wh..opq"}}})
		}), ImageOptions{}, "entry-point"},
		"not executable": {with(func(s *ociSpec) { s.layers[0].entries[2].Mode = 0o644 }), ImageOptions{}, "entry-point"},
		"for root alone": {with(func(s *ociSpec) { s.layers[0].entries[2].Mode = 0o700 }), ImageOptions{}, "entry-point mode"},
		"closed parent":  {with(func(s *ociSpec) { s.layers[0].entries[0].Mode = 0o700 }), ImageOptions{}, "entry-point working-directory"},
		"closed target": {with(func(s *ociSpec) {
			s.layers[0] = goodLayer(dir("opt/"), tar.Header{Name: "opt/app", Typeflag: tar.TypeSymlink, Linkname: "../var/task"})
			s.layers[0].entries[1].Mode = 0o750
			s.settings = map[string]any{"Entrypoint": []string{"/opt/app/bootstrap"}, "WorkingDir": ""}
		}), ImageOptions{}, "entry-point"},
		"closed home": {with(func(s *ociSpec) {
			s.layers[0] = goodLayer(dir("home/"), tar.Header{Name: "home/nonroot/", Typeflag: tar.TypeDir, Mode: 0o700})
			s.settings = map[string]any{"WorkingDir": "/home/nonroot"}
		}), ImageOptions{}, "working-directory"},
		"missing directory":  {setting("WorkingDir", "/srv"), ImageOptions{}, "working-directory"},
		"relative directory": {setting("WorkingDir", "var/task"), ImageOptions{}, "working-directory"},
		"file as directory":  {setting("WorkingDir", "/var/task/bootstrap"), ImageOptions{}, "working-directory"},
		"many words":         {setting("Cmd", many(1501)), ImageOptions{}, "settings"},
		"long directory":     {setting("WorkingDir", "/"+strings.Repeat("x", 1001)), ImageOptions{}, "working-directory settings"},
		"large manifest":     {manifest(func(m map[string]any) { m["annotations"] = map[string]string{"x": strings.Repeat("x", 26000)} }), ImageOptions{}, "manifest-size"},
		"half a layer":       {with(func(s *ociSpec) { s.layers[0].gzipped = func(b []byte) []byte { return b[:len(b)/2] } }), ImageOptions{}, "layer"},
		"no tar": {with(func(s *ociSpec) {
			s.layers[0].after = func([]byte) []byte { return bytes.Repeat([]byte("text"), 1000) }
		}), ImageOptions{}, "layer"},
		"two slashes":         {layerWith(tar.Header{Name: "//passwd"}), ImageOptions{}, "name"},
		"slash and twice":     {layerWith(tar.Header{Name: "/var/task/bootstrap"}), ImageOptions{}, "name"},
		"name that leaves":    {layerWith(tar.Header{Name: "../x"}), ImageOptions{}, "name"},
		"name with a newline": {layerWith(tar.Header{Name: "var/a\nb"}), ImageOptions{}, "name"},
		"name twice":          {layerWith(tar.Header{Name: "var/task/bootstrap"}), ImageOptions{}, "name"},
		"below a file":        {layerWith(tar.Header{Name: "var/task/bootstrap/x"}), ImageOptions{}, "name"},
		"no parent":           {layerWith(tar.Header{Name: "etc/ssl/cert.txt"}), ImageOptions{}, "parent"},
		"hard link":           {layerWith(tar.Header{Name: "var/task/b", Typeflag: tar.TypeLink, Linkname: "var/task/bootstrap"}), ImageOptions{}, "link"},
		"dangling hard link":  {layerWith(tar.Header{Name: "var/task/b", Typeflag: tar.TypeLink, Linkname: "var/task/none"}), ImageOptions{}, "name link"},
		"block device":        {layerWith(tar.Header{Name: "var/sda", Typeflag: tar.TypeBlock}), ImageOptions{}, "special-file"},
		"character device":    {layerWith(tar.Header{Name: "var/null", Typeflag: tar.TypeChar}), ImageOptions{}, "special-file"},
		"pipe":                {layerWith(tar.Header{Name: "var/task/p", Typeflag: tar.TypeFifo}), ImageOptions{}, "special-file"},
		"closed file":         {layerWith(tar.Header{Name: "var/task/x", Mode: 0o600}), ImageOptions{}, "mode"},
		"closed directory":    {layerWith(tar.Header{Name: "var/task/d/", Typeflag: tar.TypeDir, Mode: 0o700}), ImageOptions{}, "mode"},
		"no history":          {config("history", []any{}), ImageOptions{}, "history"},
		"history of .git":     {layerWith(dir("var/task/.git/"), tar.Header{Name: "var/task/.git/config"}), ImageOptions{}, "secret"},
		"environment file":    {layerWith(tar.Header{Name: "var/task/.env.production"}), ImageOptions{}, "secret"},
		"key":                 {layerWith(dir("root/"), dir("root/.ssh/"), tar.Header{Name: "root/.ssh/id_ed25519"}), ImageOptions{}, "secret"},
		"no label":            {with(nil), ImageOptions{SnapStart: true}, "snapstart"},
		"other label":         {setting("Labels", map[string]string{snapStartLabel: "true"}), ImageOptions{}, "snapstart"},
	}
	if len(cases) < 40 {
		t.Errorf("there are %d cases", len(cases))
	}
	all := ""
	for _, c := range cases {
		all += c.want + " "
	}
	for _, c := range Checks() {
		// 10 GB are too much for a test.
		if id := strings.TrimPrefix(c.ID, "image-"); c.Layer == InImage && c.ID != idImageSize && !slices.Contains(strings.Fields(all), id) {
			t.Errorf("no image has what %s finds", c.ID)
		}
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			ids, r := found(t, c.spec.write(t), c.o)
			if strings.Join(ids, " ") != c.want {
				for _, x := range r.Results {
					if x.Status == Fail || x.Status == Warn {
						t.Logf("%s %s: %s", x.Check.ID, x.File, x.Detail)
					}
				}
				t.Errorf("found %q, want %q", ids, c.want)
			}
		})
	}
}

// Nothing is found in good images made by other tools.
func TestGoodImages(t *testing.T) {
	dir := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir} }
	saved := func(change func(s *ociSpec)) ociSpec { // with the manifest.json of docker save
		return with(func(s *ociSpec) {
			s.layers[0].gzipped = func([]byte) []byte { plain, _ := goodLayer().bytes(t); return plain }
			s.files = func(dir string) error {
				parts := map[bool]string{}
				names, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
				for _, name := range names {
					data, readErr := os.ReadFile(name)
					if err = errors.Join(err, readErr); !bytes.Contains(data, []byte("schemaVersion")) {
						parts[bytes.Contains(data, []byte("rootfs"))] = "blobs/sha256/" + filepath.Base(name)
					}
				}
				text := fmt.Sprintf(`[{"Config":%q,"Layers":[%q]}]`, parts[true], parts[false])
				return errors.Join(err, os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(text), 0o644))
			}
			change(s)
		})
	}
	for what, c := range map[string]struct {
		spec     ociSpec
		complete bool
	}{
		"OCI":    {with(nil), true},
		"Docker": {with(func(s *ociSpec) { s.docker = true }), true},
		"a base": {with(func(s *ociSpec) {
			s.layers = []ociLayer{
				{entries: []tar.Header{dir("./"), dir("bin/"), {Name: "bin/sh"}, {Name: "bin/bash", Typeflag: tar.TypeSymlink, Linkname: "sh"}, dir("dev/"), {Name: "dev/null", Typeflag: tar.TypeChar}, dir("srv/"), {Name: "srv/old"}, dir("usr/"), {Name: "usr/private.pem"}}},
				{entries: []tar.Header{{Name: "srv/.wh.old"}}},
				goodLayer(),
			}
		}), false},
		"entry point in PATH": {with(func(s *ociSpec) {
			s.settings = map[string]any{"Entrypoint": []string{"bootstrap"}, "Env": []string{"PATH=/bin:/var/task"}}
		}), true},
		"relative entry point": {setting("Entrypoint", []string{"./bootstrap"}), true},
		"command alone": {with(func(s *ociSpec) {
			s.settings = map[string]any{"Entrypoint": nil, "Cmd": []string{"/var/task/bootstrap", "handler"}}
		}), true},
		"linked entry point": {with(func(s *ociSpec) {
			s.layers[0] = goodLayer(dir("opt/"), tar.Header{Name: "opt/app", Typeflag: tar.TypeSymlink, Linkname: "../var/task"})
			s.settings = map[string]any{"Entrypoint": []string{"/opt/app/bootstrap"}}
		}), false},
		"docker save, since version 25": {saved(func(s *ociSpec) { s.layers[0].kind = "application/vnd.oci.image.layer.v1.tar" }), true},
		"docker save, without a tag":    {saved(func(s *ociSpec) { s.index = func(i map[string]any) { i["manifests"] = nil } }), true},
		"docker save, without layers":   {saved(func(s *ociSpec) { s.manifest = func(m map[string]any) { m["layers"] = []any{} } }), true},
		"closed directory of others, and one that can be entered alone": {with(func(s *ociSpec) {
			s.layers[0] = goodLayer(tar.Header{Name: "root/", Typeflag: tar.TypeDir, Mode: 0o700}, tar.Header{Name: "srv/", Typeflag: tar.TypeDir, Mode: 0o711})
			s.settings = map[string]any{"WorkingDir": "/srv"}
		}), true},
		"opened by a later layer": {with(func(s *ociSpec) {
			s.layers = append([]ociLayer{{entries: []tar.Header{{Name: "var/", Typeflag: tar.TypeDir, Mode: 0o700}}}}, s.layers...)
		}), true},
		"two tags": {with(func(s *ociSpec) {
			s.index = func(i map[string]any) { i["manifests"] = append(i["manifests"].([]any), i["manifests"].([]any)[0]) }
		}), true},
		"ko": {with(func(s *ociSpec) {
			s.layers[0] = ociLayer{entries: []tar.Header{dir("ko-app"), {Name: "/ko-app/hello", Mode: 0o555}}, content: map[string]string{"/ko-app/hello": "#!/bin/sh\n"}}
			s.settings = map[string]any{"Entrypoint": []string{"/ko-app/hello"}, "WorkingDir": ""}
		}), false},
		"label": {setting("Labels", map[string]string{snapStartLabel: "Allow"}), true},
		"empty layers in the history": {with(func(s *ociSpec) {
			s.config = map[string]any{"history": []any{map[string]any{"created_by": "ENV", "empty_layer": true}, map[string]any{"created_by": "COPY"}}}
		}), true},
	} {
		t.Run(what, func(t *testing.T) {
			name := c.spec.write(t)
			task := filepath.Join(t.TempDir(), "task")
			r, root, err := Image(context.Background(), name, ImageOptions{Strict: true}, task)
			if err != nil || !r.OK() || root.Complete != c.complete {
				t.Errorf("it is %+v, err %v", root, err)
				for _, x := range r.Results {
					if x.Status == Fail {
						t.Logf("%s %s: %s", x.Check.ID, x.File, x.Detail)
					}
				}
			}
			if text, err := os.ReadFile(filepath.Join(task, filepath.FromSlash(root.Program))); err != nil || string(text) != "#!/bin/sh\n" {
				t.Errorf("the program is %q (%v)", text, err)
			}
		})
	}
}

// The finding for a layer that is compressed with zstd says so.
func TestZstdLayer(t *testing.T) {
	image := with(func(s *ociSpec) {
		s.layers[0].kind = "application/vnd.oci.image.layer.v1.tar+zstd"
		s.layers[0].gzipped = func(b []byte) []byte { return append([]byte("\x28\xb5\x2f\xfd"), b...) }
	}).write(t)
	ids, r := found(t, image, ImageOptions{})
	if strings.Join(ids, " ") != "media-type layer" || !slices.ContainsFunc(r.Results, func(x Result) bool {
		return x.Check.ID == idImageLayer && x.Detail == "it is compressed by zstd, not by gzip"
	}) {
		t.Errorf("found %q: %v", ids, r.Results)
	}
}
