package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/bootzip/bootzip/internal/hint"
)

// Packages makes packages of the executables in dist, in dist/packages: for npm, Debian, RPM, and images.
// Their bytes are the same each time. docs/maintainers.md says what becomes of them.
func Packages(ctx context.Context,
	version string, // that of the executables, such as v1.2.3
) error {
	changes, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	if semver.Prerelease(version) == "" && !strings.Contains(string(changes), "\n## "+version+" ") {
		return errors.New(withHint(hint.New("go tool mage cut "+version, "CHANGELOG.md has no section for %s", version)))
	}
	return goCommand(ctx, "-C", "release/packages", "run", ".", "-version="+version)
}

const (
	unreleased  = "\n## Unreleased\n"
	versionFile = "internal/command/version.go"
)

var nextVersion = regexp.MustCompile(`(?m)^const development = "(v[0-9.]+)-devel"$`)

// Cut gives what CHANGELOG.md has under Unreleased a version, and makes the version of checkouts the one after it.
func Cut(
	version string, // of the release, such as v1.2.3
) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version || semver.Prerelease(version) != "" {
		return misuse(hint.New("write it as in v1.2.3; a pre-release needs no section", "%q is not a version of a release", version))
	}
	changes, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	program, err := os.ReadFile(versionFile)
	if err != nil {
		return err
	}
	cut, next, err := cutVersion(string(changes), string(program), version, time.Now().UTC())
	if err != nil {
		return errors.New(withHint(err))
	}
	return errors.Join(os.WriteFile("CHANGELOG.md", []byte(cut), 0o644), os.WriteFile(versionFile, []byte(next), 0o644))
}

// cutVersion returns the changelog with a section for the version, and versionFile with the
// next minor version.
func cutVersion(changes, program, version string, day time.Time) (cut, next string, err error) {
	before, after, found := strings.Cut(changes, unreleased)
	released, _, _ := strings.Cut(after, "\n## ")
	switch {
	case strings.Contains(changes, "\n## "+version+" "):
		return "", "", hint.New("take the next number", "CHANGELOG.md has a section for %s", version)
	case !found || strings.TrimSpace(released) == "":
		return "", "", hint.New("write what has changed under ## Unreleased", "CHANGELOG.md has nothing for %s", version)
	case !nextVersion.MatchString(program):
		return "", "", hint.New("correct "+versionFile, "the version of checkouts is not found")
	}
	var minor int
	if _, err := fmt.Sscanf(strings.TrimPrefix(semver.MajorMinor(version), semver.Major(version)+"."), "%d", &minor); err != nil {
		return "", "", err
	}
	following := fmt.Sprintf("%s.%d.0", semver.Major(version), minor+1)
	return before + unreleased + "\n## " + version + " – " + day.Format(time.DateOnly) + "\n" + after,
		nextVersion.ReplaceAllString(program, `const development = "`+following+`-devel"`), nil
}
