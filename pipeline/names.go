package pipeline

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
)

// Names maps functions to their deployed names, which Serverless, SAM and the CDK make
// from the names of the stack and the function. A function that is not in it is deployed
// under its own name.
type Names map[string][]string

// check returns an error for a function without a zip.
func (n Names) check(zips []pack.Zip) error {
	for _, function := range slices.Sorted(maps.Keys(n)) {
		if !slices.ContainsFunc(zips, func(z pack.Zip) bool { return z.Function == function }) {
			return fmt.Errorf("function %q, which has the name %q where it is deployed, has no zip", function, n[function][0])
		}
	}
	return nil
}

func (n Names) add(function, name string) {
	if !slices.Contains(n[function], name) {
		n[function] = append(n[function], name)
	}
}

// DeployedNames returns the names under which deploy files deploy functions of the project,
// as far as they can be resolved or the stack has them. Zips are compared by path, and those
// that were checked by content as well. A function of the stack that is in no deploy file is
// found by its logical id.
func DeployedNames(c DeployConfig, files []deploy.File, stack Stack) Names {
	names := Names{}
	left := maps.Clone(stack)
	for _, f := range files {
		x := deployCheck{DeployConfig: c, file: f}
		for _, e := range f.Functions {
			_, of := x.match(e)
			if of == nil || e.Layer {
				continue
			}
			deployed, ok := stack[e.Name]
			switch {
			case ok:
				delete(left, e.Name)
				names.add(of.Name, deployed)
			case e.FunctionName.Known():
				names.add(of.Name, e.FunctionName.Text)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		x := deployCheck{DeployConfig: c}
		for _, name := range []string{id, cdkHash.ReplaceAllString(id, "")} {
			if _, of := x.match(deploy.Function{Name: name, FunctionName: deploy.Value{Text: left[id]}}); of != nil {
				names.add(of.Name, left[id])
				break
			}
		}
	}
	return names
}

// cdkHash ends the logical ids that CDK makes.
var cdkHash = regexp.MustCompile(`[0-9A-F]{8}$`)

// A Stack is what CloudFormation deployed: names of functions by their logical ids.
type Stack map[string]string

// ReadStack reads the functions of a stack from what
// `aws cloudformation describe-stack-resources` or `list-stack-resources` prints, from
// outputs with a function's ARN or name that `describe-stacks` prints, or from what
// `cdk deploy --outputs-file` writes. name says in errors where data was read from. It is an
// error if data names no function.
func ReadStack(data []byte, name string) (Stack, error) {
	type resource struct{ LogicalResourceID, PhysicalResourceID, ResourceType string }
	var document struct {
		Resources []resource `json:"StackResources"`
		Summaries []resource `json:"StackResourceSummaries"`
		Stacks    []struct {
			Outputs []struct{ OutputKey, OutputValue string }
		}
	}
	stack := Stack{}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, r := range append(document.Resources, document.Summaries...) {
		if r.ResourceType == "AWS::Lambda::Function" && r.PhysicalResourceID != "" {
			stack[r.LogicalResourceID] = r.PhysicalResourceID
		}
	}
	for _, s := range document.Stacks {
		for _, o := range s.Outputs {
			stack.output(o.OutputKey, o.OutputValue)
		}
	}
	if document.Resources == nil && document.Summaries == nil && document.Stacks == nil {
		var outputs map[string]map[string]string
		if err := json.Unmarshal(data, &outputs); err != nil {
			return nil, hint.New("give what aws cloudformation describe-stack-resources or describe-stacks prints, or cdk deploy --outputs-file writes", "%s: it contains no stack", name)
		}
		for _, o := range outputs {
			for key, value := range o {
				stack.output(key, value)
			}
		}
	}
	if len(stack) == 0 {
		return nil, hint.New("give what aws cloudformation describe-stack-resources prints", "%s: it names no function", name)
	}
	return stack, nil
}

var (
	// functionARN is that of a function, or of a version or alias of it (IAM's service
	// authorization reference, "AWS Lambda", resource types).
	functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:([a-zA-Z0-9_-]+)(:.*)?$`)
	// outputWord ends the keys of outputs: HelloFunctionArn, HelloLambdaFunctionQualifiedArn.
	outputWord = regexp.MustCompile(`(Lambda)?(Function)?(Qualified)?(Arn|ARN|Name)$`)
)

// output adds what an output says, if it is about a function.
func (s Stack) output(key, value string) {
	id := outputWord.ReplaceAllString(key, "")
	if m := functionARN.FindStringSubmatch(value); m != nil {
		s[id] = m[1]
	} else if strings.HasSuffix(key, "FunctionName") && !strings.ContainsAny(value, ":/") && value != "" {
		s[id] = value
	}
}
