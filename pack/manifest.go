package pack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/project"
)

// ManifestFile is the manifest's name in the directory of the zips.
const ManifestFile = "manifest.json"

// A Manifest describes the zips of a project. It has no time, path or engine, so
// it is as reproducible as the zips.
type Manifest struct {
	// Packer names the libraries that decide the bytes of a zip, and their
	// versions.
	Packer string `json:"packer"`
	Zips   []Zip  `json:"zips"` // by function, then architecture
}

// A Zip is one line of the manifest.
type Zip struct {
	Function string       `json:"function"`
	Kind     project.Kind `json:"kind,omitempty"` // "extension" or "layer"; "" for a function
	Arch     project.Arch `json:"arch"`
	Runtime  string       `json:"runtime"` // as Lambda calls it: "provided.al2023"
	File     string       `json:"file"`    // in the manifest's directory
	Size     int64        `json:"size"`    // of the zip, in bytes
	Unzipped int64        `json:"unzippedSize"`

	SHA256     string `json:"sha256"`     // of the zip, in hexadecimal
	CodeSha256 string `json:"codeSha256"` // the same in base64, as Lambda's GetFunction shows it
	Content    string `json:"contentDigest"`

	Image *Image `json:"image,omitempty"` // nil: none was made

	Handlers  []string `json:"handlers,omitempty"`
	Toolchain string   `json:"toolchain"`
}

// ReadManifest reads the manifest in the directory dist. A missing one is an
// error that wraps fs.ErrNotExist.
func ReadManifest(dist string) (Manifest, error) {
	var m Manifest
	name := filepath.Join(dist, ManifestFile)
	data, err := regular.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, hint.Wrap(err, "run `bootzip package`")
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, hint.New("remove it and run `bootzip package`", "%s: %w", name, err)
	}
	return m, nil
}

func (m Manifest) write(dir string) error {
	slices.SortFunc(m.Zips, func(a, b Zip) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Arch, b.Arch))
	})
	return atomicfile.WriteJSON(filepath.Join(dir, ManifestFile), "  ", m)
}

// find returns the line for a function and an architecture.
func (m Manifest) find(function string, arch project.Arch) (Zip, bool) {
	for _, z := range m.Zips {
		if z.Function == function && z.Arch == arch {
			return z, true
		}
	}
	return Zip{}, false
}

// Compressor is the version of klauspost/compress that decides the bytes of zips. The
// go.mod of this module requires it. A program that links another version packs other
// bytes, and [OtherCompressor] returns that version.
//
// It is the newest that Go 1.24 builds. Raising it changes the CodeSha256 of every zip of
// every user, and so is a breaking change.
const Compressor = "v1.19.2"

// OtherCompressor returns the version of klauspost/compress that this program links, if it
// is known and not [Compressor]; otherwise "". The go command takes the highest version
// that any module of the program requires.
func OtherCompressor() string {
	if _, compress := linked(); compress != Compressor {
		return compress
	}
	return ""
}

// packer names the archiver and the compressor of the running program, which may be newer
// than this module's go.mod requires. It is "" if the program does not know its modules;
// then everything is packed again.
func packer() string {
	archiver, compress := linked()
	if archiver == "" || compress == "" {
		return ""
	}
	return fmt.Sprintf("archiver/v3 %s, klauspost/compress %s", archiver, compress)
}

// linked returns the versions of the archiver and the compressor in the running program; ""
// if it does not know its modules.
func linked() (archiver, compress string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		switch m.Path {
		case "github.com/mholt/archiver/v3":
			archiver = m.Version
		case "github.com/klauspost/compress":
			compress = m.Version
		}
	}
	return archiver, compress
}
