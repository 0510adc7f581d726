package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// Deployed describes the functions that are deployed. The zero value has none.
type Deployed struct {
	functions []deployedFunction
}

// A deployedFunction is one line of what Deployed was read from. A manifest
// has all fields, Lambda knows no content digest, and a lone CodeSha256 does
// not name a function.
type deployedFunction struct {
	name       string
	arch       project.Arch // "" if unknown
	runtime    string
	codeSha256 string
	content    string
}

// maxDeployed bounds the input of ReadDeployed, in bytes. Lambda's largest page of
// ListFunctions has 50 functions, and the AWS CLI joins pages.
const maxDeployed = 16 << 20

// ReadDeployed reads what is deployed. It recognises:
//
//   - a manifest.json of an earlier package or release;
//   - what `aws lambda list-functions`, `get-function` or
//     `get-function-configuration` print as JSON (AWS Lambda API reference,
//     FunctionConfiguration: FunctionName, CodeSha256, Architectures,
//     Runtime, Version), one after another, or the list alone (--query
//     Functions); if a list has a function as $LATEST, the function's
//     published versions do not count;
//   - a state of Terraform, as `terraform show -json` prints it (resources
//     aws_lambda_function: function_name, code_sha256 or source_code_hash,
//     architectures, runtime);
//   - lines "NAME CODESHA256" or "NAME CODESHA256 ARCHITECTURE", the words
//     separated by blanks or tabs, as the AWS CLI's --output text gives them;
//   - one CodeSha256 alone, for a project with one function.
//
// Errors use name as the name of the input.
func ReadDeployed(r io.Reader, name string) (Deployed, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDeployed+1))
	if err != nil {
		return Deployed{}, err
	}
	if len(data) > maxDeployed {
		return Deployed{}, fmt.Errorf("%s: larger than %d bytes, so it is not a manifest", name, maxDeployed)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))) // PowerShell begins files with it
	var d Deployed
	switch {
	case len(data) == 0:
		return d, hint.New("give a manifest.json, or what the AWS CLI prints about the functions", "%s: empty input", name)
	case data[0] == '{', data[0] == '[':
		d.functions, err = deployedDocuments(data)
	default:
		d.functions, err = deployedLines(string(data))
	}
	if err == nil {
		err = d.contradiction()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		if hint.Of(err) == "" {
			err = hint.Wrap(err, "give a manifest.json, what `aws lambda list-functions` prints, or lines NAME CODESHA256")
		}
		return Deployed{}, err
	}
	return d, nil
}

// contradiction returns an error if a function has two CodeSha256 for one architecture.
func (d Deployed) contradiction() error {
	type key struct {
		name string
		arch project.Arch
	}
	said := map[key]string{}
	for _, f := range d.functions {
		k := key{f.name, f.arch}
		if before, ok := said[k]; ok && before != f.codeSha256 {
			return fmt.Errorf("function %q has two CodeSha256: %s and %s", f.name, before, f.codeSha256)
		}
		said[k] = f.codeSha256
	}
	return nil
}

// lambdaFunction is Lambda's FunctionConfiguration, as far as it is needed.
type lambdaFunction struct {
	FunctionName  string
	CodeSha256    string
	Architectures []string
	Runtime       string
	Version       string
}

// A terraformModule is a module in a state of Terraform (Terraform's documentation,
// "JSON Output Format", values).
type terraformModule struct {
	Resources []struct {
		Type   string
		Values json.RawMessage
	}
	Children []terraformModule `json:"child_modules"`
}

func (m terraformModule) functions() (all []lambdaFunction, err error) {
	for _, r := range m.Resources {
		if r.Type != "aws_lambda_function" {
			continue
		}
		var v struct {
			FunctionName   string `json:"function_name"`
			CodeSha256     string `json:"code_sha256"`
			SourceCodeHash string `json:"source_code_hash"`
			Architectures  []string
			Runtime        string
		}
		if err := json.Unmarshal(r.Values, &v); err != nil {
			return nil, err
		}
		all = append(all, lambdaFunction{FunctionName: v.FunctionName, CodeSha256: cmp.Or(v.CodeSha256, v.SourceCodeHash), Architectures: v.Architectures, Runtime: v.Runtime})
	}
	for _, child := range m.Children {
		more, err := child.functions()
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// deployedDocuments reads JSON documents that follow one another, as several calls of the AWS
// CLI print them. A list is that of ListFunctions.
func deployedDocuments(data []byte) (all []deployedFunction, err error) {
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var one json.RawMessage
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if one[0] == '[' {
			one = slices.Concat([]byte(`{"Functions":`), one, []byte("}"))
		}
		functions, err := deployedJSON(one)
		if err != nil {
			return nil, err
		}
		all = append(all, functions...)
	}
}

func deployedJSON(data []byte) ([]deployedFunction, error) {
	var document struct {
		Packer        string            // of a manifest
		Zips          []pack.Zip        // of a manifest
		Functions     *[]lambdaFunction // ListFunctions
		NextMarker    string            // of each of its pages except the last
		NextToken     string            // the same from the AWS CLI
		Configuration *lambdaFunction   // GetFunction
		Values        *struct {         // a state of Terraform
			Module terraformModule `json:"root_module"`
		}
		lambdaFunction
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	var all []lambdaFunction
	switch {
	case document.Zips != nil || document.Packer != "":
		var lines []deployedFunction
		for _, z := range document.Zips {
			if z.Content == "" || z.CodeSha256 == "" {
				return nil, fmt.Errorf("zip %q has no digest", z.File)
			}
			lines = append(lines, deployedFunction{z.Function, z.Arch, z.Runtime, z.CodeSha256, z.Content})
		}
		return lines, nil
	case document.Functions != nil && document.NextMarker+document.NextToken != "":
		return nil, hint.New("ask for all of it: aws lambda list-functions without --max-items and --no-paginate", "list of functions is incomplete")
	case document.Functions != nil:
		all = current(*document.Functions)
	case document.Values != nil:
		var err error
		if all, err = document.Values.Module.functions(); err != nil {
			return nil, err
		}
	case document.Configuration != nil:
		all = []lambdaFunction{*document.Configuration}
	case document.CodeSha256 != "":
		all = []lambdaFunction{document.lambdaFunction}
	default:
		return nil, fmt.Errorf("neither a manifest nor an answer of Lambda")
	}
	var lines []deployedFunction
	for _, f := range all {
		line := deployedFunction{name: f.FunctionName, runtime: f.Runtime, codeSha256: f.CodeSha256}
		if len(f.Architectures) > 0 {
			var err error
			if line.arch, err = lambdaArch(f.Architectures[0]); err != nil {
				return nil, fmt.Errorf("function %q: %w", f.FunctionName, err)
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// current drops published versions of functions whose $LATEST is in the list: they
// never change, and a deploy makes a new $LATEST.
func current(list []lambdaFunction) []lambdaFunction {
	const latest = "$LATEST"
	there := map[string]bool{}
	for _, f := range list {
		if f.Version == latest {
			there[f.FunctionName] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(f lambdaFunction) bool { return f.Version != latest && there[f.FunctionName] })
}

func deployedLines(text string) ([]deployedFunction, error) {
	var lines []deployedFunction
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		var f deployedFunction
		switch len(words) {
		case 0:
			continue
		case 1:
			f.codeSha256 = strings.Trim(words[0], `"`) // --query without --output text quotes it
		case 2:
			f.name, f.codeSha256 = words[0], words[1]
		case 3:
			f.name, f.codeSha256 = words[0], words[1]
			var err error
			if f.arch, err = lambdaArch(words[2]); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		default:
			return nil, fmt.Errorf("line %d has %d words", i+1, len(words))
		}
		if !isCodeSha256(f.codeSha256) {
			return nil, fmt.Errorf("line %d: invalid CodeSha256 %q: want 44 characters of base64", i+1, f.codeSha256)
		}
		lines = append(lines, f)
	}
	return lines, nil
}

// isCodeSha256 reports whether s looks like 32 bytes in base64.
func isCodeSha256(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return len(s) == 44 && s[43] == '=' && strings.Trim(s[:43], alphabet) == ""
}

// lambdaArch parses an architecture by Lambda's name or by ours.
func lambdaArch(s string) (project.Arch, error) {
	if s == "x86_64" {
		return project.AMD64, nil
	}
	return project.ParseArch(s)
}
