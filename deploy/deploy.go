// Package deploy reads the files that deploy functions. Package pipeline compares them
// with the zips and with bootzip.yaml.
//
// These are templates of AWS CloudFormation and SAM (YAML or JSON, also those in
// cdk.out), serverless.yml of the Serverless Framework and osls, Terraform's
// configuration (.tf) and its plan as JSON (terraform show -json PLAN). What is known
// only at the deploy, such as a parameter without a default, is never guessed: it is
// kept as unresolved, with the reason.
package deploy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/internal/hint"
)

// A Kind is what a deploy file is for.
type Kind string

// The kinds.
const (
	CloudFormation Kind = "CloudFormation template"
	SAM            Kind = "SAM template"
	Serverless     Kind = "serverless.yml"
	Terraform      Kind = "Terraform configuration"
	TerraformPlan  Kind = "Terraform plan"
)

// A File is a deploy file.
type File struct {
	Path      string // as it was given
	Kind      Kind
	Functions []Function // in the order of the file
	Open      string     // why Functions may be incomplete; empty: they are complete
	Size      int64      // in bytes
	SHA256    string
}

// is notes the size and digest of a file's content.
func (f *File) is(data []byte) {
	f.Size, f.SHA256 = int64(len(data)), fmt.Sprintf("%x", sha256.Sum256(data))
}

// A Position is a place in a deploy file. Lines and columns count from 1; a zero Line
// means that it is unknown.
type Position struct{ Line, Column int }

// A Value is a setting of a function.
type Value struct {
	Text       string
	Unresolved string // why it is unknown; empty: Text is the value
	Position
}

// IsSet reports whether the file has the setting.
func (v Value) IsSet() bool { return v != Value{} }

// Known reports whether the file has the setting, and its value is known.
func (v Value) Known() bool { return v.IsSet() && v.Unresolved == "" }

// A Function is an entry of a deploy file: a function, or a version of a layer, which
// has a name, Architectures and Runtimes (those it is compatible with; none: all), and
// Code.
type Function struct {
	Name string // logical id, key or address of the resource
	File string // of the entry, where it is not File.Path: one of several .tf files
	Position

	Layer    bool    // it is a version of a layer
	Runtimes []Value // of a layer

	FunctionName  Value
	Runtime       Value
	Architectures []Value // none: x86_64
	Handler       Value
	PackageType   Value // Zip or Image
	Image         Value // URI
	Code          Value // path, absolute or relative to the working directory; empty where the code is elsewhere, as in S3
	Memory        Value // MB
	Timeout       Value // seconds
	Layers        []Value
	Environment   []Value // names
	OpenEnv       string  // why Environment may be incomplete; empty: it is complete
	Routes        []Value // of an HTTP API, such as "GET /orders/{id}" and "$default"; of templates of SAM and serverless.yml
}

// maxFile is the size in bytes of the largest deploy file that is read. A plan of
// Terraform contains a complete state.
const maxFile = 64 << 20

// errNoDeployFile is wrapped in the error for a file of an unknown kind.
var errNoDeployFile = errors.New("it is not a deploy file that bootzip reads")

func notDeployFile(path string) error {
	return hint.Wrap(fmt.Errorf("deploy file %q: %w", path, errNoDeployFile),
		"give a CloudFormation or SAM template, a serverless.yml, a .tf file, or a plan of Terraform as JSON")
}

// Read reads a deploy file. For a .tf file it reads all .tf files of the directory, as
// Terraform does. Errors name the file, and the place that cannot be parsed.
func Read(path string) (File, error) {
	if strings.HasSuffix(path, ".tf") {
		return readTerraform(path)
	}
	opened, err := os.Open(path) // it may be a pipe of the shell
	if err != nil {
		return File{}, err
	}
	defer opened.Close()
	if info, err := opened.Stat(); err != nil || info.IsDir() {
		return File{}, cmp.Or(err, notDeployFile(path))
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return File{}, err
	}
	if len(data) > maxFile {
		return File{}, notDeployFile(path)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return File{}, unreadable(path, errors.New(strings.TrimPrefix(err.Error(), "yaml: ")), data) // it may be JSON
	}
	f := File{Path: path}
	f.is(data)
	if merge(&doc, maxSteps) < 0 {
		return f, fmt.Errorf("deploy file %q: its merge keys (<<) stand for more than %d keys", path, maxSteps)
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode {
		root = doc.Content[0]
	}
	switch {
	case get(root, "planned_values") != nil:
		f.Kind = TerraformPlan
		f.Functions = planModule(get(root, "planned_values", "root_module"), unknownOf(root), filepath.Dir(path))
	case get(root, "Resources") != nil:
		f.Kind = CloudFormation
		if get(root, "Transform") != nil {
			f.Kind = SAM
		}
		t := template{root: root, dir: filepath.Dir(path)}
		f.Functions, f.Open = t.functions(), t.open()
	case get(root, "service") != nil && get(root, "provider") != nil:
		f.Kind = Serverless
		s := serverless{root: root, dir: filepath.Dir(path)}
		f.Functions, f.Open = s.functions(), s.open
	default:
		return f, notDeployFile(path)
	}
	return f, nil
}

// Limits of resolving, so that references that double in size at each level cost little.
const (
	maxDepth = 50     // of references in references
	maxSteps = 100000 // references in one file
	maxText  = 64 << 10
)

// unreadable returns the error for a text that cannot be parsed. A text without any of the
// words of deploy files belongs to another tool, whose templates need not be YAML.
func unreadable(path string, err error, text []byte) error {
	err = hint.New("correct the file at that place", "deploy file %q: %w", path, err)
	for _, word := range []string{"AWS::", "provider:", "aws_lambda_function", "planned_values"} {
		if bytes.Contains(text, []byte(word)) {
			return err
		}
	}
	return fmt.Errorf("%w; %w", err, errNoDeployFile)
}

// names are the patterns that Find looks for.
var names = []string{
	"template.yaml", "template.yml", "template.json", "serverless.yml", "serverless.yaml", terraformFiles, "cdk.out/*.template.json",
}

// glob returns the paths of the files in a directory that match a pattern. The name of the
// directory itself may have any characters.
func glob(dir, pattern string) ([]string, error) {
	paths, err := fs.Glob(os.DirFS(cmp.Or(dir, ".")), pattern)
	for i, path := range paths {
		paths[i] = filepath.Join(dir, filepath.FromSlash(path))
	}
	return paths, err
}

// Find returns the deploy files in a directory, by their usual names. One .tf file stands
// for all of them. Templates that are not for AWS are omitted.
func Find(dir string) ([]File, error) {
	var found []File
	for _, name := range names {
		paths, err := glob(dir, name)
		if err != nil {
			return nil, err
		}
		if name == terraformFiles && len(paths) > 1 {
			paths = paths[:1]
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
				continue
			}
			f, err := Read(path)
			if errors.Is(err, errNoDeployFile) || errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found = append(found, f)
		}
	}
	return found, nil
}

// at returns the position of a node.
func at(n *yaml.Node) Position { return Position{n.Line, n.Column} }

// get follows keys through nested mappings. It returns nil if one is missing.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		n = follow(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		i := 0
		for i < len(n.Content) && n.Content[i].Value != key {
			i += 2
		}
		if i >= len(n.Content) {
			return nil
		}
		n = n.Content[i+1]
	}
	return follow(n)
}

// merge replaces the merge keys of YAML (<<) in n and below with what they stand for. Of
// equal keys it keeps the last, as PyYAML, SAM's parser, does. left is how many keys may
// be merged in the file; merge returns how many remain.
func merge(n *yaml.Node, left int) int {
	for _, c := range n.Content {
		left = merge(c, left)
	}
	if n.Kind != yaml.MappingNode {
		return left
	}
	last, own := map[string]*yaml.Node{}, pairs(n)
	for _, p := range own {
		if p[0].Tag != "!!merge" {
			last[p[0].Value] = p[0]
		}
	}
	n.Content = nil
	for _, merged := range []bool{false, true} { // keys of the mapping itself come first
		for _, p := range own {
			switch {
			case (p[0].Tag == "!!merge") != merged:
			case !merged:
				if last[p[0].Value] == p[0] {
					n.Content = append(n.Content, p[:]...)
				}
			default:
				for _, m := range items(p[1]) {
					for _, p := range pairs(m) {
						if left--; left >= 0 && last[p[0].Value] == nil {
							last[p[0].Value] = p[0]
							n.Content = append(n.Content, p[:]...)
						}
					}
				}
			}
		}
	}
	return left
}

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// pairs returns the keys and values of a mapping.
func pairs(n *yaml.Node) (all [][2]*yaml.Node) {
	if n = follow(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, [2]*yaml.Node{n.Content[i], follow(n.Content[i+1])})
	}
	return all
}

// items returns the items of a list; anything else counts as a list of one.
func items(n *yaml.Node) (all []*yaml.Node) {
	switch n = follow(n); {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			all = append(all, follow(c))
		}
	default:
		all = append(all, n)
	}
	return all
}

// isNull reports whether a node is YAML's null.
func isNull(n *yaml.Node) bool { return n != nil && n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// hasOwnTag reports whether a node has a tag that is not YAML's, such as !Ref.
func hasOwnTag(n *yaml.Node) bool {
	return strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")
}

// literal returns a node's text as a value.
func literal(n *yaml.Node) Value { return Value{Text: n.Value, Position: at(n)} }

// keyNames returns the keys of a mapping.
func keyNames(n *yaml.Node) (all []Value) {
	for _, p := range pairs(n) {
		all = append(all, literal(p[0]))
	}
	return all
}

// located makes a path that is relative to the deploy file's directory relative to the
// working directory.
func (v Value) located(dir string) Value {
	if v.Unresolved == "" && v.Text != "" && !filepath.IsAbs(v.Text) {
		v.Text = filepath.Join(dir, filepath.FromSlash(v.Text))
	}
	return v
}

// unresolved returns an unknown value with the reason.
func unresolved(p Position, format string, args ...any) Value {
	return Value{Unresolved: fmt.Sprintf(format, args...), Position: p}
}

// OSOnly reports whether a runtime is OS-only, which means that the zip has a bootstrap.
func OSOnly(runtime string) bool {
	return slices.Contains([]string{"provided", "provided.al2", "provided.al2023"}, runtime)
}
