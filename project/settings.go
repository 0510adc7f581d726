package project

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Lambda's bounds (AWS Lambda developer guide, "Lambda quotas"): MB of memory,
// seconds of an invocation, layers of a function.
const (
	MinMemory  = 128
	MaxMemory  = 10240
	MaxTimeout = 900
	maxLayers  = 5
)

var kindNames = []string{"function", string(KindExtension), string(KindLayer)}

func (c *functionReader) kind(n *yaml.Node) (Kind, error) {
	name, err := c.oneOf(n, "kind", kindNames)
	if name == kindNames[0] {
		name = ""
	}
	return Kind(name), err
}

// buildTag is a build tag of Go (go/build/constraint).
var buildTag = regexp.MustCompile(`^[\pL\pN_.]+$`)

func (c *functionReader) tags(n *yaml.Node) ([]string, error) {
	all, err := c.names(n, "tags")
	for i, tag := range all {
		if !buildTag.MatchString(tag) {
			return nil, errorAt(c.pos(resolve(n).Content[i]), "letters, digits, '_' and '.', one tag in each entry", "invalid build tag %q", tag)
		}
	}
	return all, err
}

// variable is a name as the linker's -X takes it: import path, dot, identifier.
var variable = regexp.MustCompile(`^[^\s"'=]+\.[\pL_][\pL\pN_]*$`)

// placeholder matches placeholders in values of ldflags and labels.
var placeholder = regexp.MustCompile(`\$\{[^}]*\}?`)

func (c *functionReader) ldflags(n *yaml.Node) (map[string]string, error) {
	return c.values(n, "ldflags", func(key, value *yaml.Node, text string) error {
		if !variable.MatchString(key.Value) {
			return errorAt(c.pos(key), "write PACKAGE.VARIABLE: VALUE, such as main.version: v1.2.3", "invalid variable %q in ldflags", key.Value)
		}
		if strings.ContainsAny(text, "'\n\r\x00") && strings.Contains(text, `"`) || strings.ContainsAny(text, "\n\r\x00") {
			return errorAt(c.pos(value), "use one kind of quotes, and one line", "the go command cannot take the value %q", text)
		}
		return c.placeholders(value, text, "ldflags")
	})
}

// placeholders refuses unknown placeholders.
func (d decoder) placeholders(n *yaml.Node, text, what string) error {
	for _, p := range placeholder.FindAllString(text, -1) {
		if p != "${tag}" && p != "${commit}" {
			return errorAt(d.pos(n), "known are ${tag} and ${commit}: what else changes would change the bytes", "unknown placeholder %q in %s", p, what)
		}
	}
	return nil
}

func (c *functionReader) cgo(n *yaml.Node) (string, error) {
	text, err := c.text(n, "cgo")
	switch {
	case err != nil:
		return "", err
	case text == "off":
		return "", nil
	case text != "static":
		return "", errorAt(c.pos(n), "write static, or remove the key", "unknown value %q of cgo", text)
	}
	return text, nil
}

// envName is a name that Lambda accepts (API reference, Environment).
var envName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)

func (c *functionReader) env(n *yaml.Node) (map[string]string, error) {
	return c.values(n, "env", func(key, _ *yaml.Node, _ string) error {
		if !envName.MatchString(key.Value) {
			return errorAt(c.pos(key), "a name begins with a letter and has letters, digits and '_'", "invalid name %q in env", key.Value)
		}
		if key.Value == RuntimeAPI {
			return errorAt(c.pos(key), "omit it", "%s in env is Lambda's own: it says where the function gets its events", key.Value)
		}
		return nil
	})
}

// labels reads the labels of an image.
func (c *functionReader) labels(n *yaml.Node) (map[string]string, error) {
	return c.values(n, "labels", func(_, value *yaml.Node, text string) error { return c.placeholders(value, text, "labels") })
}

// values reads a mapping whose values are texts, which may be empty. check refuses a key or
// its value.
func (d decoder) values(n *yaml.Node, what string, check func(key, value *yaml.Node, text string) error) (map[string]string, error) {
	all := map[string]string{}
	err := d.pairs(n, what, func(key, value *yaml.Node) (err error) {
		text := ""
		if r := resolve(value); r.Kind != yaml.ScalarNode || r.Tag != "!!str" || r.Value != "" {
			if text, err = d.text(value, what+"."+key.Value); err != nil {
				return err
			}
		}
		all[key.Value] = text
		return check(key, value, text)
	})
	return all, err
}

func (d decoder) integer(n *yaml.Node, what string, low, high int) (int, error) {
	n = resolve(n)
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil {
		return 0, errorAt(d.pos(n), fmt.Sprintf("write a whole number from %d to %d", low, high), "%s must be a whole number, not %s", what, kindOf(n))
	}
	if v < low || v > high {
		return 0, errorAt(d.pos(n), fmt.Sprintf("write a number from %d to %d", low, high), "%s is %d, which Lambda does not offer", what, v)
	}
	return v, nil
}

func (c *functionReader) layers(n *yaml.Node) ([]string, error) {
	all, err := c.names(n, "layers")
	if err != nil {
		return nil, err
	}
	if len(all) > maxLayers {
		return nil, errorAt(c.pos(n), "join some of them", "%d layers, and a function has %d at most", len(all), maxLayers)
	}
	for i, name := range all {
		all[i], err = c.below(resolve(n).Content[i], name, "give a zip of the project, relative to bootzip.yaml, with '/'", "layer")
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// event returns a file of the project, or the name of a ready-made event.
func (c *functionReader) event(n *yaml.Node) (string, error) {
	text, err := c.text(n, "event")
	if err != nil {
		return "", err
	}
	return c.below(n, text, "give a file of the project, relative to bootzip.yaml, with '/', or a name that bootzip event list shows", "event")
}

// below returns the clean form of a path, and refuses one that leaves the project with the
// hint fix. The path need not exist.
func (d decoder) below(n *yaml.Node, text, fix, what string) (string, error) {
	name := path.Clean(text)
	if !fs.ValidPath(name) || strings.Contains(name, `\`) {
		return "", errorAt(d.pos(n), fix, "%s %q is not in the project", what, text)
	}
	return name, nil
}

func (c *functionReader) routes(n *yaml.Node) (routes []Route, err error) {
	all, err := c.names(n, "routes")
	for i, text := range all {
		r, err := ParseRoute(text)
		if err != nil {
			return nil, errorAt(c.pos(resolve(n).Content[i]), "write METHOD /PATH, such as GET /orders/{id}, or $default", "route %q: %v", text, err)
		}
		routes = append(routes, r)
	}
	return routes, err
}

// version is a release of Go.
var version = regexp.MustCompile(`^1\.[0-9]+\.[0-9]+$`)

func (f *file) goVersion(n *yaml.Node) (string, error) {
	text, err := f.text(n, "go")
	if err != nil {
		if r := resolve(n); r.Kind == yaml.ScalarNode && r.Tag == "!!float" {
			return "", errorAt(f.pos(n), "give all three numbers, such as 1.26.8", "go must be a release of Go, not %s", kindOf(r))
		}
		return "", err
	}
	if text = strings.TrimPrefix(text, "go"); !version.MatchString(text) {
		return "", errorAt(f.pos(n), "give all three numbers, such as 1.26.8", "go %q is not a release of Go", text)
	}
	return "go" + text, nil
}

// baseReference is a reference with a digest (OCI distribution specification, "Pulling
// manifests").
var baseReference = regexp.MustCompile(`^docker://[^@\s]+@sha256:[0-9a-f]{64}$`)

// base reads the base of an image.
func (c *functionReader) base(n *yaml.Node) (string, error) {
	text, err := c.text(n, "base")
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(text, "docker://") {
		if !baseReference.MatchString(text) {
			return "", errorAt(c.pos(n), "give docker://REGISTRY/NAME@sha256:DIGEST, as skopeo inspect or docker buildx imagetools inspect says it", "base %q has no digest: a tag moves, and the image with it", text)
		}
		return text, nil
	}
	return c.below(n, text, "give an OCI image layout of the project, a directory or a tar, relative to bootzip.yaml, or docker://REGISTRY/NAME@sha256:DIGEST", "base")
}

// image reads whether an image is made, or the settings of the image.
func (c *functionReader) image(n *yaml.Node) (err error) {
	if resolve(n).Kind == yaml.ScalarNode {
		c.f.Image, err = c.boolean(n, "image")
		return err
	}
	c.f.Image = true
	return c.fields(n, "image", map[string]func(*yaml.Node) error{
		"base":         into(&c.f.ImageBase, c.base),
		"certificates": intoNamed(&c.f.ImageCertificates, c.boolean, "certificates"),
		"zones":        intoNamed(&c.f.ImageZones, c.boolean, "zones"),
		"labels":       into(&c.f.ImageLabels, c.labels),
	})
}
