package build

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/bootzip/bootzip/internal/hint"
)

// container runs commands in one container of docker or podman.
type container struct {
	config Config
	client string // "docker" or "podman"
	engineInfo
	built  builtImage
	remote bool // the engine is on another machine, out of reach of bind mounts
}

// containerPlaces are the directories of a run as a container sees them.
var containerPlaces = places{
	source: "/src", out: "/out", cache: "/cache", temp: "/tmp", toolchain: "/usr/local/go", modules: "/go/pkg/mod",
}

const (
	// projectLabel marks our containers with their project. One process at a time
	// builds a project, so containers that have the label when a run begins were
	// left by a killed process.
	projectLabel = "org.bootzip.project"

	// cacheVolume begins the name of the volume that all projects of a user share,
	// as they share the go command's build cache: entries are found by content.
	// The user id follows, since one user's builds must not use what another's
	// left there.
	cacheVolume = "bootzip-cache-"
)

func newContainer(ctx context.Context, c Config, client string) (*container, error) {
	info, err := askEngine(ctx, c, client)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("engine %s cannot be used: %w", client, err),
			"install and start "+client+", or build with --engine=sandbox or host")
	}
	e := &container{config: c, client: client, engineInfo: info, remote: isRemote(c, client)}
	e.built, err = buildImage(ctx, c, client)
	return e, err
}

// copies reports whether the commands get copies of the caller's directories. They
// do if the directories are out of reach, or if the commands run as another user
// outside too: that user could not read what only the caller may read, and the
// caller could not remove what that user wrote.
func (e *container) copies() bool {
	return e.remote || e.config.Vary.otherUser() && !e.mapsUsers()
}

func (e *container) copiesModules() bool { return e.copies() }

// mapsUsers reports whether any user inside can be the caller outside.
func (e *container) mapsUsers() bool { return e.client == "podman" && e.rootless && !e.remote }

func (e *container) name() string               { return e.client }
func (e *container) image() builtImage          { return e.built }
func (e *container) platform() (string, string) { return "linux", e.arch }

func (e *container) view(host places) places { return viewAt(e.config.Vary.source(), host) }

func (e *container) userUnsupported(places) string {
	if e.mapsUsers() && semver.Compare("v"+e.version, "v4.3.0") < 0 {
		return "podman " + e.version + " maps no other user to the caller; 4.3 does"
	}
	return ""
}

func (e *container) run(ctx context.Context, b batch) ([]outcome, error) {
	if err := e.sweep(ctx); err != nil {
		return nil, err
	}
	if err := writeScripts(b); err != nil {
		return nil, err
	}
	name := "bootzip-" + rand.Text()
	defer func() {
		if ctx.Err() != nil {
			// The client has ended, but not the container.
			e.remove(name)
		}
	}()
	user := e.user(b.vary, b.host)
	if e.copies() {
		return e.runCopies(ctx, name, b, user)
	}
	argv := append([]string{e.client, "run", "--rm", "--interactive"}, e.options(name, b.vary, user)...)
	argv = append(argv, mount("bind", b.host.source, b.vary.source(), true), mount("bind", b.host.out, containerPlaces.out, false))
	if b.host.toolchain != "" {
		argv = append(argv, mount("bind", b.host.toolchain, containerPlaces.toolchain, true))
	}
	if b.host.modules != "" {
		if err := os.MkdirAll(b.host.modules, 0o755); err != nil {
			return nil, err
		}
		argv = append(argv, mount("bind", b.host.modules, containerPlaces.modules, true))
	}
	argv = append(argv, e.built.id)
	return user.lend(ctx, b.host, func() ([]outcome, error) {
		return e.follow(ctx, b, append(argv, startScript(b)...))
	})
}

// options returns the options for every container of a build.
func (e *container) options(name string, v Variations, user containerUser) []string {
	argv := []string{"--name", name, "--label", projectLabel + "=" + projectKey(e.config.Root), "--workdir", "/"}
	argv = append(argv, confinement(e.client)...)
	argv = append(argv, e.boundOptions()...)
	switch {
	case e.config.ColdCache:
		argv = append(argv, "--volume", containerPlaces.cache) // without a name: removed with the container
	case e.remote && !v.otherUser():
		// User ids of this machine mean nothing there.
		argv = append(argv, mount("volume", cacheVolume+"remote", containerPlaces.cache, false))
	default:
		argv = append(argv, mount("volume", cacheVolume+strconv.Itoa(user.uid), containerPlaces.cache, false))
	}
	return append(append(argv, clientOptions(e.client)...), user.options...)
}

// confinement returns the options that deny a container what a build does not need.
// The engine's default seccomp profile, and its masked and read-only paths of /proc
// and /sys, stay on.
func confinement(client string) []string {
	argv := []string{
		"--network", "none", "--ipc", "private", "--cap-drop", "ALL",
		"--security-opt", "no-new-privileges",
		// The alternative is to relabel the caller's sources for SELinux.
		"--security-opt", "label=disable",
		"--read-only",
	}
	if client == "podman" {
		// Podman would mount unbounded file systems on /run and /var/tmp.
		argv = append(argv, "--read-only-tmpfs=false")
	}
	return argv
}

func startScript(b batch) []string {
	return []string{"/bin/sh", containerPlaces.out + "/" + scriptDir + "/run", strconv.Itoa(b.parallel)}
}

// follow runs the client that runs the container, and reads from it which commands
// have ended. Their output is in the output directory.
func (e *container) follow(ctx context.Context, b batch, argv []string) ([]outcome, error) {
	cmd := command(ctx, e.config.Environ, "", argv...)
	var stderr cut
	cmd.Stderr = &stderr
	// Standard input stays open as long as this process lives: see runScript.
	stdin, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	defer alive.Close()
	cmd.Stdin = stdin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(b.jobs))
	finished := 0
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var i, exit int
		if _, err := fmt.Sscanf(lines.Text(), doneMark+" %d %d", &i, &exit); err != nil || i < 0 || i >= len(outcomes) {
			continue
		}
		outcomes[i].exit = exit
		finished++
		b.finished(i)
	}
	if err := cmd.Wait(); err != nil || finished != len(b.jobs) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			err = fmt.Errorf("%d of %d commands ended", finished, len(b.jobs))
		}
		return nil, hint.Wrap(fmt.Errorf("engine %s stopped before the build was finished: %w: %s", e.client, err, strings.TrimSpace(stderr.String())),
			"look at the engine's own log, then run the same command again")
	}
	if e.copies() {
		return outcomes, nil // the logs are still in the container
	}
	return outcomes, readLogs(b, outcomes)
}

// clientOptions returns options for two things that docker and podman do differently.
//
// With docker, an init is the first process of the container, so that it ends on a signal.
// Debian's podman comes without that program. There our script is the first process, and it
// ends when the container is removed.
//
// The caller's proxies stay out of the container, which has no network: their addresses may
// contain a password. By default podman passes on the proxies in its environment, and docker
// those in the caller's ~/.docker/config.json.
func clientOptions(client string) []string {
	if client == "podman" {
		// Podman would wait ten seconds before it kills our script.
		return []string{"--stop-timeout", "0", "--http-proxy=false"}
	}
	argv := []string{"--init"}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"} {
		argv = append(argv, "--env", name+"=", "--env", strings.ToLower(name)+"=")
	}
	return argv
}

// projectKey identifies the project's directory in labels and caches.
func projectKey(root string) string {
	sum := sha256.Sum256([]byte(root))
	return fmt.Sprintf("%x", sum[:8])
}

// sweep removes this project's containers that a killed process left.
func (e *container) sweep(ctx context.Context) error {
	text, err := capture(ctx, e.config.Environ, "", e.client, "ps", "--all", "--quiet", "--filter", "label="+projectLabel+"="+projectKey(e.config.Root))
	if err != nil {
		return err
	}
	for _, id := range strings.Fields(text) {
		e.remove(id)
	}
	return nil
}

// remove ends a container. The run's context may be done by then, so it has a
// timeout of its own, below the five seconds that Mage gives an interrupted target.
func (e *container) remove(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	argv := []string{e.client, "rm", "--force", "--volumes"}
	if e.client == "podman" {
		// Podman would ask the processes to end first, and wait ten seconds.
		argv = append(argv, "--time", "0")
	}
	// It fails if the container has already ended.
	_, _ = capture(ctx, e.config.Environ, "", append(argv, id)...)
}

// mount returns an argument of run. Its value is a line of CSV, so that a comma in
// a path is quoted.
func mount(kind, source, target string, readOnly bool) string {
	fields := []string{"type=" + kind, "source=" + source, "target=" + target}
	if readOnly {
		fields = append(fields, "readonly")
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a strings.Builder does not fail
	w.Flush()
	return "--mount=" + strings.TrimSuffix(b.String(), "\n")
}
