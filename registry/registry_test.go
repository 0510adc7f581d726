package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	served "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/ociimage"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// A fake is go-containerregistry's registry. It notes what it receives, and may misbehave.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	sent   []string // METHOD of requests with a body, and manifests
	before func(w http.ResponseWriter, r *http.Request) (done bool)
}

func newFake(t *testing.T) *fake {
	f := &fake{}
	next := served.New(served.Logger(log.New(io.Discard, "", 0)))
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		before := f.before
		if r.Method == http.MethodPatch || r.Method == http.MethodPut {
			kind := "blob"
			if strings.Contains(r.URL.Path, "/manifests/") {
				kind = "manifest"
			}
			if r.Method == http.MethodPatch || kind == "manifest" {
				f.sent = append(f.sent, kind)
			}
		}
		f.mu.Unlock()
		if before != nil && before(w, r) {
			return
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) reference(tag string) string {
	return strings.TrimPrefix(f.URL, "http://") + "/shop/hello:" + tag
}

func (f *fake) took() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := strings.Join(f.sent, " ")
	f.sent = nil
	return s
}

// image makes an image archive.
func image(t *testing.T, arch project.Arch, program string) (file, digest string) {
	t.Helper()
	dir := t.TempDir()
	bootstrap := filepath.Join(dir, "bootstrap")
	if err := os.WriteFile(bootstrap, []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, pack.ImageName("hello", arch))
	digest, err := pack.WriteImage(t.Context(), file, []pack.Entry{{Name: "bootstrap", Executable: true, File: bootstrap}}, pack.ImageConfig{Function: "hello", Arch: arch})
	if err != nil {
		t.Fatal(err)
	}
	return file, digest
}

func TestPush(t *testing.T) {
	f := newFake(t)
	file, digest := image(t, project.ARM64, "program")
	pushed, err := Push(t.Context(), Config{}, f.reference("v1"), file)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSuffix(f.reference("v1"), ":v1") + "@" + digest; pushed != want {
		t.Errorf("pushed is %s, want %s", pushed, want)
	}
	if got := f.took(); got != "blob blob manifest" {
		t.Errorf("sent were %q", got)
	}
	// The image that is pulled is the one that was made.
	ref, err := name.ParseReference(pushed)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	if kind, err := pulled.MediaType(); err != nil || kind != types.OCIManifestSchema1 {
		t.Errorf("its type is %s (%v)", kind, err)
	}
	// Nothing is sent twice.
	if _, err := Push(t.Context(), Config{}, f.reference("v2"), file); err != nil {
		t.Fatal(err)
	}
	if got := f.took(); got != "manifest" {
		t.Errorf("again there were %q", got)
	}
}

func TestPushIndex(t *testing.T) {
	f := newFake(t)
	amd64, _ := image(t, project.AMD64, "a")
	arm64, _ := image(t, project.ARM64, "b")
	pushed, err := Push(t.Context(), Config{}, f.reference("v1"), amd64, arm64)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(pushed)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, d := range m.Manifests {
		platforms = append(platforms, d.Platform.String())
	}
	if got := strings.Join(platforms, " "); got != "linux/amd64 linux/arm64" || m.MediaType != types.OCIImageIndex {
		t.Errorf("the index is %s of %q", m.MediaType, got)
	}
	again, err := Push(t.Context(), Config{}, f.reference("v2"), amd64, arm64)
	if err != nil || again[strings.Index(again, "@"):] != pushed[strings.Index(pushed, "@"):] {
		t.Errorf("again it is %s, and was %s (%v)", again, pushed, err)
	}
	if _, err := Push(t.Context(), Config{}, f.reference("v3"), amd64, amd64); err == nil || !strings.Contains(err.Error(), "are both for amd64") {
		t.Errorf("the same platform twice: %v", err)
	}
}

// An upload that breaks leaves no reference, and the next one sends the rest.
func TestPushInterrupted(t *testing.T) {
	f := newFake(t)
	file, digest := image(t, project.ARM64, "program")
	ctx, cancel := context.WithCancel(t.Context())
	f.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
			cancel()
			panic(http.ErrAbortHandler)
		}
		return false
	}
	if _, err := Push(ctx, Config{}, f.reference("v1"), file); err == nil {
		t.Fatal("no error")
	}
	f.mu.Lock()
	f.before = nil
	f.mu.Unlock()
	ref, err := name.ParseReference(f.reference("v1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Head(ref); err == nil {
		t.Error("the reference is there")
	}
	f.took()
	pushed, err := Push(t.Context(), Config{}, f.reference("v1"), file)
	if err != nil || !strings.HasSuffix(pushed, digest) {
		t.Errorf("pushed is %s (%v)", pushed, err)
	}
	if got := f.took(); got != "manifest" {
		t.Errorf("after the interruption there were %q", got)
	}
}

func TestPushRefused(t *testing.T) {
	file, _ := image(t, project.ARM64, "program")
	text := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for what, c := range map[string]struct {
		before     func(http.ResponseWriter, *http.Request) bool
		want, hint string
	}{
		"no credentials": {text(http.StatusUnauthorized, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`), "refuses: ", "docker login 127.0.0.1"},
		"no right":       {text(http.StatusForbidden, `{"errors":[{"code":"DENIED","message":"no"}]}`), "refuses: ", "aws ecr get-login-password"},
		"full": {func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPost && text(http.StatusInsufficientStorage, "no space left")(w, r)
		}, "507", ""},
		"lies": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/manifests/") {
				return false
			}
			w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
			_, _ = io.WriteString(w, `{"schemaVersion":2}`)
			return true
		}, "after the push, not sha256:", "push again"},
	} {
		f := newFake(t)
		f.before = c.before
		_, err := Push(t.Context(), Config{}, f.reference("v1"), file)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("%s: %v, hint %q", what, err, hint.Of(err))
		}
	}
	f := newFake(t)
	if _, err := Push(t.Context(), Config{}, f.reference("v1")); err == nil || f.took() != "" {
		t.Errorf("no image: %v, sent %q", err, f.took())
	}
}

// What is fetched is what was pushed. From an index, no image is chosen.
func TestFetch(t *testing.T) {
	f := newFake(t)
	amd64, digest := image(t, project.AMD64, "a")
	arm64, _ := image(t, project.ARM64, "b")
	if _, err := Push(t.Context(), Config{}, f.reference("one"), amd64); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Fetch(t.Context(), Config{}, f.reference("one"), dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil || !strings.Contains(string(text), digest) {
		t.Errorf("the index is %s (%v)", text, err)
	}
	if _, err := Push(t.Context(), Config{}, f.reference("both"), amd64, arm64); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := Fetch(t.Context(), Config{}, f.reference("both"), dir); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, "index.json")); err != nil || !strings.Contains(string(text), string(types.OCIImageIndex)) {
		t.Errorf("the index is %s (%v)", text, err)
	}
	if err := Fetch(t.Context(), Config{}, f.reference("none"), t.TempDir()); err == nil || !strings.Contains(err.Error(), "MANIFEST_UNKNOWN") {
		t.Errorf("what is not there: %v", err)
	}
}

// Nothing is sent of a file that is not an image.
func TestPushOfOthers(t *testing.T) {
	f := newFake(t)
	good, _ := image(t, project.ARM64, "program")
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	layer := bytes.LastIndex(data, []byte{0x1f, 0x8b, 8})
	for what, c := range map[string]struct {
		file, reference, want string
	}{
		"no file":      {filepath.Join(dir, "none"), f.reference("v1"), "none"},
		"no tar":       {put("text", []byte("text")), f.reference("v1"), "text"},
		"half":         {put("half", data[:len(data)/2]), f.reference("v1"), "half"},
		"empty":        {put("empty", nil), f.reference("v1"), "it has no index.json"},
		"other layer":  {put("layer", append(append(bytes.Clone(data[:layer+20]), data[layer+20]^1), data[layer+21:]...)), f.reference("v1"), "layer"},
		"other config": {put("config", bytes.Replace(data, []byte(`"os":"linux"`), []byte(`"os":"l1nux"`), 1)), f.reference("v1"), "has other content"},
		"other digest": {put("manifest", bytes.Replace(data, []byte(`"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest`), []byte(`"schemaVersion":3,"mediaType":"application/vnd.oci.image.manifest`), 1)), f.reference("v1"), "has other content"},
		"reference":    {good, "NO/UPPER:case", "repository can only contain"},
		"digest":       {good, "example.com/shop/hello@sha256:" + strings.Repeat("0", 64), "has a digest"},
	} {
		_, err := Push(t.Context(), Config{}, c.reference, c.file)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := f.took(); got != "" {
		t.Errorf("sent were %q", got)
	}
}

// A base is fetched once for each architecture, by a digest that is checked.
func TestBase(t *testing.T) {
	f := newFake(t)
	amd64, _ := image(t, project.AMD64, "a")
	arm64, digest := image(t, project.ARM64, "b")
	pushed, err := Push(t.Context(), Config{}, f.reference("both"), amd64, arm64)
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "bases")
	dir, err := Base(t.Context(), Config{}, pushed, "arm64", cache)
	if err != nil {
		t.Fatal(err)
	}
	base, close, err := ociimage.Open(dir, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if is, err := base.Digest(); err != nil || is.String() != digest {
		t.Errorf("it is %s, not %s (%v)", is, digest, err)
	}
	if err := errors.Join(validate.Image(base), close()); err != nil {
		t.Error(err)
	}
	if again, err := Base(t.Context(), Config{Transport: refusing{}}, pushed, "arm64", cache); err != nil || again != dir {
		t.Errorf("the second time it is %s (%v)", again, err)
	}
	if err := os.Remove(filepath.Join(dir, "index.json")); err != nil {
		t.Fatal(err)
	}
	if again, err := Base(t.Context(), Config{}, pushed, "arm64", cache); err != nil || again != dir {
		t.Errorf("what was damaged: %s (%v)", again, err)
	}
	for what, reference := range map[string]string{"a tag": f.reference("both"), "none": strings.Replace(pushed, "@sha256:", "@sha256:0", 1)[:len(pushed)]} {
		if _, err := Base(t.Context(), Config{}, reference, "arm64", cache); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := Base(t.Context(), Config{}, pushed, "s390x", cache); err == nil || !strings.Contains(err.Error(), "s390x") {
		t.Errorf("an architecture that it has not: %v", err)
	}
	f.mu.Lock()
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		_, _ = w.Write([]byte("something else"))
		return true
	}
	f.mu.Unlock()
	if _, err := Base(t.Context(), Config{}, pushed, "amd64", cache); err == nil {
		t.Error("a lie about a layer is taken")
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) != 1 {
		t.Errorf("there is %v (%v)", left, err)
	}
}

// A refusing transport sends nothing, and returns an error.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("it asks the registry")
}
