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

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// goFlags make the bytes depend only on the sources and the toolchain.
var goFlags = []string{
	"-trimpath",
	"-buildvcs=false",    // the provenance has the revision; here it would change the bytes with each commit
	"-buildmode=default", // exe on both architectures; -buildmode=exe takes one program at a time
	"-pgo=off",           // a default.pgo beside main.go would count otherwise
}

// goLinkFlags are the linker's. linkmode: GO_EXTLINK_ENABLED=1 would make a
// dynamic program even without cgo. buildid: its hash covers what the other
// flags removed.
const goLinkFlags = "-s -w -buildid= -linkmode=internal"

// cgoLinkFlags are the linker's for a function with cgo. C's linker makes one
// file, with the C library in it.
const cgoLinkFlags = "-s -w -buildid= -linkmode=external '-extldflags=" + linkFlags + "'"

// goSettled is in the environment of the Go compiler in every build. Variables
// are empty on purpose: unset, their values would come from a file, or from a
// default that differs between machines.
var goSettled = []string{
	"CGO_ENABLED=0", "GOOS=linux", "GOAMD64=v1", "GOARM64=v8.0",
	"GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GODEBUG=",
	"GO111MODULE=on", "GOPROXY=off", "GOSUMDB=off", "GOVCS=*:off",
}

// goEnv is the complete environment of the Go compiler. It has no HOME: in a new
// one the go command would start a telemetry process, which outlives it and
// writes there.
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
	told    map[string]bool     // what was reported about toolchains, and about files that are left out
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

// tell reports once which toolchain is taken for a module that names none, and that
// a toolchain is no longer supported.
func (g *golang) tell(m goModule) {
	switch {
	case m.unnamed && g.config.Go == "":
		// All such modules get the same one.
		g.once("toolchain", "unnamed", fmt.Sprintf("module in %q pins no Go toolchain; built with %s. To pin it: \"go: %s\" in bootzip.yaml", m.dir, m.version, strings.TrimPrefix(m.version, "go")))
	case !supported(m.version):
		g.once("toolchain", m.version, fmt.Sprintf("%s is no longer supported by the Go project; the newest known here is %s", m.version, DefaultGo))
	}
}

// once reports a text, unless one about the same thing was reported before.
func (g *golang) once(stage, what, text string) {
	if !g.told[what] {
		g.told[what] = true
		g.config.tell(Event{Stage: stage, Text: text})
	}
}

// supported reports whether a Go release still gets fixes. The newest two major releases
// do (Go release policy, go.dev/doc/devel/release), and DefaultGo is the newest known here.
func supported(release string) bool {
	minor := func(v string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(gover.Lang(v), "go1."))
		return n
	}
	return minor(release) >= minor(DefaultGo)-1
}

func (g *golang) recipe(u Unit) (string, error) {
	m, err := g.module(u)
	return strings.Join(append(goEnv(places{}, m, u.Arch), slices.Concat(goFlags, g.settings(u), []string{m.version, m.modFlag(), u.Function.Source})...), "\n"), err
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
	groups := g.groups(units, e)
	if e.copiesModules() {
		// Otherwise all of the module cache would be copied.
		host.modules = filepath.Join(host.temp, "modules")
		for _, group := range groups {
			if err := copyModules(ctx, g.config, tool, group, host.modules); err != nil {
				return p, err
			}
		}
	}
	p.toolchain, p.modules = host.toolchain, host.modules
	for _, group := range groups {
		g.config.tell(Event{Stage: "fetch", Text: fmt.Sprintf("modules of %d functions for %s", len(group.units), group.arch)})
	}
	programs, failed := make([][]goProgram, len(groups)), make([]error, len(groups))
	sideBySide(groups, runtime.NumCPU(), func(i int, group goGroup) {
		programs[i], failed[i] = listPrograms(ctx, g.config, tool, group)
	})
	for i, group := range groups {
		one, err := g.planGroup(ctx, group, programs[i], failed[i], e, host)
		if err != nil {
			return p, err
		}
		p.join(one)
	}
	return p, nil
}

// settings returns the flags of the go command that follow from the function's
// configuration: -ldflags, and then -tags if it has any.
func (g *golang) settings(u Unit) []string {
	f := u.Function
	ldflags, tags := goLinkFlags, f.Tags
	if f.Cgo != "" {
		ldflags, tags = cgoLinkFlags, append([]string{"netgo", "osusergo"}, f.Tags...)
	}
	flags := []string{"-ldflags=" + ldflags + LinkerVariables(f, g.config.Tag, g.config.Commit)}
	if len(tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(tags, ","))
	}
	return flags
}

// LinkerVariables returns the linker's flags, each after a blank, that set the variables of a
// function's ldflags.
func LinkerVariables(f project.Function, tag, commit string) (flags string) {
	for _, name := range slices.Sorted(maps.Keys(f.Ldflags)) {
		value := strings.NewReplacer("${tag}", tag, "${commit}", commit).Replace(f.Ldflags[name])
		quote := "'" // the go command knows no escapes
		if strings.Contains(value, "'") {
			quote = `"`
		}
		flags += " -X " + quote + name + "=" + value + quote
	}
	return flags
}

// wrongVariable returns a message about an ldflag that names a variable of package main by
// its import path, which the linker would ignore; "" if there is none.
func wrongVariable(u Unit, importPath string) (message, remedy string) {
	for _, name := range slices.Sorted(maps.Keys(u.Function.Ldflags)) {
		if variable, ok := strings.CutPrefix(name, importPath+"."); ok && !strings.ContainsAny(variable, "/.") && importPath != "main" {
			return fmt.Sprintf("ldflags in bootzip.yaml: %q is not set by this name, as its package is main", name), "write main." + variable
		}
	}
	return "", ""
}

// compiler returns the additional variables of a function with cgo: Debian's gcc for
// the architecture. On machines of that architecture it has the same name.
func (g goGroup) compiler() []string {
	if g.units[0].Function.Cgo == "" {
		return nil
	}
	cc := source{Unit: g.units[0]}.triplet("gnu")
	return []string{"CGO_ENABLED=1", "CC=" + cc + "-gcc", "CXX=" + cc + "-g++", "CGO_CFLAGS=-O2", "CGO_CXXFLAGS=-O2", "CGO_LDFLAGS=",
		"PKG_CONFIG_LIBDIR=/usr/local/lib/" + cc + "/pkgconfig:/usr/lib/" + cc + "/pkgconfig:/usr/share/pkgconfig"}
}

// A goGroup is what one go command can build: units of one module, one
// architecture, and the same settings.
type goGroup struct {
	module   goModule
	arch     project.Arch
	settings []string
	share    int // as the job's
	units    []Unit
}

// tags returns the flag with the group's build tags, if it has any.
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

// planGroup plans a group. programs and err are what listPrograms returned for it.
func (g *golang) planGroup(ctx context.Context, group goGroup, programs []goProgram, err error, e engine, host places) (plan, error) {
	p := plan{inputs: map[string]inputs{}}
	root, m := g.config.Root, group.module
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	if err != nil { // functions of other modules can be built
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
		message, remedy := program.problem(root)
		if dir := g.config.unfollowed(m); remedy == tidyHint && dir != "" {
			remedy += fmt.Sprintf("; what comes from another module of the go.work in %s, which is outside of the project and its git repository and so not followed, needs `git init` there, or require and replace lines in go.mod", dir)
		}
		if message == "" {
			if outside := program.outside(host, m); outside != "" {
				message = fmt.Sprintf("%s is in a directory outside of the project and its git repository, or is named by an absolute path, in a replace or use line", outside)
				remedy = "name it by a relative path, as in ../lib; move it into the project's repository, or require a version of it"
			}
		}
		if message == "" {
			message, remedy = program.link(host, m, links), linkHint
		}
		if message == "" {
			message, remedy = wrongVariable(u, program.main.ImportPath)
		}
		if message != "" {
			p.failure.add(u, message, remedy)
			continue
		}
		if u.Function.Cgo == "" {
			for _, file := range program.leftOut(u) {
				g.once("cgo", file, fmt.Sprintf("%s is left out, as it imports \"C\": its package may do less without, or nothing; cgo: static in bootzip.yaml builds it", file))
			}
		}
		good = append(good, u)
		byUnit[u.String()] = program
		p.inputs[u.String()] = program.inputs(host, m)
	}
	if err := verifyModules(g.config, m, programs); err != nil {
		return p, err
	}

	// One go command builds all units, which is three times faster than one
	// each: it loads and checks shared packages once. It names its outputs
	// itself, so two programs of the same name need two commands.
	seen := e.view(host)
	goos, _ := e.platform()
	compiler := group.compiler()
	if compiler != nil && e.name() != "host" {
		compiler = append(compiler, "PKG_CONFIG=/bootzip/bin/pkg-config") // it asks for static libraries
	}
	for n := 0; len(good) > 0; n++ {
		taken := map[string]bool{}
		out := path.Join(".go", strings.NewReplacer("/", "_", "..", "above").Replace(m.dir), string(group.arch), fmt.Sprintf("%s-%d", group.units[0].Function.Name, n))
		argv := slices.Concat([]string{seen.toolchain + "/bin/go" + exeSuffix(goos), "build", m.modFlag()}, goFlags, group.settings)
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
		env := with(goEnv(seen, m, group.arch), compiler...)
		if slices.ContainsFunc(products, func(p product) bool { return byUnit[p.unit.String()].includes(host) }) {
			env = with(env, "GOCACHE="+seen.temp+"/go-build") // the usual one would not notice each change
		}
		p.steps = append(p.steps, step{
			job: job{
				dir:     m.dir,
				env:     env,
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

var versionElement = regexp.MustCompile(`^v([2-9]|[1-9][0-9]+)$`)

// programName returns the name that go build -o DIR/ gives a program: the last
// element of its import path, or the one before if that is a major version
// (cmd/go, "Compile packages and dependencies").
func programName(importPath string) string {
	base := path.Base(importPath)
	if versionElement.MatchString(base) && path.Dir(importPath) != "." {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// outside returns a package of the program, or a module of its go.work, that another machine
// would not find: it is neither in the directory that the commands see nor in the module
// cache, or a replace line names its directory by an absolute path. It returns "" if there
// is none.
func (p goProgram) outside(host places, m goModule) string {
	for _, q := range p.packages {
		mod := q.Module
		if mod == nil {
			continue
		}
		replaced := mod.Replace != nil && mod.Replace.Version == ""
		if (mod.Main || replaced) && !within(host.source, q.Dir) || replaced && filepath.IsAbs(mod.Replace.Path) {
			return fmt.Sprintf("package %q", q.ImportPath)
		}
	}
	for _, dir := range m.mains(host.root()) {
		if !filepath.IsLocal(path.Join(host.project, dir)) {
			return fmt.Sprintf("module %q", dir)
		}
	}
	return ""
}

// link returns a message about a file of the program that is a link out of the
// project, "" if there is none. known keeps the messages about packages, since
// programs share many of them.
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

// inputs returns the program's files in the project, and those beside it in its
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
		if q.includes() {
			in.Trees = append(in.Trees, ".")
			if top, err := filepath.Rel(host.root(), host.source); err == nil && top != "." {
				in.Trees = append(in.Trees, filepath.ToSlash(top))
			}
		}
		// A new go.mod in a directory between would remove the package from
		// its module.
		for d := rel; d != "." && d != m.dir; d = path.Dir(d) {
			if file := path.Join(d, "go.mod"); !slices.Contains(in.Files, file) {
				in.Files = append(in.Files, file)
			}
		}
	}
	return in
}

// blameGo splits the output of go build into its sections, which begin with
// "# IMPORT/PATH". A function gets the sections of its packages.
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
		if files := program.leftOut(u); len(files) > 0 {
			b.hint = fmt.Sprintf("%s imports \"C\" and was left out: bootstraps are built with CGO_ENABLED=0, unless bootzip.yaml says cgo: static, which takes docker or podman", files[len(files)-1])
		}
		if found := noCompiler.FindStringSubmatch(b.message); found != nil {
			b.hint = fmt.Sprintf("install Debian's package %s-%s-linux-gnu, or build with --engine=docker or podman", found[2], strings.ReplaceAll(found[1], "_", "-"))
		}
		all[u.String()] = b
	}
	return all
}

// noCompiler matches the name of a compiler (goGroup.compiler) that os/exec does not find.
var noCompiler = regexp.MustCompile(`exec: "(aarch64|x86_64)-linux-gnu-(gcc|g\+\+)": executable file not found`)

// check compares the Go version in the program's build information with the one
// that was asked for.
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
