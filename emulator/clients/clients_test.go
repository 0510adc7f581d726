package clients

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/bootzip/bootzip/emulator"
)

// start serves the test functions of the emulator, and returns the endpoint.
func start(t *testing.T, handlers ...string) string {
	t.Helper()
	if os.Getenv("BOOTZIP_TEST_CLIENTS") != "1" {
		t.Skip("BOOTZIP_TEST_CLIENTS=1 is not set")
	}
	return serve(t, build(t, "github.com/bootzip/bootzip/emulator/testdata/faulty"), nil, handlers...)
}

func serve(t *testing.T, name string, log io.Writer, handlers ...string) string {
	t.Helper()
	s := emulator.NewServer(emulator.ServerConfig{})
	for _, h := range handlers {
		f, err := emulator.New(context.Background(), emulator.Config{Name: h, Zip: name, Handler: h, Temp: t.TempDir(), Concurrency: 4, Timeout: 10 * time.Second, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		s.Set(h, f)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return web.URL
}

func build(t *testing.T, program string) string {
	t.Helper()
	folder := t.TempDir()
	bootstrap := filepath.Join(folder, "bootstrap")
	cmd := exec.Command("go", "build", "-o", bootstrap, program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	f, err := w.CreateHeader(h)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	name := filepath.Join(folder, "function.zip")
	if err == nil {
		err = os.WriteFile(name, b.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs a command with dummy credentials.
func run(t *testing.T, folder, name string, argv ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(name, argv...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestCLI(t *testing.T) {
	endpoint := start(t, "echo", "error")
	folder := t.TempDir()
	// Version 1 takes a text as the payload, version 2 only with a flag.
	version, err := run(t, folder, "aws", "--version")
	if err != nil {
		t.Fatal(version, err)
	}
	aws := func(argv ...string) (string, error) {
		argv = append([]string{"lambda", "--endpoint-url", endpoint}, argv...)
		if strings.HasPrefix(version, "aws-cli/2") {
			argv = append(argv, "--cli-binary-format", "raw-in-base64-out")
		}
		return run(t, folder, "aws", argv...)
	}
	for _, c := range []struct {
		argv         []string
		said, answer string
	}{
		{[]string{"invoke", "--function-name", "echo", "--payload", `{"a":1}`, "out"}, `"ExecutedVersion": "$LATEST"`, `{"a":1}`},
		{[]string{"invoke", "--function-name", "arn:aws:lambda:us-east-1:123456789012:function:echo:live", "--payload", `2`, "out"}, `"StatusCode": 200`, `2`},
		{[]string{"invoke", "--function-name", "echo", "--log-type", "Tail", "--query", "LogResult", "--output", "text", "out"}, "U1RBUlQgUmVxdWVzdElk", `{}`}, // START RequestId
		{[]string{"invoke", "--function-name", "echo", "--invocation-type", "Event", "--payload", `1`, "out"}, `"StatusCode": 202`, ``},
		{[]string{"invoke", "--function-name", "echo", "--invocation-type", "DryRun", "out"}, `"StatusCode": 204`, ``},
		{[]string{"invoke", "--function-name", "error", "out"}, `"FunctionError": "Unhandled"`, `{"errorMessage":"no luck","errorType":"Luck"}`},
	} {
		out, err := aws(c.argv...)
		answer, _ := os.ReadFile(filepath.Join(folder, "out"))
		if err != nil || !strings.Contains(out, c.said) || string(answer) != c.answer {
			t.Errorf("%q: %v, %s, answer %s", c.argv, err, out, answer)
		}
	}
	if out, err := aws("list-functions"); err != nil || !strings.Contains(out, `"FunctionName": "error"`) {
		t.Errorf("list-functions: %v, %s", err, out)
	}
	if out, err := aws("get-function", "--function-name", "echo"); err != nil || !strings.Contains(out, `"Runtime": "provided.al2023"`) {
		t.Errorf("get-function: %v, %s", err, out)
	}
	if out, err := aws("invoke", "--function-name", "nope", "out"); err == nil || !strings.Contains(out, "ResourceNotFoundException") {
		t.Errorf("unknown function: %v, %s", err, out)
	}
}

func TestSDKForGo(t *testing.T) {
	endpoint := start(t, "echo", "error", "stream", "stream-fail")
	ctx := context.Background()
	client := lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: []byte(`{"a":1}`), LogType: types.LogTypeTail})
	if err != nil || string(out.Payload) != `{"a":1}` || out.FunctionError != nil || out.LogResult == nil || *out.ExecutedVersion != "$LATEST" {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("error")})
	if err != nil || out.FunctionError == nil || *out.FunctionError != "Unhandled" || !strings.Contains(string(out.Payload), "no luck") {
		t.Errorf("%+v, %v", out, err)
	}
	var missing *types.ResourceNotFoundException
	if _, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("nope")}); !errors.As(err, &missing) {
		t.Errorf("unknown function: %v", err)
	}
	var large *types.RequestTooLargeException
	if _, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: []byte(`"` + strings.Repeat("x", 7<<20) + `"`)}); !errors.As(err, &large) {
		t.Errorf("large event: %v", err)
	}
	if f, err := client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("echo")}); err != nil || f.Configuration.State != types.StateActive {
		t.Errorf("%+v, %v", f, err)
	}
	const event = `"0123456789012345678901234567890123456789"`
	for name, fails := range map[string]bool{"stream": false, "stream-fail": true} {
		resp, err := client.InvokeWithResponseStream(ctx, &lambda.InvokeWithResponseStreamInput{FunctionName: &name, Payload: []byte(event)})
		if err != nil {
			t.Error(err)
			continue
		}
		var got string
		var end *types.InvokeWithResponseStreamCompleteEvent
		stream := resp.GetStream()
		for e := range stream.Events() {
			switch e := e.(type) {
			case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
				got += string(e.Value.Payload)
			case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
				end = &e.Value
			}
		}
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
		if got != event || end == nil || (end.ErrorCode != nil) != fails {
			t.Errorf("%s: %q, end %+v", name, got, end)
		}
	}
}

const script = `
import { LambdaClient, InvokeCommand, InvokeWithResponseStreamCommand } from "@aws-sdk/client-lambda";
const client = new LambdaClient({ endpoint: process.argv[2], region: "us-east-1", maxAttempts: 1, credentials: { accessKeyId: "id", secretAccessKey: "secret" } });
const text = (b) => new TextDecoder().decode(b);
const plain = await client.send(new InvokeCommand({ FunctionName: "echo", Payload: '{"a":1}', LogType: "Tail" }));
console.log(plain.StatusCode, text(plain.Payload), plain.FunctionError, atob(plain.LogResult).startsWith("START RequestId"));
const failed = await client.send(new InvokeCommand({ FunctionName: "error" }));
console.log(failed.FunctionError, text(failed.Payload));
try { await client.send(new InvokeCommand({ FunctionName: "nope" })); } catch (e) { console.log(e.name); }
const stream = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: "stream", Payload: '"0123456789 and more"' }));
let got = "", done = false;
for await (const e of stream.EventStream) { if (e.PayloadChunk) got += text(e.PayloadChunk.Payload); if (e.InvokeComplete) done = true; }
console.log(got, done);
`

func TestSDKForJavaScript(t *testing.T) {
	endpoint := start(t, "echo", "error", "stream")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "client.mjs"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, folder, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "@aws-sdk/client-lambda@3"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := run(t, folder, "node", "client.mjs", endpoint)
	want := `200 {"a":1} undefined true
Unhandled {"errorMessage":"no luck","errorType":"Luck"}
ResourceNotFoundException
"0123456789 and more" true
`
	if err != nil || !strings.HasSuffix(out, want) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCurl(t *testing.T) {
	endpoint := start(t, "http", "echo")
	out, err := run(t, t.TempDir(), "curl", "-sS", "-i", "-X", "PUT", "-d", "hello", endpoint+"/url/http/a?x=1")
	if err != nil || !strings.HasPrefix(out, "HTTP/1.1 201 Created\r\n") || !strings.Contains(out, `"rawQueryString":"x=1"`) {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = run(t, t.TempDir(), "curl", "-sS", "-d", `{"a":1}`, endpoint+"/2015-03-31/functions/echo/invocations")
	if err != nil || out != `{"a":1}` {
		t.Errorf("%v\n%s", err, out)
	}
}
