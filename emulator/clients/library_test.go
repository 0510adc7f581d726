package clients

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/bootzip/bootzip/emulator"
)

// A function with AWS's own library for Go: its context, errors, panics, streams, and its
// extension for SIGTERM.
func TestAWSLambdaGo(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_CLIENTS") != "1" {
		t.Skip("BOOTZIP_TEST_CLIENTS=1 is not set")
	}
	name := build(t, "./awslambdago")
	endpoint := serve(t, name, nil, "typed", "streamed")
	client := lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")})
	invoke := func(payload string) (*lambda.InvokeOutput, map[string]any) {
		t.Helper()
		out, err := client.Invoke(context.Background(), &lambda.InvokeInput{
			FunctionName: aws.String("typed"), Payload: []byte(payload), Qualifier: aws.String("live"),
			ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"client":{"app_title":"shop"}}`))),
		})
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if err := json.Unmarshal(out.Payload, &answer); err != nil {
			t.Fatal(err)
		}
		return out, answer
	}
	_, got := invoke(`{"Name":"Ada"}`)
	trace, _ := got["Trace"].(string)
	if got["Greeting"] != "Hello Ada" || got["ARN"] != "arn:aws:lambda:us-east-1:123456789012:function:typed:live" || got["App"] != "shop" ||
		got["Remaining"] != true || !strings.HasPrefix(trace, "Root=1-") || len(got["RequestID"].(string)) != 36 {
		t.Errorf("%v", got)
	}
	if out, got := invoke(`{}`); *out.FunctionError != "Unhandled" || got["errorMessage"] != "nobody to greet" {
		t.Errorf("%v", got)
	}
	if out, got := invoke(`{"Name":"panic"}`); *out.FunctionError != "Unhandled" || got["errorMessage"] != "at the disco" {
		t.Errorf("%v", got)
	}
	if _, got := invoke(`{"Name":"Ada"}`); got["Greeting"] != "Hello Ada" {
		t.Errorf("after the panic: %v", got)
	}
	resp, err := http.Get(endpoint + "/url/streamed/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 202 || resp.Header.Get("X-Kind") != "stream" || len(resp.Cookies()) != 1 || string(body) != strings.Repeat("drop ", 1000) {
		t.Errorf("%s, %v, %d bytes, %v", resp.Status, resp.Header, len(body), err)
	}

	var log bytes.Buffer
	f, err := emulator.New(context.Background(), emulator.Config{Zip: name, Handler: "typed", Temp: t.TempDir(), Log: &log, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Invoke(context.Background(), emulator.Request{Payload: []byte(`{"Name":"Ada"}`)})
	if closed := f.Close(context.Background()); err == nil {
		err = closed
	}
	if err != nil || !strings.Contains(log.String(), "told to leave") {
		t.Errorf("%v; log is\n%s", err, &log)
	}
}
