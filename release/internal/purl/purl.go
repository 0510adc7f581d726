// Package purl makes and reads package URLs of Go modules, Debian packages and images. The
// rules are those of the purl specification (package-url/purl-spec, "golang", "deb" and
// "oci"); escaping is the library's.
package purl

import (
	"fmt"
	"strings"

	packageurl "github.com/package-url/packageurl-go"
)

// Go returns the package URL of a Go module. The specification folds the path
// to lower case, so the exact path must be kept beside the URL.
func Go(path, version string) string {
	namespace, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		namespace, name = path[:i], path[i+1:]
	}
	return packageurl.NewPackageURL(packageurl.TypeGolang, strings.ToLower(namespace), strings.ToLower(name), version, nil, "").ToString()
}

// Generic returns the package URL of a program that is in no registry.
func Generic(name, version string) string {
	return packageurl.NewPackageURL(packageurl.TypeGeneric, "", name, version, nil, "").ToString()
}

// OCI returns the package URL of an image in a repository, such as
// "registry.example.com/team/name" (package-url/purl-spec, "oci").
func OCI(repository, digest, arch string) string {
	name := repository[strings.LastIndexByte(repository, '/')+1:]
	qualifiers := packageurl.Qualifiers{{Key: "arch", Value: arch}, {Key: "repository_url", Value: repository}}
	return packageurl.NewPackageURL(packageurl.TypeOCI, "", strings.ToLower(name), digest, qualifiers, "").ToString()
}

// ParseGo is the reverse of Go for a module whose path has only lower-case letters:
// it refuses URLs that Go would write differently.
func ParseGo(text string) (path, version string, err error) {
	p, err := parse(text, packageurl.TypeGolang)
	if err != nil {
		return "", "", err
	}
	path = strings.TrimPrefix(p.Namespace+"/"+p.Name, "/")
	return path, p.Version, canonical(text, Go(path, p.Version))
}

// A DebianPackage is one installed package.
type DebianPackage struct {
	Name         string // "libc6"
	Architecture string // "amd64"
	Version      string // "2.41-12"
}

// ParseDebianPackage reads the form of bootzip.lock,
// "name:architecture=version".
func ParseDebianPackage(line string) (DebianPackage, error) {
	qualified, version, ok := strings.Cut(line, "=")
	name, arch, qualifiedOK := strings.Cut(qualified, ":")
	if !ok || !qualifiedOK || name == "" || arch == "" || version == "" || strings.ContainsAny(line, " \t\n/") || strings.Contains(version, "=") {
		return DebianPackage{}, fmt.Errorf("package %q does not have the form name:architecture=version", line)
	}
	return DebianPackage{Name: name, Architecture: arch, Version: version}, nil
}

func (p DebianPackage) String() string { return p.Name + ":" + p.Architecture + "=" + p.Version }

// URL returns the package's URL.
func (p DebianPackage) URL() string { return p.URLIn("") }

// URLIn is URL with the release of Debian, such as "13"; "" omits it.
func (p DebianPackage) URLIn(release string) string {
	qualifiers := packageurl.Qualifiers{{Key: "arch", Value: p.Architecture}}
	if release != "" {
		qualifiers = append(qualifiers, packageurl.Qualifier{Key: "distro", Value: "debian-" + release})
	}
	return packageurl.NewPackageURL(packageurl.TypeDebian, "debian", p.Name, p.Version, qualifiers, "").ToString()
}

// DebianRelease returns the release of Debian that has these packages, such as "13":
// the integer part of the version of base-files, which contains
// /etc/debian_version; "" if it is unknown.
func DebianRelease(packages []string) string {
	for _, line := range packages {
		p, err := ParseDebianPackage(line)
		if err != nil || p.Name != "base-files" {
			continue
		}
		return p.Version[:len(p.Version)-len(strings.TrimLeft(p.Version, "0123456789"))]
	}
	return ""
}

// ParseDebian is the reverse of [DebianPackage.URL], and refuses URLs that it would
// write differently.
func ParseDebian(text string) (DebianPackage, error) {
	u, err := parse(text, packageurl.TypeDebian)
	if err != nil {
		return DebianPackage{}, err
	}
	p := DebianPackage{Name: u.Name, Architecture: u.Qualifiers.Map()["arch"], Version: u.Version}
	if p, err = ParseDebianPackage(p.String()); err != nil {
		return p, fmt.Errorf("package URL %q: %w", text, err)
	}
	return p, canonical(text, p.URL())
}

func parse(text, kind string) (packageurl.PackageURL, error) {
	p, err := packageurl.FromString(text)
	if err != nil {
		return p, fmt.Errorf("package URL %q: %w", text, err)
	}
	if p.Type != kind {
		return p, fmt.Errorf("package URL %q is not of type %q", text, kind)
	}
	return p, nil
}

func canonical(text, want string) error {
	if text != want {
		return fmt.Errorf("package URL %q is not in its canonical form, %q", text, want)
	}
	return nil
}
