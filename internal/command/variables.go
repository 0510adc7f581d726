package command

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// variables are the environment variables that --env and --env-file give a
// function.
type variables struct {
	pairs []string // KEY=VALUE
	files []string
}

func (v *variables) flags(c *cobra.Command) {
	f := c.Flags()
	// Arrays, not slices: a comma belongs to the value.
	f.StringArrayVar(&v.pairs, "env", nil, "set the variable `KEY=VALUE` for the function; may be repeated")
	f.StringArrayVar(&v.files, "env-file", nil, "read variables from `FILE`, one KEY=VALUE per line; may be repeated")
}

// read returns the variables as KEY=VALUE, those of files first: the last of a name counts,
// so --env overrides --env-file. An error is a misuse, and never shows a value, which may be
// a secret.
func (v variables) read() ([]string, error) {
	var all []string
	for _, file := range v.files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, misuse(hint.Wrap(fmt.Errorf("--env-file: %w", err), "give a file with one KEY=VALUE per line"))
		}
		pairs, err := parseEnvFile(string(text))
		if err != nil {
			return nil, misuse(hint.Wrap(fmt.Errorf("environment file %q: %w", file, err),
				`write KEY=VALUE, a value of several lines as KEY="…", and "#" before a comment`))
		}
		all = append(all, pairs...)
	}
	for _, pair := range v.pairs {
		name, _, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, misuse(hint.New("write --env=KEY=VALUE", "variable %q has no value", name))
		}
		if !variableName.MatchString(name) {
			return nil, misuse(hint.New("write --env=KEY=VALUE, with letters, digits and underscores in KEY", "%q is not a valid variable name", name))
		}
		all = append(all, pair)
	}
	for _, pair := range all {
		if name, _, _ := strings.Cut(pair, "="); name == project.RuntimeAPI {
			return nil, misuse(hint.New("omit it", "variable %s is Lambda's own: it says where the function gets its events", name))
		}
	}
	return all, nil
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseEnvFile reads the lines KEY=VALUE of a file, in the form that env files
// of Docker Compose and Node.js have in common: empty lines and those that
// begin with "#" are skipped, as are "export " before a name and " #" with what
// follows it. A value in single quotes is taken unchanged, one in double quotes
// with the escapes \n, \r, \t, \" and \\; both may have several lines.
//
// It changes nothing else, unlike existing parsers: go-envparse removes the quotes
// from KEY={"a":1} and ends a value at any "#", and godotenv replaces $NAME, both
// silently.
func parseEnvFile(text string) (pairs []string, err error) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n")
	for at := 1; text != ""; {
		line, rest, _ := strings.Cut(text, "\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			text, at = rest, at+1
			continue
		}
		name, _, found := strings.Cut(trimmed, "=")
		name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "export "))
		switch {
		case !found:
			return nil, fmt.Errorf("line %d: there is no =", at)
		case !variableName.MatchString(name):
			return nil, fmt.Errorf("line %d: what stands before = is not a name of a variable", at)
		}
		value := strings.TrimLeft(text[strings.Index(text, "=")+1:], " \t")
		if value != "" && (value[0] == '"' || value[0] == '\'') {
			value, rest, err = quotedValue(value)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", at, err)
			}
		} else {
			value, _, _ = strings.Cut(value, "\n")
			value = strings.TrimSpace(comment.ReplaceAllString(value, ""))
		}
		pairs = append(pairs, name+"="+value)
		at += strings.Count(text[:len(text)-len(rest)], "\n")
		text = rest
	}
	return pairs, nil
}

var (
	comment     = regexp.MustCompile(`(^|[ \t])#.*$`)
	unescape    = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`)
	doubleQuote = regexp.MustCompile(`^"((?:[^"\\]|\\(?s:.))*)"`)
	singleQuote = regexp.MustCompile(`^'([^']*)'`)
)

// quotedValue returns the value in quotes at the beginning of text, and the text from the
// next line on.
func quotedValue(text string) (value, rest string, err error) {
	quoted := singleQuote
	if text[0] == '"' {
		quoted = doubleQuote
	}
	found := quoted.FindStringSubmatch(text)
	if found == nil {
		return "", "", errors.New("the value's closing quote is missing")
	}
	if value = found[1]; text[0] == '"' {
		value = unescape.Replace(value)
	}
	after, rest, _ := strings.Cut(text[len(found[0]):], "\n")
	if after = strings.TrimSpace(after); after != "" && after[0] != '#' {
		return "", "", errors.New("there is something after the value's closing quote")
	}
	return value, rest, nil
}
