package project

import (
	"fmt"
	"path"
	"slices"

	"go.yaml.in/yaml/v4"
)

// functionConfig reads one entry of functions.
type functionConfig struct {
	decoder
	paths
	arch    []Arch // defaults of the file
	runtime Runtime
}

func (c functionConfig) function(key, value *yaml.Node) (Function, error) {
	f := Function{Name: key.Value, Arch: c.arch, Runtime: c.runtime, Pos: c.pos(key)}
	if err := checkName(f.Name); err != nil {
		return f, errorAt(f.Pos, nameHint, "%v", err)
	}
	what := fmt.Sprintf("function %q", f.Name)

	// A path is only checked when all keys are read: an asset's default name
	// depends on the source.
	source, sourcePos := f.Name, f.Pos
	var assets, language *yaml.Node
	err := c.fields(value, what, map[string]func(*yaml.Node) error{
		"source": func(n *yaml.Node) (err error) {
			sourcePos = c.pos(n)
			source, err = c.text(n, "source")
			return err
		},
		"language": func(n *yaml.Node) error { language = n; return nil },
		"arch":     func(n *yaml.Node) (err error) { f.Arch, err = c.decoder.arch(n); return err },
		"runtime":  func(n *yaml.Node) (err error) { f.Runtime, err = c.decoder.runtime(n); return err },
		"handlers": func(n *yaml.Node) (err error) { f.Handlers, err = c.names(n, "handlers"); return err },
		"assets":   func(n *yaml.Node) error { assets = n; return nil },
		"command":  func(n *yaml.Node) (err error) { f.Command, err = c.texts(n, "command"); return err },
		"checks":   func(n *yaml.Node) (err error) { f.Checks, err = c.checks(n); return err },
	})
	if err != nil {
		return f, err
	}
	if f.Source, err = c.folder(source); err != nil {
		return f, errorAt(sourcePos, "source is a folder of the project, relative to bootzip.yaml", "source of %s: %v", what, err)
	}
	if f.Language, err = c.language(f, language); err != nil {
		return f, err
	}
	if f.Language == Command && len(f.Command) == 0 {
		return f, errorAt(f.Pos, "add command: [PROGRAM, ARGUMENT, …], which leaves $OUT/bootstrap", "%s has the language command and no command", what)
	}
	if f.Language != Command && len(f.Command) > 0 {
		return f, errorAt(f.Pos, "add language: command, or remove the command", "%s has a command, and the language %s needs none", what, f.Language)
	}
	if assets != nil {
		f.Assets, err = c.assets(f.Source, assets)
	}
	return f, err
}

func (c functionConfig) language(f Function, n *yaml.Node) (Language, error) {
	if n == nil {
		if len(f.Command) > 0 {
			return Command, nil
		}
		language, err := findLanguage(c.fsys, f.Source)
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

// assets reads the list of assets, and takes folders apart into their files,
// sorted by name.
func (c functionConfig) assets(source string, n *yaml.Node) ([]Asset, error) {
	var all []Asset
	taken := assetNames{}
	err := c.list(n, "assets", func(element *yaml.Node) error {
		element = resolve(element)
		var a Asset
		var err error
		if element.Kind == yaml.MappingNode {
			err = c.fields(element, "an asset", map[string]func(*yaml.Node) error{
				"source":     func(n *yaml.Node) (err error) { a.Source, err = c.text(n, "source"); return err },
				"name":       func(n *yaml.Node) (err error) { a.Name, err = c.text(n, "name"); return err },
				"executable": func(n *yaml.Node) (err error) { a.Executable, err = c.boolean(n, "executable"); return err },
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
			return errorAt(c.pos(element), "an asset is a file or folder of the project, relative to the function's source; name: says where it goes in the zip", "%v", err)
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

// asset returns the files that one entry of assets stands for.
func (c functionConfig) asset(source string, a Asset) ([]Asset, error) {
	from, err := c.inProject(path.Join(source, a.Source), a.Source)
	if err != nil {
		return nil, fmt.Errorf("asset %q: %w", a.Source, err)
	}
	name := a.Name
	if name == "" {
		name = relativeTo(source, from)
	}
	if err := checkAssetName(name); err != nil {
		return nil, fmt.Errorf("asset %q: %w", a.Source, err)
	}
	return c.files(Asset{Source: from, Name: path.Clean(name), Executable: a.Executable})
}

func (c functionConfig) checks(n *yaml.Node) ([]CheckRule, error) {
	var all []CheckRule
	severities := []string{"fail", "warn", "waive"}
	err := c.list(n, "checks", func(element *yaml.Node) error {
		rule := CheckRule{Pos: c.pos(element)}
		err := c.fields(element, "an entry of checks", map[string]func(*yaml.Node) error{
			"id":     func(n *yaml.Node) (err error) { rule.ID, err = c.text(n, "id"); return err },
			"reason": func(n *yaml.Node) (err error) { rule.Reason, err = c.text(n, "reason"); return err },
			"severity": func(n *yaml.Node) (err error) {
				rule.Severity, err = c.text(n, "severity")
				if err == nil && !slices.Contains(severities, rule.Severity) {
					err = errorAt(c.pos(n), didYouMean(rule.Severity, severities), "unknown severity %q", rule.Severity)
				}
				return err
			},
		})
		if err != nil {
			return err
		}
		if rule.ID == "" || rule.Severity == "" || rule.Reason == "" {
			return errorAt(rule.Pos, "an entry needs id, severity and reason: the report shows the reason", "an entry of checks is incomplete")
		}
		for _, other := range all {
			if other.ID == rule.ID {
				return errorAt(rule.Pos, "remove one of the two", "check %q is given twice", rule.ID)
			}
		}
		all = append(all, rule)
		return nil
	})
	return all, err
}
