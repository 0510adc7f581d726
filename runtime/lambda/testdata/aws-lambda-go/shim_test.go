package lambda

import (
	"context"
	"io"
	"time"

	"github.com/bootzip/bootzip/runtime"
)

// What aws-lambda-go's tests use from its package although it is not exported.

const (
	headerAWSRequestID       = "Lambda-Runtime-Aws-Request-Id"
	headerDeadlineMS         = "Lambda-Runtime-Deadline-Ms"
	headerTraceID            = "Lambda-Runtime-Trace-Id"
	headerCognitoIdentity    = "Lambda-Runtime-Cognito-Identity"
	headerClientContext      = "Lambda-Runtime-Client-Context"
	headerInvokedFunctionARN = "Lambda-Runtime-Invoked-Function-Arn"
	headerTenantID           = "Lambda-Runtime-Aws-Tenant-Id"
	headerXRayErrorCause     = "Lambda-Runtime-Function-Xray-Error-Cause"

	contentTypeJSON  = jsonType
	contentTypeBytes = bytesType

	nsPerMS = int64(time.Millisecond)
)

type handlerOptions struct{ invoker }

func newHandler(handler any, options ...Option) handlerOptions {
	return handlerOptions{NewHandlerWithOptions(handler, options...).(invoker)}
}

// handlerFunc is what the loop calls; it does not read a stream to its end.
func (h handlerOptions) handlerFunc(ctx context.Context, event []byte) (io.Reader, error) {
	if h.err != nil {
		return nil, h.err
	}
	result, err := h.function(ctx, event)
	if err != nil {
		return nil, err
	}
	if result.reader != nil {
		return result.reader, nil
	}
	r, w := io.Pipe()
	go func() { _, err := w.Write(result.body); w.CloseWithError(err) }()
	return r, nil
}

func startRuntimeAPILoop(api string, handler Handler) error {
	return startRuntimeAPILoopWithConcurrency(api, handler, 1)
}

func startRuntimeAPILoopWithConcurrency(api string, handler Handler, concurrency int) error {
	return runtime.StartForTest(api, concurrency, func() { register("", handler, nil) })
}
