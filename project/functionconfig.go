package project

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"

	"go.yaml.in/yaml/v4"
)

// A functionReader reads one entry of functions into f.
type functionReader struct {
	decoder
	paths
	f Function

	// Paths are checked once all keys are read: an asset's default name depends on the
	// source.
	source       string
	sourcePos    Position
	assetsNode   *yaml.Node
	languageNode *yaml.Node
}

func (c *functionReader) function(value *yaml.Node) error {
	f := &c.f
	if err := CheckName(f.Name); err != nil {
		return errorAt(f.Pos, nameHint, "%v", err)
	}
	what := fmt.Sprintf("function %q", f.Name)
	c.source, c.sourcePos = f.Name, f.Pos
	if n := resolve(value); n.Kind != yaml.ScalarNode || n.Tag != "!!null" { // "hello:" has every default
		if err := c.fields(value, what, byKey("function", functionKeys(c))); err != nil {
			return err
		}
	}
	var err error
	if c.sourcePos == f.Pos && !c.isDir(c.source) && c.isDir("cmd/"+c.source) {
		c.source = "cmd/" + c.source // where Go's programs usually are
	}
	if f.Source, err = c.directory(c.source); err != nil {
		return errorAt(c.sourcePos, "source is a directory of the project, relative to bootzip.yaml", "source of %s: %v", what, err)
	}
	if f.Kind.IsLayer() && (f.Image || f.SnapStart) {
		return errorAt(f.Pos, "remove image and snapstart: layers do not exist for functions that are images", "%s is a layer, and of a layer no image is made", what)
	}
	if f.Kind == KindLayer {
		if c.languageNode != nil || len(f.Command) > 0 || len(f.Handlers) > 0 {
			return errorAt(f.Pos, "remove language, command and handlers, or make it a function", "%s is a layer of assets, which has no program", what)
		}
		if c.assetsNode == nil {
			return errorAt(f.Pos, "add assets: [lib], which becomes /opt/lib", "%s is a layer without assets", what)
		}
		f.Assets, err = c.assets(f.Source, c.assetsNode)
		return err
	}
	if f.Language, err = c.language(c.languageNode); err != nil {
		return err
	}
	if f.Language == Command && len(f.Command) == 0 {
		return errorAt(f.Pos, "add command: [PROGRAM, ARGUMENT, …], which leaves $OUT/bootstrap", "%s has the language command and no command", what)
	}
	if f.Language != Command && len(f.Command) > 0 {
		return errorAt(f.Pos, "add language: command, or remove the command", "%s has a command, and the language %s needs none", what, f.Language)
	}
	if f.Language != Go && len(f.Tags)+len(f.Ldflags)+len(f.Cgo) > 0 {
		return errorAt(f.Pos, "remove them", "%s is in the language %s, and tags, ldflags and cgo are Go's", what, f.Language)
	}
	if f.Kind == KindExtension && len(f.Handlers) > 0 {
		return errorAt(f.Pos, "remove handlers", "%s is an extension, which has no handlers", what)
	}
	if c.assetsNode != nil {
		f.Assets, err = c.assets(f.Source, c.assetsNode)
	}
	return err
}

func (c *functionReader) language(n *yaml.Node) (Language, error) {
	f := c.f
	if n == nil {
		if len(f.Command) > 0 {
			return Command, nil
		}
		language, err := findLanguage(os.DirFS(c.root), f.Source)
		if err != nil {
			return "", errorAt(f.Pos, "write the program, or set source: and language: (go, crystal, c, rust, nim or command)", "function %q: %v", f.Name, err)
		}
		return language, nil
	}
	name, err := c.text(n, "language")
	if err != nil {
		return "", err
	}
	if !slices.Contains(Languages(), Language(name)) {
		return "", errorAt(c.pos(n), didYouMean(name, languageNames())+"; any other language goes by language: command", "unknown language %q", name)
	}
	return Language(name), nil
}

// assets reads the list of assets, and replaces directories by their files, sorted by
// name.
func (c *functionReader) assets(source string, n *yaml.Node) ([]Asset, error) {
	var all []Asset
	taken := assetNames{}
	err := c.list(n, "assets", func(element *yaml.Node) error {
		element = resolve(element)
		var a Asset
		var err error
		if element.Kind == yaml.MappingNode {
			err = c.fields(element, "an asset", map[string]func(*yaml.Node) error{
				"source":     intoNamed(&a.Source, c.text, "source"),
				"name":       intoNamed(&a.Name, c.text, "name"),
				"executable": intoNamed(&a.Executable, c.boolean, "executable"),
			})
			if err == nil && a.Source == "" {
				err = errorAt(c.pos(element), "add source: FILE", "an asset has no source")
			}
		} else {
			a.Source, err = c.text(element, "an asset")
		}
		if err != nil {
			return err
		}
		files, err := c.asset(source, a)
		if err != nil {
			return errorAt(c.pos(element), "an asset is a file or directory of the project, relative to the function's source; name: says where it goes in the zip", "%v", err)
		}
		for _, file := range files {
			if err := taken.add(file.Name, element.Line); err != nil {
				return errorAt(c.pos(element), "give one of them another name:", "%v", err)
			}
		}
		all = append(all, files...)
		return nil
	})
	return all, err
}

// asset returns the files of one entry of assets.
func (c *functionReader) asset(source string, a Asset) ([]Asset, error) {
	from, err := c.inProject(path.Join(source, a.Source), a.Source)
	if err != nil {
		return nil, fmt.Errorf("asset %q: %w", a.Source, err)
	}
	name := cmp.Or(a.Name, relativeTo(source, from))
	if err := checkAssetName(name); err != nil {
		return nil, fmt.Errorf("asset %q: %w", a.Source, err)
	}
	c.f.AssetPaths = append(c.f.AssetPaths, from)
	return c.files(Asset{Source: from, Name: path.Clean(name), Executable: a.Executable})
}

func (c *functionReader) checks(n *yaml.Node) ([]CheckRule, error) {
	var all []CheckRule
	err := c.list(n, "checks", func(element *yaml.Node) error {
		rule := CheckRule{Pos: c.pos(element)}
		err := c.fields(element, "an entry of checks", map[string]func(*yaml.Node) error{
			"id":       intoNamed(&rule.ID, c.text, "id"),
			"reason":   intoNamed(&rule.Reason, c.text, "reason"),
			"severity": into(&rule.Severity, func(n *yaml.Node) (string, error) { return c.oneOf(n, "severity", severities) }),
		})
		if err != nil {
			return err
		}
		if rule.ID == "" || rule.Severity == "" || rule.Reason == "" {
			return errorAt(rule.Pos, "an entry needs id, severity and reason: the report shows the reason", "an entry of checks lacks its id, severity or reason")
		}
		if slices.ContainsFunc(all, func(other CheckRule) bool { return other.ID == rule.ID }) {
			return errorAt(rule.Pos, "remove one of the two", "check %q is given twice", rule.ID)
		}
		all = append(all, rule)
		return nil
	})
	return all, err
}
