package project

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/bootzip/bootzip/internal/hint"
)

// Placeholders of names under the key deploy.
const (
	functionPart = "${function}"
	stagePart    = "${stage}"
)

// deployName is a name that Lambda accepts (API reference, CreateFunction).
var deployName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (d decoder) deployNames(n *yaml.Node) ([]string, error) {
	if r := resolve(n); r.Kind == yaml.ScalarNode { // one name
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{r}, Line: r.Line, Column: r.Column}
	}
	all, err := d.names(n, "deploy")
	for i, name := range all {
		if filled := strings.NewReplacer(functionPart, "f", stagePart, "s").Replace(name); !deployName.MatchString(filled) {
			return nil, errorAt(d.pos(resolve(n).Content[i]), "letters, digits, '-' and '_', with ${function} and ${stage}: shop-${stage}-${function}", "invalid name %q in deploy", name)
		}
	}
	return all, err
}

// DeployedNames returns the names under which the function is deployed in a stage; if there
// are none, it is deployed under its own. It returns an error, with a hint, if a name has
// ${stage} and stage is empty, or if Lambda does not accept the name.
func (f Function) DeployedNames(stage string) ([]string, error) {
	var all []string
	for _, name := range f.Deploy {
		if strings.Contains(name, stagePart) && stage == "" {
			return nil, hint.New("give --stage=STAGE", "function %q is deployed as %q, and no stage is given", f.Name, name)
		}
		filled := strings.NewReplacer(functionPart, f.Name, stagePart, stage).Replace(name)
		if !deployName.MatchString(filled) {
			return nil, hint.New("letters, digits, '-' and '_', 64 at most", "function %q is deployed as %q, which Lambda does not allow", f.Name, filled)
		}
		all = append(all, filled)
	}
	return all, nil
}

// IsDeployedAs reports whether the function is deployed under the name in any stage.
func (f Function) IsDeployedAs(name string) bool {
	for _, pattern := range f.Deploy {
		pattern = strings.ReplaceAll(pattern, functionPart, f.Name)
		expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), regexp.QuoteMeta(stagePart), "[a-zA-Z0-9_-]+")
		if regexp.MustCompile("^" + expression + "$").MatchString(name) {
			return true
		}
	}
	return false
}
