package command

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/watch"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// serveTime is how long a stop waits for events on their way, and for their
// clients.
const serveTime = 2 * time.Second

func (a *app) serveCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var e emulation
	var address string
	var hosts []string
	var concurrency int
	var events bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Keep all functions running behind HTTP and the Invoke API",
		Long: `Serve keeps all functions running behind HTTP, as function URLs, API Gateway, load
balancer and Lambda's Invoke API. When a file of the project changes, it builds
again, and replaces the functions whose zip changed; where the build fails, it
shows why, and the old ones go on.`,
		Example: "  bootzip serve --address=127.0.0.1:8080 --env=TABLE=orders",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.read(); err != nil {
				return err
			}
			if err := e.check(); err != nil {
				return err
			}
			if concurrency < 0 {
				return misuse(errors.New("--concurrency takes a positive number"))
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return misuse(hint.Wrap(err, "choose another place with --address=127.0.0.1:PORT"))
			}
			if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
				note("listening on %s: whoever reaches this address can invoke the functions, with the credentials that they are given", at)
			}
			config := emulator.ServerConfig{
				Region: os.Getenv("AWS_REGION"),
				Dropped: func(function, id, reason string) {
					note("%s: asynchronous event %s failed for good: %s", function, id, reason)
				},
				Refused: func(function, id, reason string) {
					note("%s: the answer to event %s is not an HTTP response: %s", function, id, reason)
				},
			}
			for _, name := range hosts {
				config.Hosts = append(config.Hosts, withoutPort(name))
			}
			if events {
				config.Event = func(function string, event []byte) { note("%s: event %s", function, event) }
			}
			v := &service{app: a, settings: s, server: emulator.NewServer(config), base: "http://" + reachable(listener.Addr().String()), running: map[string]string{}}
			v.configure = func(name string) emulator.Config {
				c := e.config(name)
				c.Concurrency = concurrency
				return c
			}
			return v.run(c.Context(), listener)
		},
	}
	f := c.Flags()
	f.StringVar(&address, "address", "127.0.0.1:9000", "where to listen")
	f.StringArrayVar(&hosts, "host", nil, "a `NAME`, besides localhost, by which clients may address it; may be repeated")
	f.IntVar(&concurrency, "concurrency", 0, "`INSTANCES` of a function at most (default 10)")
	f.BoolVar(&events, "events", false, "print each event that is made of an HTTP request")
	e.flags(c)
	s.flags(c, "engine")
	return c
}

// withoutPort is the name of a host: the server does not look at ports.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// reachable is an address at which a listener on this machine is found, and which the server takes.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// A service is what serve runs.
type service struct {
	app       *app
	settings  settings
	server    *emulator.Server
	base      string
	configure func(name string) emulator.Config
	running   map[string]string // by the function's name, what its zip's CodeSha256 was
	closing   sync.WaitGroup    // functions that were replaced
	life      context.Context   // ends when these have been waited for long enough
}

func (v *service) run(ctx context.Context, l net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- v.server.Serve(l) }()
	failed := make(chan error, 1)
	watched, stop := context.WithCancel(ctx)
	life, end := context.WithCancel(context.Background())
	defer end()
	v.life = life
	go func() {
		defer close(failed)
		build := func() { v.reload(watched) }
		failed <- watch.Tree(watched, ".", []string{distFolder}, build, build)
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	case err = <-failed:
	}
	stop()
	late, cancel := context.WithTimeout(context.Background(), serveTime)
	defer cancel()
	defer context.AfterFunc(late, end)()
	if closed := v.server.Close(late); err == nil {
		err = closed
	}
	// A build that was interrupted puts its things away, and one that was ready may have put a function into
	// the server after that was closed.
	<-failed
	if closed := v.server.Close(late); err == nil {
		err = closed
	}
	v.closing.Wait()
	return err
}

// reload builds all functions, and replaces those whose zip changed.
func (v *service) reload(ctx context.Context) {
	p, err := project.Load(".")
	if err != nil {
		note("%v", v.app.shown(err))
		return
	}
	there := map[string]bool{}
	for _, f := range p.Functions {
		if f.Kind.IsLayer() {
			continue // it runs beside a function
		}
		there[f.Name] = true
		if ctx.Err() != nil {
			return
		}
		if err := v.replace(ctx, f.Name); err != nil && ctx.Err() == nil {
			note("%s: %v", f.Name, v.app.shown(err))
			if _, old := v.running[f.Name]; old {
				note("%s: the old version goes on", f.Name)
			}
		}
	}
	for name := range v.running {
		if !there[name] {
			v.swap(name, nil)
			delete(v.running, name)
			note("%s: gone", name)
		}
	}
}

// replace builds one function, and starts to serve it if its zip is not the
// one that runs.
func (v *service) replace(ctx context.Context, name string) error {
	s := v.settings
	s.function = name
	v.settings.quiet = true // the engine is named once
	config := v.configure(name)
	sum, err := s.packFor(ctx, &config)
	if err != nil || v.running[name] == sum+" "+config.Handler {
		return err
	}
	f, err := emulator.New(ctx, config)
	if err != nil {
		return err
	}
	v.running[name] = sum + " " + config.Handler
	v.swap(name, f)
	note("%s: %s/url/%s/", name, v.base, name)
	return nil
}

// swap lets the function that was there before finish what it is doing.
func (v *service) swap(name string, f *emulator.Function) {
	before := v.server.Set(name, f)
	if before == nil {
		return
	}
	v.closing.Add(1)
	go func() {
		defer v.closing.Done()
		// An event may have its whole time, and its instance's second start, before it.
		late, cancel := context.WithTimeout(v.life, max(time.Minute, v.configure(name).Timeout+15*time.Second))
		defer cancel()
		if err := before.Close(late); err != nil {
			note("%s: %v", name, err)
		}
	}()
}
