package build

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// host runs commands on this machine, as they are.
type host struct {
	cache string
}

func newHost(c Config) (*host, error) {
	h := &host{cache: filepath.Join(c.Cache, "host")}
	return h, os.MkdirAll(h.cache, 0o755)
}

func (h *host) name() string               { return "host" }
func (h *host) identity() string           { return "host" }
func (h *host) image() string              { return "" }
func (h *host) platform() (string, string) { return runtime.GOOS, runtime.GOARCH }

func (h *host) view(p places) places {
	p.cache = h.cache
	return p
}

func (h *host) run(ctx context.Context, b batch) ([]outcome, error) {
	outcomes := make([]outcome, len(b.jobs))
	errs := make([]error, len(b.jobs))
	slots := make(chan struct{}, b.parallel)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, j := range b.jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			var output cut
			exit, err := run(ctx, &output, j.env, filepath.Join(b.host.source, filepath.FromSlash(j.dir)), j.command...)
			outcomes[i], errs[i] = outcome{exit, output.String()}, err
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				b.finished(i)
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}
