package purl

import "testing"

func TestGo(t *testing.T) {
	for _, c := range []struct{ path, version, want string }{
		{"golang.org/x/mod", "v0.30.0", "pkg:golang/golang.org/x/mod@v0.30.0"},
		{"github.com/Masterminds/semver", "v1.5.0+incompatible", "pkg:golang/github.com/masterminds/semver@v1.5.0%2Bincompatible"},
		{"std", "1.26.8", "pkg:golang/std@1.26.8"},
		{"example.com/a", "", "pkg:golang/example.com/a"},
	} {
		if got := Go(c.path, c.version); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.path, c.version, got, c.want)
		}
	}
}

func TestParseGo(t *testing.T) {
	path, version, err := ParseGo("pkg:golang/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64")
	if err != nil || path != "golang.org/toolchain" || version != "v0.0.1-go1.26.8.linux-amd64" {
		t.Error(path, version, err)
	}
	for _, bad := range []string{"", "golang.org/x", "pkg:npm/a@1", "pkg:golang/A.org/b@v1", "pkg:golang/a.org/b@v1?x=y", "pkg:golang/a.org/b@v1#c", "pkg://golang/a.org/b@v1"} {
		if path, version, err := ParseGo(bad); err == nil {
			t.Errorf("%q: accepted as %q %q", bad, path, version)
		}
	}
}

func TestDebian(t *testing.T) {
	for line, url := range map[string]string{
		"libc6:amd64=2.41-12":                  "pkg:deb/debian/libc6@2.41-12?arch=amd64",
		"libstdc++-14-dev:arm64=14.2.0-19":     "pkg:deb/debian/libstdc%2B%2B-14-dev@14.2.0-19?arch=arm64",
		"dash:amd64=1:0.5.12-12~deb13+u1":      "pkg:deb/debian/dash@1:0.5.12-12~deb13%2Bu1?arch=amd64",
		"tzdata:all=2026a-0+deb13u1":           "pkg:deb/debian/tzdata@2026a-0%2Bdeb13u1?arch=all",
		"linux-libc-dev:all=6.12.48-1~bpo13+1": "pkg:deb/debian/linux-libc-dev@6.12.48-1~bpo13%2B1?arch=all",
	} {
		p, err := ParseDebianPackage(line)
		if err != nil || p.URL() != url || p.String() != line {
			t.Errorf("%s: %s, want %s; %v", line, p.URL(), url, err)
		}
		back, err := ParseDebian(url)
		if err != nil || back != p {
			t.Errorf("%s: read as %v; %v", url, back, err)
		}
	}
}

func TestBadDebian(t *testing.T) {
	for _, bad := range []string{"", "libc6", "libc6=1", "libc6:amd64", ":amd64=1", "libc6:=1", "libc6:amd64=", "a b:amd64=1", "a:amd64=1=2"} {
		if p, err := ParseDebianPackage(bad); err == nil {
			t.Errorf("%q: accepted as %v", bad, p)
		}
	}
	for _, bad := range []string{"pkg:deb/debian/a@1", "pkg:deb/ubuntu/a@1?arch=amd64", "pkg:deb/debian/a@1?arch=amd64&distro=x", "pkg:deb/debian/A@1?arch=amd64", "pkg:rpm/debian/a@1?arch=amd64"} {
		if p, err := ParseDebian(bad); err == nil {
			t.Errorf("%q: accepted as %v", bad, p)
		}
	}
}
