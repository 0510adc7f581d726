package nethttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/bootzip/bootzip/runtime"
)

// Grace is how long Serve waits for running requests when its context ends: the ten
// seconds that Cloud Run gives a container after SIGTERM (Cloud Run documentation,
// "Container runtime contract"), minus one to end properly.
const Grace = 9 * time.Second

// Start serves the registered handlers, and does not return: on Lambda as runtime.Start
// does, and elsewhere over plain HTTP on the port in the environment variable PORT. There,
// too, _HANDLER names the handler; it may be unset if there is only one handler, or a
// default one.
func Start() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		runtime.BeforeSnapshot(func(context.Context) error {
			http.DefaultClient.CloseIdleConnections() // their other end does not stop with the process
			return nil
		})
		runtime.Start()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := local(ctx, os.Getenv("PORT"), os.Getenv("_HANDLER"))
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bootzip: error: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// errNowhere says what to do if there is neither Lambda nor a port.
var errNowhere = errors.New("neither AWS_LAMBDA_RUNTIME_API nor PORT is set: nobody says where requests come from\n" +
	"bootzip: hint: PORT=8080 serves plain HTTP here; Lambda, or an emulator of its Runtime API, sets AWS_LAMBDA_RUNTIME_API")

func local(ctx context.Context, port, name string) error {
	if port == "" {
		return errNowhere
	}
	h, err := find(name)
	if err != nil {
		return err
	}
	shutdown, err := runtime.Prepare(ctx)
	if err != nil {
		return fmt.Errorf("initialisation failed: %w", err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("", port))
	if err != nil {
		return fmt.Errorf("port %q cannot be listened at: %w", port, err)
	}
	err = Serve(ctx, l, h)
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	shutdown(last)
	return err
}

// find returns the handler for a name.
func find(name string) (http.Handler, error) {
	mu.Lock()
	defer mu.Unlock()
	if h := handlers[name]; h != nil {
		return h, nil
	}
	if h := handlers[""]; h != nil {
		return h, nil
	}
	var names []string
	for n, h := range handlers {
		if h != nil {
			names = append(names, fmt.Sprintf("%q", n))
			if name == "" && len(handlers) == 1 {
				return h, nil
			}
		}
	}
	sort.Strings(names)
	return nil, fmt.Errorf("handler %q is not registered; this bootstrap has %s\n"+
		"bootzip: hint: set _HANDLER to the name of one", name, strings.Join(names, ", "))
}

// Serve answers plain HTTP on a listener until ctx ends, and then waits for running
// requests, for at most Grace. It closes the listener.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("server ended: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), Grace)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("requests still run %v after the end was asked for: %w", Grace, err)
	}
	return nil
}
