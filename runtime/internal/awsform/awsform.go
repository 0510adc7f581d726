// Package awsform decides which errors are reported in the form of aws-lambda-go: with the
// frames of their stacks as objects, and panics with the name of their value's type and a
// log of their own. Package lambda makes them, and package runtime reports them.
package awsform

// An Error is an error that a handler returns; Err is a *runtime.Error.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e Error) Unwrap() error { return e.Err }

// A Panic is the value of a panic.
type Panic struct {
	Type string // errorType
	Text string // errorMessage

	// Log writes the document that Lambda gets to the log.
	Log func(document []byte)
}
