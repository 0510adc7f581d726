// Package runtime runs a Go function on AWS Lambda's OS-only runtimes.
//
//	func main() {
//		runtime.Handle("hello", func(ctx context.Context, event []byte) ([]byte, error) {
//			return []byte(`"hello"`), nil
//		})
//		runtime.Start()
//	}
//
// One bootstrap may have many handlers. Lambda's setting "Handler" (the environment
// variable _HANDLER) selects one by its name; a handler with the empty name is the
// default for every other value.
//
// The package is small and fast because of what it omits. It makes blocking system
// calls on one kept-alive socket instead of using net/http, it uses neither fmt nor
// encoding/json, and its contexts make their timer only when asked for it. Everything
// else is in separate packages, which cost nothing unless you import them:
//
//   - typed: handlers that take and return Go values, through JSON
//   - httpevent: events of API Gateway, function URLs and load balancers
//   - nethttp: any http.Handler; also plain HTTP outside Lambda
//   - lambda: the signatures of github.com/aws/aws-lambda-go/lambda
//   - logs: a log/slog handler that follows Lambda's settings
//
// # Guarantees
//
// Every event is answered once: with the handler's response, or with an error.
// If a connection breaks, the runtime reconnects and repeats the exchange, which the
// Runtime API can distinguish from a second answer. Exceptions: a streamed response
// cannot be repeated once it has begun, and a process that is killed answers nothing.
//
// A handler that fails does not end the process, unless its Error is Fatal. A panic
// ends it after the report, unless ContinueAfterPanic was called. runtime.Goexit in a
// handler always ends it. A panic in a goroutine that the handler started cannot be
// caught here: the process dies, and Lambda reports that.
//
// Host names are not resolved over DNS: AWS_LAMBDA_RUNTIME_API has to be an IP
// address, localhost, or a name in /etc/hosts. (On systems other than Linux on amd64
// and arm64, package net resolves names.)
//
// The environment variable _X_AMZN_TRACE_ID carries the trace id as X-Ray's
// SDKs expect it, except on Lambda Managed Instances, where several events are
// answered at a time: there, only the context has it.
package runtime
