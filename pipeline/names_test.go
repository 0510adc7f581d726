package pipeline

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/project"
)

// The names in a deployed stack, in each form in which CloudFormation and the CDK give them.
func TestStackNames(t *testing.T) {
	c := DeployConfig{Root: t.TempDir(), Functions: []project.Function{{Name: "web"}, {Name: "order-worker"}, {Name: "shared", Kind: project.KindLayer}, {Name: "eu", Deploy: []string{"shop-${stage}-europe"}}}}
	template := filepath.Join(c.Root, "template.yaml")
	write(t, template, "Resources:\n  Api:\n    Type: AWS::Lambda::Function\n    Properties: {Code: dist/web-arm64.zip, Runtime: provided.al2023}\n")
	f, err := deploy.Read(template)
	if err != nil {
		t.Fatal(err)
	}
	resource := func(id, physical, kind string) string {
		return fmt.Sprintf(`{"LogicalResourceId": %q, "PhysicalResourceId": %q, "ResourceType": %q}`, id, physical, kind)
	}
	for name, test := range map[string]struct{ text, want string }{
		"resources": {`{"StackResources": [` + resource("WebFunction", "shop-WebFunction-1X", "AWS::Lambda::Function") + "," + resource("OrderWorker5D9A1D2F", "shop-OrderWorker5D9A1D2F-2Y", "AWS::Lambda::Function") + "," +
			resource("web", "shop-bucket", "AWS::S3::Bucket") + "," + resource("Other", "shop-Other-3Z", "AWS::Lambda::Function") + "]}",
			"map[order-worker:[shop-OrderWorker5D9A1D2F-2Y] web:[shop-WebFunction-1X]]"},
		"summaries": {`{"StackResourceSummaries": [` + resource("Shared", "shop-Shared", "AWS::Lambda::Function") + "," + resource("X", "shop-prod-europe", "AWS::Lambda::Function") + "]}", "map[eu:[shop-prod-europe]]"},
		"outputs": {`{"Stacks": [{"Outputs": [{"OutputKey": "WebFunction", "OutputValue": "arn:aws:lambda:eu-west-1:123456789012:function:shop-web"},
			{"OutputKey": "OrderUnderscoreworkerLambdaFunctionQualifiedArn", "OutputValue": "arn:aws:lambda:eu-west-1:123456789012:function:none:7"},
			{"OutputKey": "OrderWorkerLambdaFunctionQualifiedArn", "OutputValue": "arn:aws-cn:lambda:cn-north-1:123456789012:function:shop-worker:7"},
			{"OutputKey": "WebUrl", "OutputValue": "https://x.execute-api.amazonaws.com"}]}]}`, "map[order-worker:[shop-worker] web:[shop-web]]"},
		"CDK":                     {`{"Shop": {"WebFunctionName": "Shop-Web-1X", "BucketName": "b"}}`, "map[web:[Shop-Web-1X]]"},
		"by a deploy file's zip":  {`{"StackResources": [` + resource("Api", "shop-Api-1X", "AWS::Lambda::Function") + "]}", "map[web:[shop-Api-1X]]"},
		"nothing":                 {`{"Stacks": []}`, "names no function"},
		"another answer":          {`{"Functions": [1]}`, "it contains no stack"},
		"no JSON":                 {`stack`, "invalid character"},
		"functions of the others": {`{"StackResources": [` + resource("web2", "x", "AWS::Lambda::Function") + "]}", "map[]"},
	} {
		stack, err := ReadStack([]byte(test.text), "stack.json")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "stack.json: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		zips := []Zip{{Function: c.Functions[0]}}
		zips[0].Target.Path = filepath.Join(c.Root, "dist", "web-arm64.zip")
		with := c
		with.Zips = zips
		if got := fmt.Sprint(DeployedNames(with, []deploy.File{f}, stack)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// The default name in serverless.yml is a deployed name, if it can be resolved.
func TestServerlessNames(t *testing.T) {
	c := DeployConfig{Root: t.TempDir(), Functions: []project.Function{{Name: "web"}}}
	path := filepath.Join(c.Root, "serverless.yml")
	for stage, want := range map[string]string{"prod": "map[web:[shop-prod-web]]", "${env:STAGE}": "map[]"} {
		write(t, path, "service: shop\nprovider: {name: aws, stage: '"+stage+"'}\nfunctions: {web: {handler: bootstrap}}\n")
		f, err := deploy.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(DeployedNames(c, []deploy.File{f}, nil)); got != want {
			t.Errorf("stage %s: %s, want %s", stage, got, want)
		}
	}
}
