package runtime_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/bootzip/bootzip/runtime"
)

// A handler is a plain function: a test calls it with a context that belongs
// to an invocation.
func Example() {
	hello := func(ctx context.Context, event []byte) ([]byte, error) {
		inv, _ := runtime.FromContext(ctx)
		return []byte(`{"hello":` + string(event) + `,"request":"` + inv.RequestID + `"}`), nil
	}
	// In main, Start follows, and never returns.
	runtime.Handle("hello", hello)
	fmt.Println(runtime.Names())

	ctx := runtime.NewContext(context.Background(), &runtime.Invocation{RequestID: "8476a536"})
	response, err := hello(ctx, []byte(`"world"`))
	fmt.Println(string(response), err)
	// Output:
	// [hello]
	// {"hello":"world","request":"8476a536"} <nil>
}

// The type of an error is what the caller sees as errorType, and what a
// catcher of Step Functions looks for.
func ExampleError() {
	charge := func(context.Context, []byte) ([]byte, error) {
		return nil, fmt.Errorf("order 7: %w", &runtime.Error{Type: "Payment.Declined", Message: "the card was declined"})
	}
	_, err := charge(context.Background(), nil)
	var typed *runtime.Error
	if errors.As(err, &typed) {
		fmt.Printf("%s: %s\n", typed.ErrorType(), err)
	}
	// Output: Payment.Declined: order 7: the card was declined
}
