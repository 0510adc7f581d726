// Package lambda runs handlers that were written for
// github.com/aws/aws-lambda-go/lambda: a function moves by changing that one
// import line.
//
//	import "github.com/bootzip/bootzip/runtime/lambda"
//
//	func main() { lambda.Start(handle) }
//
// The signatures, the options and the JSON are the same. The handler's context has AWS's
// lambdacontext, and the callbacks of AWS's handlertrace are called. What differs:
//
//   - Failures before the first event are reported to Lambda (init/error).
//   - An invalid signature is such a failure; AWS's runtime fails each invocation
//     instead.
//   - The first frame of a panic's stackTrace is where it happened, and its paths are
//     complete; AWS's stack begins in the Go runtime, with shortened names.
//   - An event that cannot be decoded has the error type Runtime.UnmarshalError, and a
//     result that cannot be encoded Runtime.MarshalError; with AWS's runtime these are
//     the names of encoding/json's types.
//   - A handler's error is not written to the log, since Lambda has it; package logs can
//     write it.
//   - A response over 6 MB fails its invocation, not the process.
//   - If the result is an io.Reader, it is sent as a streamed response, with the header
//     that Lambda requires.
//   - Start with a Handler from NewHandlerWithOptions applies the options of both;
//     AWS's applies only those of the Handler.
//   - If the deadline is missing, or before Lambda's introduction in 2014, the context
//     has none.
//   - Decoding an event's bytes into a []byte or a json.RawMessage copies them. A
//     Handler's Invoke gets the original bytes, which are valid until it returns.
//   - The RPC mode of the runtime go1.x, and the functions that AWS has deprecated, do
//     not exist.
package lambda

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/bootzip/bootzip/runtime"
)

// A Handler answers events by their bytes. The payload is valid until Invoke
// returns.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Start runs a handler and does not return. The handler is a Handler, or a function of
// one of these forms, whose types go through encoding/json:
//
//	func ()
//	func (In)
//	func () error
//	func (In) error
//	func () (Out, error)
//	func (In) (Out, error)
//	func (context.Context)
//	func (context.Context) error
//	func (context.Context) (Out, error)
//	func (context.Context, In)
//	func (context.Context, In) error
//	func (context.Context, In) (Out, error)
//
// If an Out is an io.Reader, and its JSON is {} or fails, the bytes that it reads are sent.
// If it has a method ContentType() string, that gives the content type; if it has a method
// Close, it is closed.
func Start(handler any) { StartWithOptions(handler) }

// StartWithOptions is Start with options.
func StartWithOptions(handler any, options ...Option) {
	register("", handler, options)
	runtime.Start()
}

// HandlerFunc is the constraint of functions with two arguments and two results, for
// functions that are generic over handlers.
type HandlerFunc[In, Out any] interface {
	func(context.Context, In) (Out, error)
}

// StartHandlerFunc is StartWithOptions for a function whose signature the compiler checks.
func StartHandlerFunc[In, Out any, H HandlerFunc[In, Out]](handler H, options ...Option) {
	StartWithOptions(handler, options...)
}

// Handle registers a handler under a name, in addition to others; the rules of
// runtime.Handle apply, and runtime.Start runs it.
func Handle(name string, handler any, options ...Option) { register(name, handler, options) }

func register(name string, handler any, options []Option) {
	o := newOptions(options)
	o.onShutdown()
	call, err := reflected(handler, o)
	if err != nil {
		runtime.Init(func(context.Context) error { return err })
	}
	runtime.HandleStream(name, func(ctx context.Context, event []byte, w *runtime.Writer) (err error) {
		defer recovered(&err)
		ctx, stop := joined(ctx, o.base)
		defer stop()
		if ctx, err = lambdaContext(ctx); err != nil {
			return err
		}
		result, err := call(ctx, event)
		if err != nil {
			return failed(err)
		}
		return failed(result.send(w))
	})
}

// NewHandler makes a Handler from what Start takes, for middleware and tests. If that is
// invalid, each Invoke returns the error.
func NewHandler(handler any) Handler { return NewHandlerWithOptions(handler) }

// NewHandlerWithOptions is NewHandler with options. Start applies these options too, and
// streams what the function streams. WithEnableSIGTERM takes effect here, so that it also
// works if middleware wraps the Handler.
func NewHandlerWithOptions(handler any, options ...Option) Handler {
	o := newOptions(options)
	o.onShutdown()
	call, err := reflected(handler, o)
	return invoker{call, err, o.base}
}

// An invoker is the Handler of a function.
type invoker struct {
	function call
	err      error
	base     context.Context
}

// Invoke implements Handler.
func (i invoker) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if i.err != nil {
		return nil, i.err
	}
	ctx, stop := joined(ctx, i.base)
	defer stop()
	result, err := i.function(ctx, payload)
	if err != nil {
		return nil, err
	}
	return result.bytes()
}

// lambdaContext puts AWS's lambdacontext into the context.
func lambdaContext(ctx context.Context) (context.Context, error) {
	inv, _ := runtime.FromContext(ctx)
	lc := &lambdacontext.LambdaContext{AwsRequestID: inv.RequestID, InvokedFunctionArn: inv.FunctionARN, TenantID: inv.TenantID}
	for text, to := range map[string]any{inv.ClientContext: &lc.ClientContext, inv.CognitoIdentity: &lc.Identity} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return nil, &runtime.Error{Type: "Runtime.UnmarshalError", Message: "event's context is not what lambdacontext takes: " + err.Error()}
		}
	}
	return lambdacontext.NewContext(ctx, lc), nil
}
