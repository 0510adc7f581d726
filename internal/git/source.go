package git

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

// commitName is the full name of a commit, with SHA-1 or SHA-256.
var commitName = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// scpLike is git's short form of an ssh address, "git@host:path" (git-fetch,
// "GIT URLS").
var scpLike = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):([^:].*)$`)

// isURL reports whether a source is an address, rather than a directory. An existing
// directory is never an address.
func isURL(source string) bool {
	if info, err := os.Stat(source); err == nil && info.IsDir() {
		return false
	}
	return strings.Contains(source, "://") || scpLike.MatchString(source)
}

// checkURL refuses what git could take for anything but an address.
func checkURL(source string) error {
	const remedy = "use an https://, ssh:// or file:// address, or a directory"
	if scheme, rest, ok := strings.Cut(source, "://"); ok {
		if slices.Contains(strings.Split(transports, ":"), scheme) && rest != "" && !strings.HasPrefix(rest, "-") {
			return nil
		}
		return hint.New(remedy, "unsupported source %q", WithoutCredentials(source))
	}
	if strings.HasPrefix(source, "-") || !scpLike.MatchString(source) {
		return hint.New(remedy, "source %q is neither an address nor a directory", source)
	}
	return nil
}

var credentials = regexp.MustCompile(`://[^/\s]+@`)

// WithoutCredentials removes user and password from the addresses in a text.
func WithoutCredentials(s string) string { return credentials.ReplaceAllString(s, "://") }

// publicURL returns the https address of a remote, without credentials. It returns ""
// for a directory, and for a transport that does not authenticate the server.
func publicURL(remote string) string {
	host, path := "", ""
	if strings.Contains(remote, "://") {
		u, err := url.Parse(remote)
		if err != nil {
			return ""
		}
		switch u.Scheme {
		case "https":
			host = u.Host // with its port
		case "ssh", "git+ssh":
			host = u.Hostname()
		}
		path = u.Path
	} else if m := scpLike.FindStringSubmatch(remote); m != nil && len(m[1]) > 1 {
		host, path = m[1], m[2] // a single letter is a drive of Windows
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if host == "" || path == "" {
		return ""
	}
	return (&url.URL{Scheme: "https", Host: host, Path: "/" + path}).String()
}
