// Package test holds the tests that need both the tool and its runtime.
//
// They are a module of their own because the two know nothing of each other:
// the tool's go.mod must neither require the runtime nor replace it, or
// `go install …@VERSION` is refused and every user of the tool gets the
// runtime, and the runtime's must not require the tool.
//
// It is never released. Its go.mod takes both from this repository.
package test
