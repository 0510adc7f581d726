package command

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/console"
	"github.com/bootzip/bootzip/emulator/watch"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// A service is what serve runs.
type service struct {
	app       *app
	settings  settings
	zips      zipSet // to serve in place of the project, unless empty
	server    *emulator.Server
	base      string
	console   *console.Console
	configure func(name string) emulator.Config
	taken     bool              // a route takes /
	running   map[string]string // by the function's name, its zip's CodeSha256 and what it is run with
	closing   sync.WaitGroup    // functions that were replaced, until they have ended
	life      context.Context   // ends when they have been waited for long enough
}

func (v *service) run(ctx context.Context, l net.Listener) error {
	// Requests that come before the first functions wait for them.
	ended, first := make(chan error, 1), make(chan struct{})
	var once sync.Once
	go func() {
		select {
		case <-first:
			ended <- v.server.Serve(l)
		case <-ctx.Done():
			ended <- l.Close()
		}
	}()
	failed := make(chan error, 1)
	watched, stop := context.WithCancel(ctx)
	life, end := context.WithCancel(context.Background())
	defer end()
	v.life = life
	go func() {
		defer close(failed)
		build := func() {
			v.reload(watched)
			once.Do(func() {
				note("console: %s", v.consoleAddress())
				close(first)
			})
		}
		if !v.zips.empty() {
			failed <- watchFiles(watched, v.zips.list, build)
			return
		}
		failed <- watch.Tree(watched, ".", []string{distDir}, build, build, os.Stdout, os.Stderr)
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
	err = cmp.Or(err, v.server.Close(late))
	// Wait until an interrupted build has cleaned up. A build may also have given the server a
	// function after it was closed, so close it again.
	<-failed
	err = cmp.Or(err, v.server.Close(late))
	v.closing.Wait()
	return err
}

// reload builds all functions, and replaces those whose zip changed.
func (v *service) reload(ctx context.Context) {
	var sources []source
	var routes []emulator.Route
	if !v.zips.empty() {
		files := map[string]string{} // by the function's name
		for _, file := range v.zips.list() {
			name := zipName(file)
			if _, taken := v.zips.images[name]; taken {
				note("%s: zip %q is not served: an image has the same name", name, file)
				continue
			}
			if other, taken := files[name]; taken {
				note("%s: zip %q is not served: zip %q has the same name", name, file, other)
				continue
			}
			files[name] = file
			sources = append(sources, source{name: name, zip: file})
		}
		for _, name := range slices.Sorted(maps.Keys(v.zips.images)) {
			sources = append(sources, source{name: name, image: v.zips.images[name]})
		}
	} else {
		p, err := project.Load(".")
		if err != nil {
			err = v.app.shown(err)
			note("%v", err)
			v.console.Built("", err)
			return
		}
		v.console.Built("", nil)
		for _, f := range withDeployed(p.Functions) {
			if f.Kind.IsLayer() {
				continue // it runs beside a function
			}
			sources = append(sources, source{name: f.Name, handlers: f.Handlers})
			for _, r := range f.Routes {
				route := emulator.Route{Route: r, Function: f.Name}
				if route.Hidden() {
					note("route %q of %s gets no requests: the path begins like one of the addresses above", r.Key(), f.Name)
				}
				routes = append(routes, route)
			}
		}
	}
	v.server.SetRoutes(routes)
	v.taken = slices.ContainsFunc(routes, func(r emulator.Route) bool {
		_, _, matches := r.Match("GET", []string{""})
		return matches
	})
	there := v.assign(sources)
	for _, s := range sources {
		if ctx.Err() != nil {
			return
		}
		if err := v.replace(ctx, s, there); err != nil && ctx.Err() == nil {
			err = v.app.shown(err)
			note("%s: %v", s.name, err)
			v.console.Built(s.name, err)
			if _, old := v.running[s.name]; old {
				note("%s: still serving the old version", s.name)
			}
		} else if err == nil {
			v.console.Built(s.name, nil)
		}
	}
	for name := range v.running {
		if _, ok := there[name]; !ok {
			v.swap(name, nil)
			delete(v.running, name)
			v.console.Gone(name)
			note("%s: gone", name)
		}
	}
}

// consoleAddress is the console's address, with its token: / unless a route takes that.
func (v *service) consoleAddress() string {
	path := "/"
	if v.taken {
		path = emulator.ConsolePath
	}
	return v.base + path + "?token=" + v.console.Token()
}

// A source is a zip or an image that is served, or a function that is built.
type source struct {
	name     string // of its first function
	handlers []string
	zip      string // file
	image    pipeline.ImageCode
}

// An assignment is what a function is made of.
type assignment struct{ source, handler string }

// assign gives each handler of each source a name of its own: on Lambda, a zip
// with several handlers is several functions. The first to have a name keeps it.
func (v *service) assign(sources []source) map[string]assignment {
	there := map[string]assignment{}
	for _, s := range sources {
		first := v.configure(s.name).Handler
		if first == "" && len(s.handlers) > 0 {
			first = s.handlers[0]
		}
		there[s.name] = assignment{s.name, first}
	}
	for _, s := range sources {
		if v.configure(s.name).Handler != "" || len(s.handlers) < 2 {
			continue // one handler was asked for, or there is at most one
		}
		for _, handler := range s.handlers[1:] {
			name := s.name + "-" + notInNames.ReplaceAllString(handler, "-")
			if other, taken := there[name]; taken {
				note("%s: handler %q is not served: there is another function %q, of %s", s.name, handler, name, other.source)
				continue
			}
			there[name] = assignment{s.name, handler}
		}
	}
	return there
}

// notInNames matches what a function's name cannot contain (AWS Lambda API reference,
// CreateFunction).
var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// replace builds one zip, and serves those of its functions that changed.
func (v *service) replace(ctx context.Context, from source, there map[string]assignment) error {
	base := v.configure(from.name)
	var sum string
	var err error
	switch {
	case from.zip != "":
		base.Zip = from.zip
		sum, err = stamp(from.zip)
	case from.image.Env != nil:
		base.Zip, base.Root, base.ImageEnv, sum = from.image.Zip, from.image.Root, from.image.Env, "image"
	default:
		s := v.settings
		s.function = from.name
		v.settings.quiet = true // the engine is named once
		var packed pipeline.Zip
		packed, err = s.packFor(ctx, &base)
		sum = packed.Packed.CodeSha256
	}
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		run := there[name]
		now := fmt.Sprint(sum, " ", run.handler, base.Environment, base.Memory, base.Timeout, base.Layers)
		if run.source != from.name || v.running[name] == now {
			continue
		}
		config := base
		config.Name, config.Handler = name, run.handler
		f, err := emulator.New(ctx, config)
		if err != nil {
			return err
		}
		v.running[name] = now
		v.swap(name, f)
		v.console.Built(name, nil)
		note("%s: %s/url/%s/", name, v.base, name)
	}
	return nil
}

// swap serves f under the name, and lets the previous function finish its invocations.
func (v *service) swap(name string, f *emulator.Function) {
	before := v.server.Set(name, f)
	if before == nil {
		return
	}
	v.closing.Add(1)
	go func() {
		defer v.closing.Done()
		// An invocation may take the time-out, after a second start of its instance.
		late, cancel := context.WithTimeout(v.life, max(time.Minute, v.configure(name).Timeout+15*time.Second))
		defer cancel()
		if err := before.Close(late); err != nil {
			note("%s: %v", name, err)
		}
	}()
}
