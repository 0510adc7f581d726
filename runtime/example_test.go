package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/bootzip/bootzip/runtime"
)

// A handler is a plain function. A test calls it with a context that belongs to an
// invocation.
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

// The type of an error is what the caller sees as errorType, and what a Step Functions
// catcher matches.
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

// Init does once, before the first event, what all events need. OnShutdown cleans up when
// Lambda ends the process.
func ExampleInit() {
	var table map[string]string
	runtime.Init(func(context.Context) error {
		table = map[string]string{"7": "Ada"}
		return nil
	})
	runtime.Handle("lookup", func(_ context.Context, event []byte) ([]byte, error) {
		return []byte(strconv.Quote(table[string(event)])), nil
	})
	runtime.OnShutdown(func(ctx context.Context) {
		deadline, _ := ctx.Deadline() // half a second for all functions together
		fmt.Println("flushing until", deadline)
	})
	// In main, runtime.Start follows.
}

// A response is sent piece by piece.
func ExampleHandleStream() {
	runtime.HandleStream("count", func(_ context.Context, _ []byte, w *runtime.Writer) error {
		w.SetContentType("text/plain")
		for i := range 3 {
			if _, err := fmt.Fprintln(w, i); err != nil {
				return err
			}
		}
		return nil
	})
	// In main, runtime.Start follows.
}

// A retry of an event has the same request id but its own invocation id.
func ExampleFromContext() {
	handle := func(ctx context.Context, _ []byte) ([]byte, error) {
		inv, ok := runtime.FromContext(ctx)
		if !ok {
			return nil, errors.New("not an invocation")
		}
		return []byte(inv.RequestID + " " + inv.InvocationID), nil
	}
	ctx := runtime.NewContext(context.Background(), &runtime.Invocation{RequestID: "8476a536", InvocationID: "5f0c9ae2"})
	out, err := handle(ctx, nil)
	fmt.Println(string(out), err)
	// Output: 8476a536 5f0c9ae2 <nil>
}
