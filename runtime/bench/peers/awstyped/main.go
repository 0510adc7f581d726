// Command awstyped decodes and answers an API Gateway event, on aws-lambda-go.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/bootzip/bootzip/runtime/bench/event"
)

func main() {
	lambda.Start(func(_ context.Context, r event.Request) (event.Response, error) { return event.Greet(r), nil })
}
