package runtime

import (
	"context"
	"errors"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// BeforeSnapshot registers a function that Start runs when Lambda is about to take a
// snapshot of the initialised process (SnapStart), after the functions of Init, the last
// registered first. It closes what a snapshot must not have: connections, and secrets that
// are only used before. Its error, or panic, fails the initialisation, and with it the
// publishing of the version. Without SnapStart it is not run.
//
// Initialisation and these functions together have the function's time-out, 130 s at
// least and 900 s at most (AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle").
func BeforeSnapshot(f func(context.Context) error) { std.beforeSnapshot(f) }

// AfterRestore registers a function that Start runs in each process that was restored from
// the snapshot, before its first event, in the order of registration. All of them share 10
// seconds with Lambda's own part of the restore. An error, or panic, fails the event and
// ends the process. Without SnapStart it is not run.
//
// All that is in memory is the same in each restored process. What must differ is made
// anew here: connections, cached credentials and times, ids, and generators of package
// math/rand and math/rand/v2 with a seed (also the top-level functions of these: take
// crypto/rand, which the kernel seeds anew, or a generator that is made here). This
// package's own connection is made anew.
func AfterRestore(f func(context.Context) error) { std.afterRestore(f) }

func (r *registry) beforeSnapshot(f func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.befores = append(r.befores, f)
}

func (r *registry) afterRestore(f func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.afters = append(r.afters, f)
}

// snapStart is the value of AWS_LAMBDA_INITIALIZATION_TYPE with which a snapshot follows
// the initialisation.
const snapStart = "snap-start"

// Error types of the hooks (AWS Lambda developer guide, "Using the Lambda runtime API for
// custom runtimes").
const (
	beforeSnapshotError = "Runtime.BeforeSnapshotError"
	afterRestoreError   = "Runtime.AfterRestoreError"
)

// snapshot runs the functions of BeforeSnapshot, waits for the restore, which comes in
// another process with the same memory, and runs those of AfterRestore. It returns an
// error that ends the process.
func snapshot(c *client.Client, befores, afters []func(context.Context) error) error {
	for i := len(befores) - 1; i >= 0; i-- {
		if f := initialise(befores[i]); f != nil {
			f.header = beforeSnapshotError
			return initFailed(c, f)
		}
	}
	switch err := c.RestoreNext(); {
	case status(err) == 404:
		return nil // there is no SnapStart here after all
	case err != nil:
		return err
	}
	for _, after := range afters {
		f := initialise(after)
		if f == nil {
			continue
		}
		f.header = afterRestoreError
		err := errors.New("restore failed: " + f.kind + ": " + f.message)
		if sent := c.FailRestore(f.report()); sent != nil {
			return errors.New(err.Error() + "; it could not be reported: " + sent.Error())
		}
		return err
	}
	return nil
}
