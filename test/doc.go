// Package test holds the tests that need both the tool and its runtime.
//
// They are in a separate module because the tool and the runtime are independent of each
// other. If the tool's go.mod replaced the runtime, `go install …@VERSION` would be
// refused; if it required the runtime, every user of the tool would get it. The runtime's
// go.mod must not require the tool either.
//
// The module is never released. Its go.mod takes both from this repository.
package test
