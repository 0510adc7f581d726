// Command awslambdago is a bootstrap with AWS's own library for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type question struct{ Name string }

type answer struct {
	Greeting  string
	RequestID string
	ARN       string
	App       string
	Remaining bool
	Trace     string
}

func typed(ctx context.Context, q question) (answer, error) {
	if q.Name == "" {
		return answer{}, errors.New("nobody to greet")
	}
	if q.Name == "panic" {
		panic("at the disco")
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, ok := ctx.Deadline()
	trace, _ := ctx.Value("x-amzn-trace-id").(string)
	return answer{"Hello " + q.Name, lc.AwsRequestID, lc.InvokedFunctionArn, lc.ClientContext.Client.AppTitle,
		ok && time.Until(deadline) > 0, trace}, nil
}

func streamed(context.Context, events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: 202, Headers: map[string]string{"Content-Type": "text/plain", "X-Kind": "stream"},
		Cookies: []string{"a=1"}, Body: strings.NewReader(strings.Repeat("drop ", 1000)),
	}, nil
}

// Luck is an error by its type's name.
type Luck struct{ error }

func peer(event map[string]any) (any, error) {
	switch event["op"] {
	case "error":
		return nil, Luck{errors.New("no luck")}
	case "crash":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Minute)
	case "big":
		return strings.Repeat("x", 5_000_000), nil
	}
	return event, nil
}

func main() {
	switch os.Getenv("_HANDLER") {
	case "typed":
		lambda.StartWithOptions(typed, lambda.WithEnableSIGTERM(func() { fmt.Println("told to leave") }))
	case "streamed":
		lambda.Start(streamed)
	case "peer":
		lambda.Start(peer)
	case "peer-stream":
		lambda.Start(func() (io.Reader, error) { return strings.NewReader("one two"), nil })
	}
}
