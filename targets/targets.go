package targets

import (
	"context"
	"fmt"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/internal/command"
)

// run runs a command of bootzip.
func run(ctx context.Context, name string, given ...[]string) error {
	args := append([]string{name}, slices.Concat(given...)...)
	if mg.Verbose() {
		args = append(args, "--verbose")
	}
	// Mage cancels the context on Ctrl-C only. A job that a CI system cancels
	// gets SIGTERM, and has containers and temporary directories to remove.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second one ends the program at once
	return command.Run(ctx, "mage", args...)
}

// flag returns a flag of a command, or nothing for a zero value: a workflow sets all flags,
// most of them to nothing.
func flag[T comparable](name string, value *T) []string {
	var zero T
	if value == nil || *value == zero {
		return nil
	}
	return []string{fmt.Sprintf("--%s=%v", name, *value)}
}

// each returns a flag for each of the values, which have commas between them.
func each(name string, values *string) (all []string) {
	if values == nil || *values == "" {
		return nil
	}
	for value := range strings.SplitSeq(*values, ",") {
		all = append(all, "--"+name+"="+value)
	}
	return all
}

// pairs returns the flag --env for each variable. A comma or the end of a line separates
// variables only before NAME=, since values contain both.
func pairs(env *string) (all []string) {
	if env == nil || strings.TrimSpace(*env) == "" {
		return nil
	}
	rest := strings.TrimSpace(*env)
	for {
		next := nextPair.FindStringSubmatchIndex(rest)
		if next == nil {
			return append(all, "--env="+rest)
		}
		all = append(all, "--env="+rest[:next[0]])
		rest = rest[next[2]:]
	}
}

var nextPair = regexp.MustCompile(`(?:,|\s*\n\s*)([A-Za-z_][A-Za-z0-9_]*=)`)

// settings returns the flags that verify, check, invoke and serve have in common.
func settings(env, envFile *string, timeout, memory *int, layer *string) []string {
	return slices.Concat(pairs(env), each("env-file", envFile), flag("timeout", timeout), flag("memory", memory), each("layer", layer))
}

// after returns the arguments, preceded by "--".
func after(arguments ...string) []string { return append([]string{"--"}, arguments...) }

// optional omits an empty argument.
func optional(argument string) []string {
	if argument == "" {
		return nil
	}
	return []string{argument}
}

// lines splits an argument that has one value per line.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// All builds, packs and verifies every function.
//
// It exists because the default target of a magefile cannot have flags: Mage
// 1.17.2 generates code for it that does not compile.
func All(ctx context.Context) error { return run(ctx, "verify") }

// Build makes the bootstrap of every function, in a Debian container where there is one.
// It writes them to dist/FUNCTION/ARCH/bootstrap. It does not build again what
// has not changed.
func Build(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	force *bool, // build what has not changed as well
	shard *string, // one shard of the functions, as 2/8
	since *string, // only functions that changed since this commit
	format *string, // text (the default) or json
) error {
	return run(ctx, "build", flag("engine", engine), flag("arch", arch), flag("function", function), flag("locked", locked), flag("force", force), flag("shard", shard), flag("since", since), flag("format", format))
}

// Package builds every function and packs it into dist/FUNCTION-ARCH.zip, with the same bytes every time.
// dist/manifest.json describes the zips. It prints the CodeSha256 that Lambda
// shows for each zip once it is deployed.
func Package(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	image *bool, // make an OCI image of each function as well
	shard *string, // one shard of the functions, as 2/8
	since *string, // only functions that changed since this commit
	format *string, // text (the default), json or terraform
) error {
	return run(ctx, "package", flag("engine", engine), flag("arch", arch), flag("function", function), flag("locked", locked), flag("image", image), flag("shard", shard), flag("since", since), flag("format", format))
}

// Verify builds and packs every function, and proves that Lambda can start each zip.
// The last step is to start it: the boot check sends an event to each of the
// function's handlers. It ends with status 1 if a check fails.
func Verify(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	force *bool, // build what has not changed as well
	strict *bool, // warnings fail as well, and functions that could not be started
	event *string, // event of the boot check: a file, or the name of a ready-made event; default: the function's
	env *string, // variables of the function: KEY=value,KEY=value, where values may have commas; or one on each line
	envFile *string, // files with a variable in each line, with commas between them
	timeout *int, // seconds for an answer to the boot check; default: the function's, or 10
	memory *int, // MB of the function in the boot check; default: the function's, or 512
	layer *string, // zips whose content the function sees at /opt, with commas between them
	shard *string, // one shard of the functions, as 2/8
	since *string, // only functions that changed since this commit
	format *string, // text (the default), json, sarif, github, junit or html; several as in text,github
) error {
	return run(ctx, "verify", flag("engine", engine), flag("arch", arch), flag("function", function), flag("locked", locked), flag("force", force),
		flag("strict", strict), flag("event", event), settings(env, envFile, timeout, memory, layer), flag("shard", shard), flag("since", since), flag("format", format))
}

// Check proves that Lambda can start any zip, made by any tool from any language.
// FILE is a zip, a directory with zips, or a pattern such as 'dist/*.zip'; or
// several of these, one per line. Without -boot it starts nothing in the zip, so
// the zip need not be trusted. Flags come after the file.
func Check(ctx context.Context,
	file string,
	arch *string, // amd64 or arm64; default: what the program is for
	runtime *string, // al2023 (the default) or al2: decides which glibc there is
	kind *string, // function (the default) or layer
	strict *bool, // warnings fail as well
	dynamic *bool, // allow a dynamically linked program
	deploy *string, // deploy files that are compared with the zips, with commas between them
	withLayer *bool, // the function has a layer, which supplies what is missing: bootstrap, interpreter, libraries
	boot *bool, // start the function as well, and send it an event; only for zips that you trust
	handlers *string, // with -boot: the values of _HANDLER to try, with commas
	event *string, // event of the boot check: a file, or the name of a ready-made event; default: {}
	env *string, // variables of the function: KEY=value,KEY=value, where values may have commas; or one on each line
	envFile *string, // files with a variable in each line, with commas between them
	timeout *int, // seconds for an answer to the boot check; default: 10
	memory *int, // MB of the function in the boot check; default: 512
	layer *string, // zips whose content the function sees at /opt, with commas between them
	format *string, // text (the default), json, sarif, github, junit or html; several as in text,github
) error {
	return run(ctx, "check", flag("arch", arch), flag("runtime", runtime), flag("kind", kind), flag("strict", strict), flag("dynamic", dynamic),
		each("deploy", deploy), flag("with-layer", withLayer), flag("boot", boot), flag("handlers", handlers), flag("event", event), settings(env, envFile, timeout, memory, layer),
		flag("format", format), after(lines(file)...))
}

// Explain takes a message from Lambda's log, and prints its cause and the check that finds it.
// MESSAGE is one argument: put it into quotes.
func Explain(ctx context.Context, message string) error { return run(ctx, "explain", after(message)) }

// Image makes the Debian image in which this project's functions are built, if it does not exist yet.
func Image(ctx context.Context,
	engine *string, // auto (the default), docker or podman
) error {
	return run(ctx, "image", flag("engine", engine))
}

// Lock writes bootzip.lock: the toolchain, the base image and the packages of the build image.
// Commit it. A build reports differences from it, and fails with -locked.
func Lock(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
) error {
	return run(ctx, "lock", flag("engine", engine))
}

// Shard lists the functions of -shard=1/N to -shard=N/N. The
// shards take about the same time, as far as it is known from dist/timings.json.
func Shard(ctx context.Context,
	of int,
	since *string, // only functions that changed since this commit
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	format *string, // text (the default), json, or matrix for GitHub Actions
) error {
	return run(ctx, "shard", flag("of", &of), flag("since", since), flag("engine", engine), flag("format", format))
}

// Merge merges the results of shards.
// DIRECTORIES are their dist directories, one per line.
func Merge(ctx context.Context,
	directories string,
	strict *bool, // warnings of deploy files fail as well
	format *string, // text (the default) or json
) error {
	return run(ctx, "merge", flag("strict", strict), flag("format", format), after(lines(directories)...))
}

// Clean removes the directory dist and everything in it.
func Clean(ctx context.Context) error { return run(ctx, "clean") }

// Invoke builds and packs a function, and runs its zip locally as Lambda would, with one event.
// EVENT is a file, '-' for standard input, the name of a ready-made event
// ('mage event list'), or an empty argument for the function's own. Flags come after the event.
func Invoke(ctx context.Context,
	function string,
	event string,
	zip *string, // run this zip, from any tool, under the name given, and build nothing
	handler *string, // value of _HANDLER; default: the first of the function's handlers
	timeout *int, // seconds for an answer; default: the function's, or 3
	memory *int, // MB; default: the function's, or 128
	perInstance *int, // events at a time in one instance (AWS_LAMBDA_MAX_CONCURRENCY); default: 1
	snapstart *bool, // initialise, stop and restore each instance, as a published version with SnapStart
	env *string, // variables of the function: KEY=value,KEY=value, where values may have commas; or one on each line
	envFile *string, // files with a variable in each line, with commas between them
	layer *string, // zips whose content the function sees at /opt, with commas between them
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
) error {
	return run(ctx, "invoke", flag("zip", zip), flag("handler", handler), settings(env, envFile, timeout, memory, layer),
		flag("per-instance", perInstance), flag("snapstart", snapstart), flag("engine", engine), after(function), optional(event))
}

// Bench measures cold starts and warm invocations of a function, and compares them with another zip's.
// EVENT is the same as for 'mage invoke'. Flags come after the event.
func Bench(ctx context.Context,
	function string,
	event string,
	against *string, // a zip to compare with, which takes turns
	starts *int, // cold starts of each; default: 20
	invocations *int, // warm invocations of each; default: 200
	format *string, // text (the default) or json
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
) error {
	return run(ctx, "bench", flag("against", against), flag("starts", starts), flag("invocations", invocations), flag("format", format), flag("engine", engine), after(function), optional(event))
}

// Serve keeps all functions running behind HTTP: function URLs, API Gateway, a load balancer and Lambda's Invoke API.
// When a file of the project changes, it builds again, and replaces the
// functions whose zip changed.
func Serve(ctx context.Context,
	address *string, // address to listen on; default: 127.0.0.1:9000
	host *string, // a name, besides localhost, by which clients may address it
	timeout *int, // seconds for an answer; default: the function's, or 3
	memory *int, // MB; default: the function's, or 128
	concurrency *int, // instances of a function at most; default: 10
	perInstance *int, // events at a time in one instance (AWS_LAMBDA_MAX_CONCURRENCY); default: 1
	snapstart *bool, // initialise, stop and restore each instance, as a published version with SnapStart
	env *string, // variables of the functions: KEY=value,KEY=value, where values may have commas; or one on each line
	envFile *string, // files with a variable in each line, with commas between them
	layer *string, // zips whose content the function sees at /opt, with commas between them
	handler *string, // value of _HANDLER; default: the first of each function's handlers
	events *bool, // print each event that is made of an HTTP request
	cors *string, // origins whose pages may call functions: http://localhost:5173,http://localhost:3000
	binaryMediaTypes *string, // of REST APIs: image/*,application/pdf or */*
	buffered *bool, // collect what function URLs and REST APIs would stream
	zip *string, // serve this zip, from any tool, and build nothing
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
) error {
	return run(ctx, "serve", flag("binary-media-types", binaryMediaTypes), flag("buffered", buffered), flag("address", address), flag("host", host), each("cors", cors), flag("zip", zip), settings(env, envFile, timeout, memory, layer),
		flag("concurrency", concurrency), flag("per-instance", perInstance), flag("snapstart", snapstart), flag("handler", handler), flag("events", events), flag("engine", engine))
}

// Event prints an event as an AWS service sends it to functions, such as s3, sqs or function-url.
// The name 'list' lists them all.
func Event(ctx context.Context,
	name string,
	bucket *string, // s3: the bucket
	key *string, // s3: the object's key
	resource *string, // name of the topic, queue, table, stream, rule, user pool or repository
	body *string, // the message, the record, or the body of the HTTP request
	method *string, // HTTP: the method
	path *string, // HTTP: the path
	query *string, // HTTP: the query, without '?'
	secret *string, // webhooks: the secret to sign with
	region *string, // the region
	account *string, // the account's number
) error {
	return run(ctx, "event", flag("bucket", bucket), flag("key", key), flag("resource", resource), flag("body", body), flag("method", method),
		flag("path", path), flag("query", query), flag("secret", secret), flag("region", region), flag("account", account), after(name))
}

// Changed builds and packs every function, and lists those that need a deploy.
// It compares them with what is deployed: the manifest.json of an earlier
// package or release, or what the AWS CLI prints about the functions.
func Changed(ctx context.Context,
	since *string, // a manifest.json, or - for standard input; required
	names *string, // names where functions are deployed: web=svc-prod-web,worker=svc-prod-worker
	deploy *string, // deploy files from which such names are taken, with commas between them
	stack *string, // a file with CloudFormation's description of a stack, from which such names are taken
	stage *string, // ${stage} in the key deploy of bootzip.yaml
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	format *string, // text (the default), json, or matrix for GitHub Actions
) error {
	return run(ctx, "changed", flag("since", since), flag("names", names), each("deploy", deploy), flag("stack", stack), flag("stage", stage), flag("engine", engine), flag("arch", arch), flag("function", function), flag("format", format))
}

// Push sends a function's image to a registry, and prints the reference with its digest.
// Without arch, images for both architectures become an index, which Lambda does not
// accept. Credentials are those of docker login.
func Push(ctx context.Context,
	reference string,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // needed where there are several
) error {
	return run(ctx, "push", flag("engine", engine), flag("arch", arch), flag("function", function), after(reference))
}

// Diff explains how two zips, images or programs differ, and the likely causes.
// A and B are zips made by any tool, or two programs for Linux, macOS or
// Windows. Flags come after them.
func Diff(ctx context.Context,
	a, b string,
	format *string, // text (the default), json or html
) error {
	return run(ctx, "diff", flag("format", format), after(a, b))
}

// Size shows what takes up the space in a zip, an image or a program.
func Size(ctx context.Context,
	file string,
	format *string, // text (the default), json or html
) error {
	return run(ctx, "size", flag("format", format), after(file))
}

// Reproduce builds and packs every function twice, and proves that the zips are the same, byte for byte.
// The second time it builds a clean checkout of the commit in a varied
// environment. The report lists what varied and what could not be varied.
func Reproduce(ctx context.Context,
	engine *string, // auto (the default), docker, podman, sandbox, host or buildkit
	other *string, // engine of the second build; default: another one, if one can be used
	arch *string, // amd64 or arm64; default: each function's own
	function *string, // one function; default: all
	shard *string, // one shard of the functions, as 2/8
	since *string, // only functions that changed since this commit
	format *string, // text (the default) or json
) error {
	return run(ctx, "reproduce", flag("engine", engine), flag("other", other), flag("arch", arch), flag("function", function), flag("shard", shard), flag("since", since), flag("format", format))
}

// Release makes everything to publish from a tag: zips, SBOMs, provenance, verify report, SHA256SUMS.
// It builds in a container, verifies strictly, boots, builds a second time and
// compares; nothing appears in dist unless all of it succeeds.
func Release(ctx context.Context,
	engine *string, // docker or podman (default: the first that works), or sandbox
	other *string, // engine of the second build; default: another one, if one can be used
	tag *string, // a tag of the commit; default: the only one that it has
	repository *string, // https address for the provenance; default: the remote origin
	locked *bool, // fail if the image or toolchain differs from bootzip.lock
	program *string, // a main package of the project, such as ./cmd/tool, to release for six platforms as well
	platforms *string, // with -program, some of its platforms with commas: linux/amd64,windows/arm64; default: all
	waive *string, // reason to release zips whose boot check was skipped
) error {
	return run(ctx, "release", flag("engine", engine), flag("other", other), flag("tag", tag), flag("repository", repository), flag("locked", locked),
		flag("program", program), flag("platforms", platforms), flag("waive", waive))
}

// Rebuild builds a released zip again from the commit that its provenance names, and compares the bytes.
// FILE is a released FUNCTION-ARCH.zip, with provenance.intoto.json
// next to it. Flags come after the file.
func Rebuild(ctx context.Context,
	file string,
	provenance *string, // the provenance; default: provenance.intoto.json beside the file
	source *string, // the repository, a directory or a URL; default: this one if it has the commit, else the provenance's
	folder *string, // the project's directory in the repository; default: the provenance's, or the repository's root
	key *string, // the public key that signed the provenance, in PEM; default: it is not signed
	engine *string, // docker, podman, sandbox, host or buildkit; default: the provenance's if it can be used
	format *string, // text (the default) or json
) error {
	return run(ctx, "rebuild", flag("provenance", provenance), flag("source", source), flag("folder", folder), flag("key", key), flag("engine", engine), flag("format", format), after(file))
}

// Version prints the module's version, the commit, and the Go toolchain that built bootzip.
func Version(ctx context.Context) error { return run(ctx, "version") }
