package runtime

import (
	"context"
	"errors"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// BeforeSnapshot registers a function that Start runs when Lambda is about to take a
// snapshot of the initialised process (SnapStart). These functions run after those of
// Init, the last registered first. They should close or remove what a snapshot must not
// have: connections, and secrets that are only used before. An error, or panic, fails the
// initialisation, and with it the publishing of the version. Without SnapStart they are
// not run.
//
// Initialisation and these functions together have the function's time-out, but at least
// 130 s and at most 900 s (AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle").
func BeforeSnapshot(f func(context.Context) error) { std.beforeSnapshot(f) }

// AfterRestore registers a function that Start runs in each process that was restored from
// the snapshot, before its first event, in the order of registration. All of them share 10
// seconds with Lambda's own part of the restore. An error, or panic, fails the event and
// ends the process. Without SnapStart they are not run.
//
// The memory is the same in each restored process. Make again here what must differ:
// connections, cached credentials and times, ids, and generators of packages math/rand and
// math/rand/v2 with a seed. The top-level functions of these packages repeat too: use
// crypto/rand, which the kernel seeds again, or a generator that is made here. This package
// makes its own connection again.
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

// snapshot runs the functions of BeforeSnapshot, waits for the restore, which happens in
// another process with the same memory, and runs those of AfterRestore. An error that it
// returns ends the process.
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
