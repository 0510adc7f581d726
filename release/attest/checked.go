package attest

import (
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
)

// Checked is what a provenance says, after [ReadProvenance] found nothing
// wrong with its form. Fields are "" or nil where it does not say;
// Subjects, Commit, Engine and Builder always have a value.
type Checked struct {
	Subjects []Subject // sorted by name

	Repository string // "https://github.com/owner/name"
	Tag        string // "v1.2.3"
	Commit     string // 40 or 64 lower-case hexadecimal digits
	Folder     string // of the project in the repository; "." is its root
	Functions  []string
	Engine     string // the one that built

	Packer         string // as in the manifest
	BootzipVersion string
	Builder        string // builder.id, a URI

	GoVersion   string // "go1.26.8"
	GoModule    string // "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64"
	GoSum       string // "h1:…" of GoModule
	BaseImage   string // the reference as written
	BaseImageID string // "sha256:…", the digest of its configuration
	ImageRecipe string // the hash that tags the build image
	Packages    []string
	LockSHA256  string
	Flags       []string
	Environment []string

	// Signed says that the statement came in an envelope whose signature was
	// made with the key that ReadProvenance was given.
	Signed bool
}

// Covers reports whether the provenance is about a file: name is its base
// name, sha256 the digest of its bytes in hexadecimal. Its errors have a hint
// that tells which of the two to mend.
func (c Checked) Covers(name, sha256 string) error {
	byName := slices.IndexFunc(c.Subjects, func(s Subject) bool { return s.Name == name })
	byDigest := slices.IndexFunc(c.Subjects, func(s Subject) bool { return s.SHA256 == sha256 })
	switch {
	case byName >= 0 && c.Subjects[byName].SHA256 == sha256:
		return nil
	case byName >= 0:
		return hint.New("the file was changed, or is from another release: take both from one release",
			"file %q has the SHA-256 %s, and the provenance is about one with %s", name, sha256, c.Subjects[byName].SHA256)
	case byDigest >= 0:
		return hint.New("call the file by the name that it had in the release",
			"file %q is called %q in the provenance", name, c.Subjects[byDigest].Name)
	}
	return hint.New("take the provenance from the release that the file is from",
		"file %q is not among the %d files that the provenance is about", name, len(c.Subjects))
}
