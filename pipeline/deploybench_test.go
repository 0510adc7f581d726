package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/deploy"
)

// A template of 100 functions and 2,000 lines.
func BenchmarkCheckDeploy(b *testing.B) {
	var text strings.Builder
	text.WriteString("Transform: AWS::Serverless-2016-10-31\nParameters:\n  Arch: {Type: String, Default: arm64}\nResources:\n")
	for n := range 100 {
		fmt.Fprintf(&text, `  Function%d:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "svc-${Arch}-%d"
      CodeUri: dist/f%d.zip
      Runtime: provided.al2023
      Handler: bootstrap
      Architectures:
        - !Ref Arch
      MemorySize: 256
      Timeout: 10
      Environment:
        Variables:
          TABLE: !Ref Table
          MORE: !Join ["-", [a, b, !Ref Arch]]
      Events:
        Api:
          Type: HttpApi
          Properties:
            Path: /f%d
`, n, n, n, n)
	}
	path := filepath.Join(b.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f, err := deploy.Read(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := CheckDeploy(DeployConfig{}, []deploy.File{f}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(strings.Count(text.String(), "\n")), "lines")
}
