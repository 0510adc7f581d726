package attest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
)

// Every case is one change to a good provenance, and a part of the error.
var refused = []struct{ name, old, new, want string }{
	{"statement type", "in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1", "_type is"},
	{"no statement type", `"_type"`, `"_Type"`, `not written as "_type"`},
	{"predicate type", `"https://slsa.dev/provenance/v1"`, `"https://slsa.dev/provenance/v0.2"`, "predicateType is"},
	{"build type", "#build-type-v1", "#build-type-v9", "buildType is"},
	{"no subject", `"subject": [`, `"subjects": [`, "no subject"},
	{"subject of another case", `"subject": [`, `"Subject": [`, `not written as "subject"`},
	{"empty subject", `"name": "hello-amd64.zip",`, `"name": "",`, "subject[0].name is missing"},
	{"subject with a path", `"name": "hello-amd64.zip"`, `"name": "../hello-amd64.zip"`, "base name"},
	{"subject with a drive", `"name": "hello-amd64.zip"`, `"name": "C:\\hello-amd64.zip"`, "base name"},
	{"two subjects of a name", `"name": "hello-arm64.zip"`, `"name": "hello-amd64.zip"`, "duplicate"},
	{"short digest", "f0ea2c73868b5bd2", "f0ea2c73868b", "not a digest"},
	{"upper case digest", "f0ea2c73868b5bd2", "F0EA2C73868B5BD2", "not a digest"},
	{"no hexadecimal", "f0ea2c73868b5bd2", "g0ea2c73868b5bd2", "not a digest"},
	{"weaker digest", `"sha256": "f0ea`, `"md5": "f0ea`, "sha256 is missing"},
	{"digest is a number", `"sha256": "f0ea2c73868b5bd22eb6b9a23dd14953025fd3d2e02217d948d21bd2769f91e6"`, `"sha256": 7`, "is not a string"},
	{"subject is an object", `"subject": [`, `"subject": {}, "x": [`, "is not a list"},
	{"subject holds a null", `"subject": [`, `"subject": [null,`, "subject[0].name is missing"},
	{"key twice", `"ref": `, `"ref": "refs/tags/v9", "ref": `, `duplicate key`},
	{"unknown parameter", `"engine": "docker"`, `"engine": "docker", "entry": "x"`, `unknown parameter`},
	{"no engine", `"engine": "docker"`, `"engine": ""`, "engine is missing"},
	{"not https", `"repository": "https://github.com`, `"repository": "http://github.com`, "https address"},
	{"an option of git", `"repository": "https://github.com/owner/name"`, `"repository": "--upload-pack=x"`, "https address"},
	{"credentials", `"repository": "https://github.com`, `"repository": "https://u:p@github.com`, "https address"},
	{"a branch", `"refs/tags/v1.2.3"`, `"refs/heads/main"`, "not a tag"},
	{"a folder elsewhere", `"folder": "."`, `"folder": "../other"`, "not a directory of the repository"},
	{"an absolute folder", `"folder": "."`, `"folder": "/etc"`, "not a directory of the repository"},
	{"another source", `"git+https://github.com/owner/name@`, `"git+https://github.com/other/name@`, "the parameters say"},
	{"no source", `"name": "source"`, `"name": "sauce"`, "it has no commit"},
	{"short commit", `"0123456789abcdef0123456789abcdef01234567"`, `"0123456"`, "not a digest"},
	{"two sources", `"name": "go1.26.8"`, `"name": "source"`, "duplicate"},
	{"no toolchain", `"name": "go1.26.8"`, `"name": "toolchain"`, "no dependency of that name"},
	{"another toolchain", "golang.org/toolchain@v0.0.1-go1.26.8", "golang.org/toolchain@v0.0.1-go1.26.80", "but its name is"},
	{"toolchain of another kind", "pkg:golang/golang.org/toolchain@", "pkg:npm/toolchain@", "not of type"},
	{"short hash", `"dirHash": "64e986`, `"dirHash": "64e9`, "not a digest"},
	{"image without an id", `"sha256": "fedc`, `"sha512": "fedc`, "sha256 is missing"},
	{"image without a name", `"reference":`, `"ref":`, "reference is missing"},
	{"base image of another name", `"name": "image-base amd64 `, `"name": "image-base arm64x `, "but its annotations say"},
	{"package of another kind", "pkg:deb/debian/libc6@", "pkg:deb/ubuntu/libc6@", "canonical"},
	{"no builder", `"id": "https://`, `"ID": "https://`, `not written as "id"`},
	{"builder is no URI", `"id": "https://`, `"id": "ftp://`, "https address"},
	{"functions are no list", "[\n          \"hello\"\n        ]", `"hello"`, "functions is not a list"},
	{"a name that a terminal acts on", `"name": "hello-amd64.zip"`, `"name": "\u001b[2Jhello-amd64.zip"`, "invisible"},
	{"a flag that a terminal acts on", `"-trimpath"`, `"\u0007"`, "invisible"},
	{"text from right to left", `"packer": "`, `"packer": "\u202e`, "invisible"},
	{"half a character", `"packer": "`, `"packer": "\ud800`, "an invalid character"},
	{"half a key", `"packer"`, `"\udc00"`, "an invalid character"},
	{"invalid UTF-8", `"packer": "`, "\"packer\": \"\xff", "not UTF-8"},
}

func TestRefused(t *testing.T) {
	good := mustWrite(t, example())
	for _, c := range refused {
		if n := bytes.Count(good, []byte(c.old)); n == 0 {
			t.Errorf("%s: %s is not in the good provenance", c.name, c.old)
		}
		refuse(t, c.name, bytes.Replace(good, []byte(c.old), []byte(c.new), 1), nil, c.want)
	}
}

func TestRefusedForms(t *testing.T) {
	good := mustWrite(t, example())
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for name, c := range map[string]struct{ data, want string }{
		"empty":           {"", "not one JSON value"},
		"cut":             {string(good[:len(good)-10]), "not one JSON value"},
		"trailing data":   {string(good) + "{}", "not one JSON value"},
		"two statements":  {string(good) + string(good), "not one JSON value"},
		"a list":          {"[" + string(good) + "]", "not a JSON object"},
		"a string":        {`"x"`, "not a JSON object"},
		"deep":            {`{"x":` + deep + "}", "levels"},
		"too large":       {string(good) + strings.Repeat(" ", 16<<20), "at most"},
		"byte order mark": {"\ufeff" + string(good), "not one JSON value"},
	} {
		refuse(t, name, []byte(c.data), nil, c.want)
	}
}

func refuse(t *testing.T, name string, data, key []byte, want string) {
	t.Helper()
	c, err := ReadProvenance(data, key)
	if err == nil {
		t.Errorf("%s: accepted", name)
		return
	}
	if !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
		t.Errorf("%s: the error is %q with the hint %q, want %q in it", name, err, hint.Of(err), want)
	}
	if len(c.Subjects) > 0 {
		t.Errorf("%s: refused, and yet it says %+v", name, c)
	}
}

// The in-toto specification requires that a reader ignores unknown fields, and takes
// null for an absent value.
func TestIgnored(t *testing.T) {
	good := string(mustWrite(t, example()))
	for name, change := range map[string][2]string{
		"field of the statement":  {`"_type"`, `"x": {"y": [1, true, null]}, "_type"`},
		"field of a subject":      {`"name": "hello-amd64.zip"`, `"mediaType": "application/zip", "name": "hello-amd64.zip"`},
		"second digest":           {`"sha256": "f0ea`, `"sha512": "0", "sha256": "f0ea`},
		"metadata":                {`"runDetails": {`, `"runDetails": {"metadata": {"invocationId": "7"},`},
		"other dependency":        {`"resolvedDependencies": [`, `"resolvedDependencies": [{"name": "other", "uri": "https://example.com"},`},
		"null instead of nothing": {`"predicateType"`, `"x": null, "predicateType"`},
	} {
		if !strings.Contains(good, change[0]) {
			t.Errorf("%s: %s is not in the good provenance", name, change[0])
		}
		got, err := ReadProvenance([]byte(strings.Replace(good, change[0], change[1], 1)), nil)
		if err != nil || got.Commit != example().Commit {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCovers(t *testing.T) {
	c, err := ReadProvenance(mustWrite(t, example()), nil)
	if err != nil {
		t.Fatal(err)
	}
	amd, arm := example().Subjects[0].SHA256, example().Subjects[1].SHA256
	if err := c.Covers("hello-amd64.zip", amd); err != nil {
		t.Error(err)
	}
	for _, bad := range []struct{ name, digest, want, mend string }{
		{"hello-amd64.zip", arm, "the provenance is about one with " + amd, "was changed"},
		{"hello.zip", amd, `is called "hello-amd64.zip"`, "the name that it had"},
		{"hello.zip", strings.Repeat("0", 64), "not among the 3 files", "from the same release"},
		{"hello-amd64.zip", "", "the provenance is about one with " + amd, "was changed"},
		{"", "", "not among", "from the same release"},
	} {
		err := c.Covers(bad.name, bad.digest)
		if err == nil || !strings.Contains(err.Error(), bad.want) || !strings.Contains(hint.Of(err), bad.mend) {
			t.Errorf("%s %s: %v; %s", bad.name, bad.digest, err, hint.Of(err))
		}
	}
	if err := (Provenance{}).Covers("", ""); err == nil {
		t.Error("a provenance of nothing covers something")
	}
}
