package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/project"
)

// storeKeys is the version of what keys are made of.
const storeKeys = "bootzip store 1"

// storeRequests is how many bootstraps are fetched or kept at a time.
const storeRequests = 8

// usesStore reports whether this run has to do with the store.
func (b *builder) usesStore() bool {
	return b.config.Store != nil && !b.config.ColdCache && b.config.Vary == Variations{}
}

// storeKey is what u's bootstrap has in the store: a digest of all that decides its bytes on
// any machine. ok is false where that is not known.
func (b *builder) storeKey(ctx context.Context, d *digester, u Unit, in inputs, p plan, host places) (key string, ok bool, err error) {
	by, ok, err := b.madeBy(ctx, u, p)
	if err != nil || !ok {
		return "", false, err
	}
	recipe, err := b.languages[u.Function.Language].recipe(u)
	if err != nil {
		return "", false, err
	}
	key, err = d.digest(in, strings.Join([]string{storeKeys, b.config.Tool, by, host.project, string(u.Arch), recipe}, "\n"))
	return key, err == nil, err
}

// madeBy names the compilers by digest. Go's is a module, whose hash the checksum database
// has, in every engine; a go command that was installed on the host otherwise may be another
// of the same version. All else is made by the packages of the build image.
func (b *builder) madeBy(ctx context.Context, u Unit, p plan) (string, bool, error) {
	if u.Function.Language == project.Go && u.Function.Cgo == "" {
		module := strings.Contains(filepath.ToSlash(p.toolchain), "/"+toolchainModule+"@")
		return "go", b.engine.name() != "host" || module, nil
	}
	if b.engine.image().id == "" {
		return "", false, nil
	}
	packages, err := b.engine.image().packages(ctx)
	if err != nil {
		return "", false, err
	}
	sum := sha256.Sum256([]byte(strings.Join(packages, "\n")))
	return "packages " + hex.EncodeToString(sum[:]), true, nil
}

// fetch takes from the store what it has of a plan's products, to below host.out, and
// returns them. Whatever is wrong with one, it is built.
func (b *builder) fetch(ctx context.Context, p plan, host places) (found step) {
	if !b.usesStore() {
		return found
	}
	var mu sync.Mutex
	each(p.steps, func(one product) {
		u := one.unit
		mu.Lock()
		key, ok, err := b.storeKey(ctx, b.digests, u, p.inputs[u.String()], p, host)
		if ok && err == nil {
			b.keys[u.String()] = key
		}
		mu.Unlock()
		if !ok || err != nil || b.config.Force {
			return
		}
		at := path.Join(".store", u.Function.Name, string(u.Arch), "bootstrap")
		file := filepath.Join(host.out, filepath.FromSlash(at))
		if os.MkdirAll(filepath.Dir(file), 0o755) != nil || !b.config.Store.Fetch(ctx, key, file) {
			return
		}
		if b.check(u, file) != nil {
			_ = os.Remove(file)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		b.cached[u.String()] = true
		found.products = append(found.products, product{u, at})
	})
	slices.SortFunc(found.products, func(x, y product) int { return strings.Compare(x.unit.String(), y.unit.String()) })
	return found
}

// keep puts what was built into the store. What was edited while it was built was made from
// no state of the files that is known, and is not kept.
func (b *builder) keep(ctx context.Context, all plan, host places) {
	if !b.usesStore() || !b.config.Store.Write {
		return
	}
	again := newDigester(b.digests.root)
	var mu sync.Mutex
	each(all.steps, func(one product) {
		u := one.unit
		mu.Lock()
		before := b.keys[u.String()]
		key, ok, err := b.storeKey(ctx, again, u, all.inputs[u.String()], all, host)
		mu.Unlock()
		if before == "" || !ok || err != nil || key != before {
			return
		}
		b.config.Store.Keep(ctx, key, filepath.Join(host.out, filepath.FromSlash(one.file)))
	})
}

// each calls do for the products of steps, some side by side.
func each(steps []step, do func(product)) {
	var running sync.WaitGroup
	free := make(chan struct{}, storeRequests)
	for _, s := range steps {
		for _, p := range s.products {
			free <- struct{}{}
			running.Add(1)
			go func() {
				defer func() { <-free; running.Done() }()
				do(p)
			}()
		}
	}
	running.Wait()
}

// without are the units of a round that have no such product.
func without(units map[project.Language][]Unit, products []product) map[project.Language][]Unit {
	rest := maps.Clone(units)
	for language, all := range rest {
		rest[language] = slices.DeleteFunc(slices.Clone(all), func(u Unit) bool {
			return slices.ContainsFunc(products, func(p product) bool { return p.unit.String() == u.String() })
		})
	}
	return rest
}
