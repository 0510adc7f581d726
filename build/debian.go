package build

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// debian builds functions with Debian's compilers, those of the build image.
// docs/languages.md says what it runs for each language, and why.
type debian struct {
	config   Config
	language project.Language
	engine   engine
	version  string // of the compiler, "" if it is not known
	debianLanguage
}

// A source is a unit for which a script is made.
type source struct {
	Unit
	dir string // the source directory on the host
}

// triplet returns Debian's name of the platform; library is "gnu" or "musl".
func (s source) triplet(library string) string {
	return s.cpu() + "-linux-" + library
}

func (s source) cpu() string {
	if s.Arch == project.ARM64 {
		return "aarch64"
	}
	return "x86_64"
}

// entry returns the first of the names that is a file of the source directory.
func (s source) entry(names ...string) (string, error) {
	for _, n := range names {
		if info, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(n))); err == nil && info.Mode().IsRegular() {
			return n, nil
		}
	}
	return "", hint.New("call the program's main file "+names[0], "%s has no %s", s.Function.Source, strings.Join(names, " and no "))
}

// linkFlags are shared by all languages: static, at a fixed address, and without
// symbols, unused code or a build ID, which is a hash of the file.
const linkFlags = "-static -s -no-pie -Wl,--gc-sections -Wl,--build-id=none"

func newDebian(ctx context.Context, c Config, l project.Language, e engine) (*debian, error) {
	means, ok := debianLanguages[l]
	if !ok {
		return nil, fmt.Errorf("language %q cannot be built", l)
	}
	d := &debian{config: c, language: l, engine: e, debianLanguage: means}
	if e.image().id != "" && d.compiler != "" {
		packages, err := e.image().packages(ctx)
		if err != nil {
			return nil, err
		}
		d.version = packageVersion(packages, d.compiler)
	}
	return d, nil
}

func (d *debian) recipe(u Unit) (string, error) {
	script, err := d.script(d.source(u))
	if err != nil {
		// plan reports it with the failures of the other units.
		return "", nil
	}
	return strings.Join(append(d.env(containerPlaces, u), u.Function.Source, script), "\n"), nil
}

func (d *debian) source(u Unit) source {
	return source{u, filepath.Join(d.config.Root, filepath.FromSlash(u.Function.Source))}
}

// product returns the file where a script leaves the program.
func (d *debian) product(u Unit) string {
	return path.Join(u.Function.Name, string(u.Arch), "bootstrap")
}

func (d *debian) env(p places, u Unit) []string {
	cache := path.Join(p.cache, string(d.language), projectKey(d.config.Root), u.Function.Name, string(u.Arch))
	searched := "/bootzip/bin:/usr/local/bin:/usr/bin:/bin"
	if d.engine.name() == "host" {
		searched = lookup(d.config.Environ, "PATH")
	}
	return []string{
		"OUT=" + path.Dir(path.Join(p.out, d.product(u))), "CACHE=" + cache, "ARCH=" + string(u.Arch), "GOARCH=" + string(u.Arch),
		"HOME=" + p.temp, "TMPDIR=" + p.temp, "PATH=" + searched,
		"TZ=UTC", "LANG=C.UTF-8", "SOURCE_DATE_EPOCH=315532800", // 1980-01-01, as in the zip
	}
}

func (d *debian) plan(_ context.Context, units []Unit, e engine, host places) (plan, error) {
	p := plan{inputs: map[string]inputs{}}
	for _, u := range units {
		script, err := d.script(d.source(u))
		if err != nil {
			p.failure.add(u, err.Error(), hint.Of(err))
			continue
		}
		link, err := linkBelow(d.config.Root, u.Function.Source)
		if err != nil {
			return p, err
		}
		if link != "" {
			p.failure.add(u, link, linkHint)
			continue
		}
		// A program may be made from any file of the project. Only Go's
		// toolchain can list them beforehand.
		p.inputs[u.String()] = inputs{Trees: []string{"."}}
		p.steps = append(p.steps, step{
			job: job{
				dir:     u.Function.Source,
				env:     d.env(e.view(host), u),
				command: []string{"/bin/sh", "-c", "set -eu\nmkdir -p \"$CACHE\" \"$OUT\"\n" + script},
				share:   shareOf(e, u),
			},
			products: []product{{u, d.product(u)}},
			blame:    d.blame,
		})
	}
	return p, nil
}

func (d *debian) blame(output string, missing []Unit) map[string]blamed {
	all := map[string]blamed{}
	for _, u := range missing {
		b := blamed{message: output}
		if c := u.Function.Command; len(c) > 0 && !strings.Contains(c[0], "/") && strings.Contains(output, c[0]+": not found") && exists(filepath.Join(d.source(u).dir, c[0])) {
			b.hint = fmt.Sprintf("write ./%s: a name without a slash is looked for in PATH", c[0])
		} else if d.engine.name() == "host" && strings.Contains(output, "not found") {
			b.hint = "the host lacks what is needed; docker and podman have an image with it"
		}
		all[u.String()] = b
	}
	return all
}

func (d *debian) toolchain(Unit) string {
	switch {
	case d.compiler == "":
		return "command"
	case d.version == "":
		return d.compiler + " of the host"
	}
	return d.compiler + " " + d.version
}

// check does nothing: these languages have nothing like Go's build information.
func (d *debian) check(Unit, string) error { return nil }
