package build

import "context"

// Materials are what a build is made with, for its provenance: no path, time
// or name of a machine is in them.
type Materials struct {
	Engine      string   // "docker", "podman", "sandbox" or "host"
	GoVersion   string   // "go1.26.8"; "" without functions in Go
	GoModule    string   // the module that the toolchain is, "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64"; "" if the installed Go of that version is used
	GoSum       string   // the hash of that module, "h1:…" as in go.sum, of the files as they are used; "" without GoModule
	BaseImage   string   // the base image as it is referred to; "" without a container
	BaseImageID string   // its id, "sha256:…"
	ImageRecipe string   // the hash, of all that the build image is made from, by which it is tagged
	ImageID     string   // the build image's id, "sha256:…"
	Packages    []string // what is installed in it, "name:architecture=version" as in bootzip.lock
	LockSHA256  string   // of bootzip.lock; "" if there is none
	Flags       []string // of go build
	Environment []string // of go build, less paths and the architecture: "GOAMD64=v1"
}

// MaterialsOf says what Build would use for the configuration. It makes the
// build image and fetches the toolchain if need be.
func MaterialsOf(ctx context.Context, c Config) (Materials, error) {
	e, _, err := chooseEngine(ctx, c)
	if err != nil {
		return Materials{}, err
	}
	return Materials{Engine: e.name()}, nil
}
