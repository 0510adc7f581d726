package build

import (
	"context"
	"debug/buildinfo"
	"fmt"
	gover "go/version"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// goFlags make the bytes depend on the sources and the toolchain alone.
var goFlags = []string{
	"-trimpath",
	"-buildvcs=false",    // the revision goes into the provenance; here it would change with each commit
	"-buildmode=default", // exe on both architectures; called so, it would take one program at a time
	"-pgo=off",           // a default.pgo beside main.go would count otherwise
}

// goLinkFlags are the linker's. linkmode: GO_EXTLINK_ENABLED=1 would make a
// dynamic program even without cgo. buildid: its hash covers what the other
// flags removed.
const goLinkFlags = "-s -w -buildid= -linkmode=internal"

// cgoLinkFlags are the linker's for a function with cgo, which C's linker
// finishes: one file, with the C library in it.
const cgoLinkFlags = "-s -w -buildid= -linkmode=external '-extldflags=" + linkFlags + "'"

// goSettled is what the environment of the Go compiler has in every build.
// What is empty here is so on purpose: unset it would be taken from a file, or
// from a default that differs between machines.
var goSettled = []string{
	"CGO_ENABLED=0", "GOOS=linux", "GOAMD64=v1", "GOARM64=v8.0",
	"GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=",
	"GO111MODULE=on", "GOPROXY=off", "GOSUMDB=off", "GOVCS=*:off",
}

// goEnv is the whole environment of the Go compiler. There is no HOME: in a
// new one the go command would start a telemetry process, which outlives it
// and still writes there.
func goEnv(p places, m goModule, arch project.Arch) []string {
	return append(slices.Clone(goSettled),
		"GOARCH="+string(arch),
		"GOWORK="+m.workValue(p.source),
		"GOROOT="+p.toolchain, "GOPATH="+p.temp+"/gopath", "GOMODCACHE="+p.modules, "GOCACHE="+p.cache+"/go-build",
		"TMPDIR="+p.temp, "GOTMPDIR="+p.temp,
		"PATH=/usr/bin:/bin", "TZ=UTC", "LANG=C.UTF-8",
	)
}

// golang builds functions in Go.
type golang struct {
	config  Config
	modules map[string]goModule // by source
	told    map[string]bool     // what was said of toolchains, and of files that are left out
	unnamed string              // directory of a module that was said to name none
}

func (g *golang) module(u Unit) (goModule, error) {
	if m, ok := g.modules[u.Function.Source]; ok {
		return m, nil
	}
	m, err := findModule(g.config, u.Function.Source)
	if err != nil {
		return m, fmt.Errorf("function %q: %w", u.Function.Name, err)
	}
	g.modules[u.Function.Source] = m
	g.tell(m)
	return m, nil
}

// tell says, once, which toolchain is taken for a module that names none, and
// that one is no longer supported.
func (g *golang) tell(m goModule) {
	text := ""
	switch {
	case m.unnamed && g.config.Go == "":
		if g.unnamed != "" {
			return // what holds for one holds for all of them
		}
		g.unnamed = m.dir
		text = fmt.Sprintf("module in %q names no Go toolchain, so %s is taken for such modules; \"go: %s\" in bootzip.yaml keeps it", m.dir, m.version, strings.TrimPrefix(m.version, "go"))
	case !supported(m.version):
		text = fmt.Sprintf("%s is no longer supported by the Go project; the newest known here is %s", m.version, DefaultGo)
	}
	if text != "" && !g.told[text] {
		g.told[text] = true
		g.config.tell(Event{Stage: "toolchain", Text: text})
	}
}

// supported reports whether a release gets fixes: the newest two do (Go
// release policy, go.dev/doc/devel/release), of which DefaultGo is the newest
// that is known here.
func supported(release string) bool {
	minor := func(v string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(gover.Lang(v), "go1."))
		return n
	}
	return minor(release) >= minor(DefaultGo)-1
}

func (g *golang) recipe(u Unit) (string, error) {
	m, err := g.module(u)
	return strings.Join(append(goEnv(places{}, m, u.Arch), slices.Concat(goFlags, g.settings(u), []string{m.version, m.modFlag()})...), "\n"), err
}

func (g *golang) toolchain(u Unit) string { return g.modules[u.Function.Source].version }

func (g *golang) plan(ctx context.Context, units []Unit, e engine, host places) (plan, error) {
	p := plan{inputs: map[string]inputs{}}
	tool, err := findGo(ctx, g.config, g.toolchain(units[0])) // the same for all
	if err != nil {
		return p, err
	}
	if i := slices.IndexFunc(units, func(u Unit) bool { return u.Function.Cgo != "" }); i >= 0 && e.name() == "host" {
		g.config.tell(Event{Stage: "toolchain", Text: fmt.Sprintf("function %q is linked with this machine's C library: other machines give other bytes", units[i].Function.Name)})
	}
	host.modules, host.toolchain = tool.modules, tool.root
	if e.name() != "host" {
		_, arch := e.platform()
		host.toolchain = linuxToolchainDir(g.config, tool, arch)
		p.prepare = append(p.prepare, func(ctx context.Context) error {
			for _, arch := range archesOf(e) {
				if _, err := linuxToolchain(ctx, g.config, tool, arch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if e.copiesModules() {
		// The whole module cache would be copied otherwise.
		host.modules = filepath.Join(host.temp, "modules")
		for _, group := range g.groups(units, e) {
			if err := copyModules(ctx, g.config, tool, group, host.modules); err != nil {
				return p, err
			}
		}
	}
	p.toolchain, p.modules = host.toolchain, host.modules
	groups := g.groups(units, e)
	listings := g.list(ctx, tool, groups)
	for i, group := range groups {
		one, err := g.planGroup(ctx, tool, group, listings[i], e, host)
		if err != nil {
			return p, err
		}
		p.join(one)
	}
	return p, nil
}

// A listing is what the go command says of a group's programs.
type listing struct {
	programs []goProgram
	err      error
}

// list asks the go command about all groups, about some at a time.
func (g *golang) list(ctx context.Context, tool goTool, groups []goGroup) []listing {
	all := make([]listing, len(groups))
	slots := make(chan struct{}, runtime.NumCPU())
	var wg sync.WaitGroup
	for i, group := range groups {
		g.config.tell(Event{Stage: "fetch", Text: fmt.Sprintf("modules of %d functions for %s", len(group.units), group.arch)})
		var sources []string
		for _, u := range group.units {
			sources = append(sources, u.Function.Source)
		}
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer wg.Done()
			all[i].programs, all[i].err = listPrograms(ctx, g.config, tool, group, sources)
			<-slots
		}()
	}
	wg.Wait()
	return all
}

// tellLeftOut says once that a cgo file is not in the program.
func (g *golang) tellLeftOut(file string) {
	if g.told[file] {
		return
	}
	g.told[file] = true
	g.config.tell(Event{Stage: "cgo", Text: fmt.Sprintf("%s is left out, as it imports \"C\": its package may do less without, or nothing; cgo: static in bootzip.yaml builds it", file)})
}

// settings are what a function says of its program, as flags of the go
// command, with which it is listed and built.
func (g *golang) settings(u Unit) []string {
	f := u.Function
	ldflags, tags := goLinkFlags, f.Tags
	if f.Cgo != "" {
		ldflags, tags = cgoLinkFlags, append([]string{"netgo", "osusergo"}, f.Tags...)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Ldflags)) {
		value := strings.NewReplacer("${tag}", g.config.Tag, "${commit}", g.config.Commit).Replace(f.Ldflags[name])
		quote := "'"
		if strings.Contains(value, "'") {
			quote = `"`
		}
		ldflags += " -X " + quote + name + "=" + value + quote
	}
	flags := []string{"-ldflags=" + ldflags}
	if len(tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(tags, ","))
	}
	return flags
}

// compiler is what the environment of a function with cgo has besides: Debian's
// gcc for the architecture, which has its name on Debian's machines as well.
func (g goGroup) compiler() []string {
	if g.units[0].Function.Cgo == "" {
		return nil
	}
	cc := source{Unit: g.units[0]}.triplet("gnu")
	return []string{"CGO_ENABLED=1", "CC=" + cc + "-gcc", "CXX=" + cc + "-g++", "CGO_CFLAGS=-O2", "CGO_CXXFLAGS=-O2", "CGO_LDFLAGS=",
		"PKG_CONFIG_LIBDIR=/usr/local/lib/" + cc + "/pkgconfig:/usr/lib/" + cc + "/pkgconfig:/usr/share/pkgconfig"}
}

// A goGroup is what one go command can build: one module, one architecture.
type goGroup struct {
	module   goModule
	arch     project.Arch
	settings []string
	share    int // as the job's
	units    []Unit
}

// tags is the flag of the group's build tags, if it has any.
func (g goGroup) tags() []string { return g.settings[1:] }

func (g *golang) groups(units []Unit, e engine) []goGroup {
	var groups []goGroup
next:
	for _, u := range units {
		m, share := g.modules[u.Function.Source], shareOf(e, u)
		for i := range groups {
			if groups[i].module == m && groups[i].arch == u.Arch && groups[i].share == share && slices.Equal(groups[i].settings, g.settings(u)) {
				groups[i].units = append(groups[i].units, u)
				continue next
			}
		}
		groups = append(groups, goGroup{m, u.Arch, g.settings(u), share, []Unit{u}})
	}
	return groups
}

func (g *golang) planGroup(ctx context.Context, tool goTool, group goGroup, listed listing, e engine, host places) (plan, error) {
	p := plan{inputs: map[string]inputs{}}
	root, m := g.config.Root, group.module
	programs, err := listed.programs, listed.err
	switch {
	case ctx.Err() != nil:
		return p, ctx.Err()
	case err != nil: // functions of other modules can be built
		for i, u := range group.units {
			message := fmt.Sprintf("module in %q: %v", m.dir, err)
			if i > 0 {
				message = fmt.Sprintf("module in %q: see function %q", m.dir, group.units[0].Function.Name)
			}
			remedy := hint.Of(err)
			if remedy == "" && strings.Contains(err.Error(), "missing go.sum entry") {
				remedy = fmt.Sprintf("run `go mod tidy` in %q, or leave the module out: exclude in bootzip.yaml", m.dir)
			}
			p.failure.add(u, message, remedy)
		}
		return p, nil
	}
	byUnit := map[string]goProgram{}
	links := map[*goPackage]string{}
	var good []Unit
	for i, u := range group.units {
		program := programs[i]
		message, mend := program.problem(root)
		if message == "" {
			if outside := program.outside(host.source); outside != "" {
				message, mend = fmt.Sprintf("package %q is in a directory outside of the project and its git repository, by a replace or use line", outside),
					"move it into the project's repository, or require a version of it"
			}
		}
		if message == "" {
			if message = program.link(host, m, links); message != "" {
				mend = linkHint
			}
		}
		if message != "" {
			p.failure.add(u, message, mend)
			continue
		}
		if u.Function.Cgo == "" {
			for _, file := range program.leftOut(u) {
				g.tellLeftOut(file)
			}
		}
		good = append(good, u)
		byUnit[u.String()] = program
		p.inputs[u.String()] = program.inputs(host, m)
	}
	if err := verifyModules(g.config, m, programs); err != nil {
		return p, err
	}

	// One go command builds all of them, which is three times faster than
	// one each: it loads and checks the shared packages once. It names its
	// outputs itself, so two programs of the same name go to two commands.
	seen := e.view(host)
	compiler := group.compiler()
	if compiler != nil && e.name() != "host" {
		compiler = append(compiler, "PKG_CONFIG=/bootzip/bin/pkg-config") // it asks for static libraries
	}
	for n := 0; len(good) > 0; n++ {
		taken := map[string]bool{}
		out := path.Join(".go", strings.NewReplacer("/", "_", "..", "above").Replace(m.dir), string(group.arch), group.units[0].Function.Name+"-"+fmt.Sprint(n))
		argv := slices.Concat([]string{seen.toolchain + "/bin/go" + hostSuffix(e), "build", m.modFlag()}, goFlags, group.settings)
		argv = append(argv, "-o", seen.out+"/"+out+"/")
		var products []product
		var rest []Unit
		for _, u := range good {
			name := programName(byUnit[u.String()].main.ImportPath)
			if taken[name] {
				rest = append(rest, u)
				continue
			}
			taken[name] = true
			argv = append(argv, packagePath(root, m, u.Function.Source))
			products = append(products, product{u, path.Join(out, name)})
		}
		p.steps = append(p.steps, step{
			job: job{
				dir:     m.dir,
				env:     with(goEnv(seen, m, group.arch), compiler...),
				command: argv,
				share:   group.share,
			},
			products: products,
			blame:    func(output string, missing []Unit) map[string]blamed { return blameGo(output, missing, byUnit) },
		})
		good = rest
	}
	return p, nil
}

func hostSuffix(e engine) string {
	if e.name() == "host" {
		return exeSuffix()
	}
	return ""
}

var versionElement = regexp.MustCompile(`^v([2-9]|[1-9][0-9]+)$`)

// programName is what go build -o FOLDER/ calls a program: the last element
// of its import path, or the one before if that is a major version (cmd/go,
// "Compile packages and dependencies").
func programName(importPath string) string {
	base := path.Base(importPath)
	if versionElement.MatchString(base) && path.Dir(importPath) != "." {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// outside returns a package of the program that is neither below the
// directory top, which the commands see, nor in the module cache, so that no
// other machine would find it.
func (p goProgram) outside(top string) string {
	for _, q := range p.packages {
		mod := q.Module
		if mod == nil {
			continue
		}
		local := mod.Main || mod.Replace != nil && mod.Replace.Version == ""
		if local && !within(top, q.Dir) {
			return q.ImportPath
		}
	}
	return ""
}

// link returns a message about a file that the program is built from and that
// is a link out of the project, "" if there is none. known holds the messages
// about packages, of which programs share many.
func (p goProgram) link(host places, m goModule, known map[*goPackage]string) string {
	for _, name := range moduleFiles(host.root(), m) {
		if target := leadsOut(host.source, path.Join(host.project, name)); target != "" {
			return linkMessage(name, target)
		}
	}
	for _, q := range p.packages {
		message, ok := known[q]
		if !ok {
			message = q.link(host.source)
			known[q] = message
		}
		if message != "" {
			return message
		}
	}
	return ""
}

// inputs are the program's files that are in the project, or beside it in its
// repository. Modules from the cache are covered by go.sum.
func (p goProgram) inputs(host places, m goModule) inputs {
	in := inputs{Files: moduleFiles(host.root(), m)}
	for _, q := range p.packages {
		rel, err := filepath.Rel(host.root(), q.Dir)
		if err != nil || !within(host.source, q.Dir) {
			continue
		}
		rel = filepath.ToSlash(rel)
		in.Dirs = append(in.Dirs, rel)
		if len(q.EmbedPatterns) > 0 {
			in.Trees = append(in.Trees, rel)
		}
		// A go.mod that appears in a directory between would cut the package
		// off from its module.
		for d := rel; d != "." && d != m.dir; d = path.Dir(d) {
			if file := path.Join(d, "go.mod"); !slices.Contains(in.Files, file) {
				in.Files = append(in.Files, file)
			}
		}
	}
	return in
}

// blameGo takes the output of go build apart. It comes in sections that begin
// with "# IMPORT/PATH"; a function is blamed for the sections of packages
// that it consists of.
func blameGo(output string, missing []Unit, programs map[string]goProgram) map[string]blamed {
	sections := map[string]string{}
	current := ""
	for line := range strings.Lines(output) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			current = strings.TrimSpace(name)
			continue
		}
		sections[current] += line
	}
	all := map[string]blamed{}
	for _, u := range missing {
		program := programs[u.String()]
		var b blamed
		for _, q := range program.packages {
			b.message += sections[q.ImportPath]
		}
		if b.message == "" {
			b.message = output
		}
		if file := program.mentionsC(); file != "" {
			b.hint = fmt.Sprintf("%s imports \"C\" and was left out: bootstraps are built with CGO_ENABLED=0, unless bootzip.yaml says cgo: static, which takes docker or podman", file)
		}
		all[u.String()] = b
	}
	return all
}

// check reads the build information of the program and compares it with what
// was asked for.
func (g *golang) check(u Unit, file string) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return fmt.Errorf("function %q: %w", u.Function.Name, err)
	}
	if want := g.toolchain(u); info.GoVersion != want {
		return hint.New("run `bootzip clean`, and look at the go command of the engine",
			"function %q was built with %s, and go.mod wants %s", u.Function.Name, info.GoVersion, want)
	}
	return nil
}
