package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"

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

// A handler's error may be AWS's own, whose type Step Functions' catchers look
// for. Start takes the handler with its options.
func ExampleNewHandlerWithOptions() {
	type region struct{}
	h := lambda.NewHandlerWithOptions(func(ctx context.Context, order int) (string, error) {
		if order == 0 {
			return "", messages.InvokeResponse_Error{Type: "MyRetryable", Message: "no such order yet"}
		}
		return fmt.Sprintf("<order %d in %v>", order, ctx.Value(region{})), nil
	}, lambda.WithContextValue(region{}, "eu-west-1"), lambda.WithSetEscapeHTML(true))
	response, err := h.Invoke(context.Background(), []byte("7"))
	fmt.Println(string(response), err)

	_, err = h.Invoke(context.Background(), []byte("0"))
	var e messages.InvokeResponse_Error
	fmt.Println(errors.As(err, &e), e.Type)
	// Output:
	// "\u003corder 7 in eu-west-1\u003e" <nil>
	// true MyRetryable
}

// StartHandlerFunc has the compiler check the handler's form.
func ExampleStartHandlerFunc() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return // not on Lambda: Start would end the program
	}
	lambda.StartHandlerFunc(func(_ context.Context, name string) (string, error) {
		return "Hello " + name, nil
	}, lambda.WithEnableSIGTERM(func() { fmt.Println("shutting down") }))
}
