package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/suggest"
)

// maxName is Lambda's limit for a function's name (AWS Lambda API reference,
// CreateFunction, FunctionName: 64 characters).
const maxName = 64

// Architectures lists all of Lambda's architectures.
func Architectures() []Arch { return []Arch{AMD64, ARM64} }

// ParseArch reads an architecture by its GOARCH name. It refuses Lambda's name for AMD64,
// "x86_64", and Linux's for ARM64, "aarch64", with an error that says what bootzip calls
// them: each architecture has one name in all file names and manifests.
func ParseArch(s string) (Arch, error) {
	if slices.Contains(Architectures(), Arch(s)) {
		return Arch(s), nil
	}
	switch strings.ToLower(s) {
	case "x86_64", "x86-64", "x64":
		return "", fmt.Errorf("architecture %q is called %q here", s, AMD64)
	case "aarch64", "arm64v8":
		return "", fmt.Errorf("architecture %q is called %q here", s, ARM64)
	}
	return "", fmt.Errorf("architecture %q is not one of Lambda's: amd64, arm64", s)
}

// CheckName returns an error, with a hint, unless a function may have the
// name.
func CheckName(name string) error {
	switch {
	case name == "":
		return hint.New(nameHint, "function name is empty")
	case len(name) > maxName:
		return hint.New(nameHint, "function name %q has %d characters, Lambda allows %d", name, len(name), maxName)
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return hint.New(nameHint, "function name %q has %q in it", name, r)
		}
	}
	if name[0] == '-' {
		return hint.New(nameHint, "function name %q begins with '-', which reads as a flag", name)
	}
	return nil
}

const nameHint = "use lower-case letters, digits, '-' and '_', 64 at most"

// didYouMean returns the hint for a word that is not one of candidates.
func didYouMean(s string, candidates []string) string {
	all := "known are: " + strings.Join(candidates, ", ")
	if n := suggest.Word(s, candidates); n != "" {
		return fmt.Sprintf("did you mean %q? %s", n, all)
	}
	return all
}
