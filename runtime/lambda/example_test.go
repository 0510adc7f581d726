package lambda_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/bootzip/bootzip/runtime/lambda"
)

// A handler that was written for aws-lambda-go. In main, lambda.Start runs it.
func ExampleNewHandler() {
	handle := func(_ context.Context, e events.SQSEvent) (string, error) {
		if len(e.Records) == 0 {
			return "", errors.New("no records")
		}
		return "took " + e.Records[0].Body, nil
	}
	h := lambda.NewHandler(handle)
	for _, event := range []string{`{"Records":[{"messageId":"m1","body":"hello"}]}`, `{}`} {
		response, err := h.Invoke(context.Background(), []byte(event))
		fmt.Println(string(response), err)
	}
	// Output:
	// "took hello" <nil>
	//  no records
}
