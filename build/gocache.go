package build

import (
	"context"
	gover "go/version"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/bootzip/bootzip/internal/elfscan"
	"github.com/bootzip/bootzip/internal/gocache"
	"github.com/bootzip/bootzip/project"
)

// gocacheDir is where, below the output directory, the go commands of a build find the
// shared cache of packages.
const gocacheDir = ".gocache"

// firstCacheProg is the first Go that asks a program for its cache.
const firstCacheProg = "go1.24"

// serveGoCache lets the go commands of a batch use the store for packages, and adds the
// variable for it to the environment of the steps. It returns nil where the store is not
// used, or where the commands cannot reach it.
//
// A batch with commands that run code from elsewhere, such as cgo's, gets no access: they
// could store packages that differ from the sources.
func (b *builder) serveGoCache(ctx context.Context, steps []step, host places) *gocache.Server {
	if !b.usesStore() || b.config.Force {
		return nil
	}
	for _, s := range steps {
		for _, p := range s.products {
			f := p.unit.Function
			if f.Language != project.Go || f.Cgo != "" || gover.Compare(b.languages[project.Go].toolchain(p.unit), firstCacheProg) < 0 {
				return nil
			}
		}
	}
	out := filepath.Join(host.out, gocacheDir)
	view := path.Join(filepath.ToSlash(b.engine.view(host).out), gocacheDir)
	relay, ok := b.relay(out)
	if !ok || strings.Contains(view, "'") {
		return nil
	}
	server, err := gocache.Serve(ctx, gocache.Config{Out: out, View: view, Local: filepath.Join(b.config.Cache, "gocache"), Store: b.config.Store.For("Go's packages")})
	if err != nil {
		b.config.tell(Event{Stage: "cache", Text: "Go's packages are not shared: " + err.Error()})
		return nil
	}
	for i := range steps {
		steps[i].env = with(steps[i].env, "GOCACHEPROG="+quoteArg(path.Join(view, relay))+" "+quoteArg(server.Socket()))
	}
	return server
}

// relay copies this program into the directory out, as the relay to the server, and returns
// its name there. ok is false where it could not be copied, or the commands could not start
// it or reach the server.
func (b *builder) relay(out string) (name string, ok bool) {
	if b.engine.copiesModules() { // the socket is out of reach
		return "", false
	}
	goos, goarch := b.engine.platform()
	if goos != runtime.GOOS || goarch != runtime.GOARCH || goos == "windows" {
		return "", false
	}
	program, err := os.Executable()
	if err != nil {
		return "", false
	}
	if b.engine.name() != "host" {
		if f, err := elfscan.ReadFile(program); err != nil || f.HasInterp {
			b.config.tell(Event{Stage: "cache", Text: "Go's packages are not shared: this bootzip is dynamically linked; a released one is not, nor is one built with CGO_ENABLED=0"})
			return "", false
		}
	}
	if err := copyProgram(program, filepath.Join(out, gocache.RelayName)); err != nil {
		return "", false
	}
	return gocache.RelayName, true
}

func copyProgram(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFrom(in, to)
}

// quoteArg quotes s, which has no quotes, for GOCACHEPROG, which has no escapes (Go's
// cmd/internal/quoted).
func quoteArg(s string) string { return "'" + s + "'" }
