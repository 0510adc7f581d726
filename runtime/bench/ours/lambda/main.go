// Command lambda is peers/awstyped with its import line changed.
package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime/lambda"

	"github.com/bootzip/bootzip/runtime/bench/event"
)

func main() {
	lambda.Start(func(_ context.Context, r event.Request) (event.Response, error) { return event.Greet(r), nil })
}
