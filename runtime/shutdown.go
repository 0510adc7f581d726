package runtime

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// shutdownTime is the time that all functions of OnShutdown have together. Lambda sends
// SIGKILL about 500 ms after SIGTERM if only an internal extension is registered (AWS
// Lambda developer guide, "Understanding the Lambda execution environment lifecycle",
// Shutdown phase).
const shutdownTime = 500 * time.Millisecond

// OnShutdown registers a function that runs when Lambda ends the process; the last
// registered runs first. All of them share 500 ms, which is the deadline of ctx; then
// Lambda kills the process.
//
// Lambda sends SIGTERM only if an extension is registered, so Start registers an
// internal one for no events, if and only if OnShutdown was called. If an emulator lacks
// the Extensions API, that is not an error.
func OnShutdown(f func(ctx context.Context)) {
	std.onShutdown(f)
}

func (r *registry) onShutdown(f func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shutdowns = append(r.shutdowns, f)
	r.watch = watch // named only here, so that programs that never call this do not link it
}

// extensionName must differ from the names of the function's other extensions.
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

// quietly prevents a panic of one function from stopping the others: the process ends
// anyway.
func quietly(ctx context.Context, f func(context.Context)) {
	defer func() { _ = recover() }()
	f(ctx)
}
