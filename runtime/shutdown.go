package runtime

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// shutdownTime is what the functions of OnShutdown have together. Lambda sends
// SIGKILL about 500 ms after SIGTERM where only an internal extension is
// registered (AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle", Shutdown phase).
const shutdownTime = 500 * time.Millisecond

// OnShutdown registers a function that is run when Lambda ends the process,
// the last registered first. All of them share 500 ms, which is the deadline
// of ctx; then Lambda kills the process.
//
// Lambda sends SIGTERM only where an extension is registered: so Start
// registers an internal one that listens to no event, if and only if
// OnShutdown was called. An emulator without the Extensions API is no error.
func OnShutdown(f func(ctx context.Context)) {
	std.onShutdown(f)
}

func (r *registry) onShutdown(f func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shutdowns = append(r.shutdowns, f)
	r.watch = watch // named here alone: who never calls this does not link it
}

// extensionName must be unlike that of any other extension of the function.
const extensionName = "bootzip-shutdown"

// watch waits for SIGTERM in the background.
func watch(cfg config, shutdowns []func(context.Context)) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		shutdown(shutdowns)
		cfg.log.quit(0)
	}()
	c := client.New(cfg.api)
	if id, err := c.Extension(extensionName); err == nil {
		c.Close()
		go func() { _ = c.ExtensionNext(id) }()
	}
}

func shutdown(functions []func(context.Context)) {
	ctx := &invocation{Invocation: Invocation{DeadlineMS: time.Now().Add(shutdownTime).UnixMilli()}}
	for i := len(functions) - 1; i >= 0; i-- {
		quietly(ctx, functions[i])
	}
}

// quietly keeps a panic of one function from the others: the process ends
// anyway.
func quietly(ctx context.Context, f func(context.Context)) {
	defer func() { _ = recover() }()
	f(ctx)
}
