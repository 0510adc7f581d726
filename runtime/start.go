package runtime

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/bootzip/bootzip/runtime/internal/client"
)

// Start takes events from Lambda and passes them to the handler that _HANDLER names. It
// does not return. The process ends with exit status 1 if the initialisation fails, after
// a panic, and if the Runtime API cannot be reached or answers that it cannot recover. One
// line on standard error gives the reason.
func Start() {
	log := newFatalLog()
	err := std.start(config{
		api:         os.Getenv("AWS_LAMBDA_RUNTIME_API"),
		handler:     os.Getenv("_HANDLER"),
		concurrency: concurrency(os.Getenv("AWS_LAMBDA_MAX_CONCURRENCY")),
		snapStart:   os.Getenv("AWS_LAMBDA_INITIALIZATION_TYPE") == snapStart,
		log:         log,
	})
	log.exit(err, "")
}

// config is what Start reads from the environment.
type config struct {
	api         string
	handler     string
	concurrency int
	snapStart   bool // a snapshot is taken after the initialisation
	log         *fatalLog
}

// errNoAPI says what to do if Lambda did not start the program.
var errNoAPI = errors.New("AWS_LAMBDA_RUNTIME_API is not set: Lambda sets it, and so does an emulator of its Runtime API\n" +
	"bootzip: hint: to try the function here, start it under an emulator, with AWS_LAMBDA_RUNTIME_API=HOST:PORT and _HANDLER=NAME in its environment")

// concurrency reads AWS_LAMBDA_MAX_CONCURRENCY, the number of events that a
// Lambda Managed Instance hands to one process at a time (AWS Lambda developer
// guide, "Building custom runtimes for Lambda Managed Instances").
func concurrency(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// start registers the shutdown, initialises the function and runs the loops. It returns
// what ended them, which is never nil.
func (r *registry) start(cfg config) error {
	if cfg.api == "" {
		return errNoAPI
	}
	first := client.New(cfg.api)
	r.mu.Lock()
	serve, err := r.find(cfg.handler)
	inits, shutdowns, watch, keep := r.inits, r.shutdowns, r.watch, r.keepAfterPanic
	befores, afters := r.befores, r.afters
	r.mu.Unlock()
	if err != nil {
		return initFailed(first, newFailure(err))
	}
	if watch != nil {
		watch(cfg, shutdowns)
	}
	for _, f := range inits {
		if f := initialise(f); f != nil {
			return initFailed(first, f)
		}
	}
	if cfg.snapStart {
		if err := snapshot(first, befores, afters); err != nil {
			return err
		}
	}
	loops := make([]*loop, cfg.concurrency)
	for i := range loops {
		c := first
		if i > 0 {
			c = client.New(cfg.api)
		}
		loops[i] = &loop{client: c, serve: serve, alone: cfg.concurrency == 1, keepAfter: keep, log: cfg.log}
	}
	if cfg.concurrency == 1 {
		loops[0].trace = os.Getenv("_X_AMZN_TRACE_ID")
		return loops[0].run()
	}
	_ = syscall.Unsetenv("_X_AMZN_TRACE_ID")
	return together(loops)
}

// together runs loops at the same time. When the first one ends, the others take no more
// events; those that are answering one finish it.
func together(loops []*loop) error {
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for _, l := range loops {
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := l.run()
			once.Do(func() {
				first = err
				for _, other := range loops {
					other.client.Stop()
				}
			})
		}()
	}
	wg.Wait()
	return first
}

// initialise runs one function of Init.
func initialise(init func(context.Context) error) (f *failure) {
	defer func() {
		if v := recover(); v != nil {
			f = newPanic(v)
		}
	}()
	if err := init(context.Background()); err != nil {
		return newFailure(err)
	}
	return nil
}

// initFailed reports that the function cannot take events.
func initFailed(c *client.Client, f *failure) error {
	err := errors.New("initialisation failed: " + f.kind + ": " + f.message)
	if sent := c.FailInit(f.report()); sent != nil {
		return errors.New(err.Error() + "; it could not be reported: " + sent.Error())
	}
	return err
}

// Prepare runs the functions of Init, for a program that does not take its events from
// Lambda, and returns a function that runs those of OnShutdown. Start does both itself.
func Prepare(ctx context.Context) (shutdown func(context.Context), err error) {
	std.mu.Lock()
	inits, shutdowns := std.inits, std.shutdowns
	std.mu.Unlock()
	for _, f := range inits {
		if err := f(ctx); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) {
		for i := len(shutdowns) - 1; i >= 0; i-- {
			quietly(ctx, shutdowns[i])
		}
	}, nil
}
