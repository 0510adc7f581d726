package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/project"
)

// storeKeys is the version of the inputs of keys.
const storeKeys = "bootzip store 1"

// storeRequests bounds how many bootstraps are fetched or stored at a time.
const storeRequests = 8

// usesStore reports whether this run uses the store.
func (b *builder) usesStore() bool {
	return b.config.Store != nil && !b.config.ColdCache && b.config.Vary == Variations{}
}

// storeKey returns the key of u's bootstrap in the store: a digest of everything that decides
// its bytes on any machine. ok is false where that is not known.
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

// madeBy identifies the compilers. In every engine Go is a module, whose hash is in the
// checksum database; a go command that the host has from elsewhere may differ at the same
// version. Other compilers are identified by a digest of the build image's packages.
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

// fetch copies from the store, to a directory below host.out, the products of the plan that
// the store has, and returns them. A product is built if it cannot be fetched, or if what was
// fetched fails the check.
func (b *builder) fetch(ctx context.Context, p plan, host places) (found []product) {
	if !b.usesStore() {
		return found
	}
	var mu sync.Mutex
	sideBySide(productsOf(p.steps), storeRequests, func(_ int, one product) {
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
		found = append(found, product{u, at})
	})
	slices.SortFunc(found, func(x, y product) int { return strings.Compare(x.unit.String(), y.unit.String()) })
	return found
}

// keep puts what was built into the store, unless an input was edited during the build: it is
// then not known which state of the files was compiled.
func (b *builder) keep(ctx context.Context, all plan, host places) {
	if !b.usesStore() || !b.config.Store.Write {
		return
	}
	again := newDigester(b.digests.root)
	var mu sync.Mutex
	sideBySide(productsOf(all.steps), storeRequests, func(_ int, one product) {
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

// without returns the units that none of the products belongs to.
func without(units []Unit, products []product) []Unit {
	return slices.DeleteFunc(slices.Clone(units), func(u Unit) bool {
		return slices.ContainsFunc(products, func(p product) bool { return p.unit.String() == u.String() })
	})
}
