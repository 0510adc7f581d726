package process

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	group "github.com/bootzip/bootzip/internal/process"
	"github.com/bootzip/bootzip/internal/sandbox"
)

// emptyImage is the image for programs that need nothing but themselves.
const emptyImage = "bootzip-empty"

// lambdaImage is AWS's, for scripts and dynamically linked programs.
const lambdaImage = "public.ecr.aws/lambda/provided:al2023"

// HostOf is the name by which containers of a client, docker or podman, reach this
// machine's 127.0.0.1; empty where they share its network, on Linux.
func HostOf(client string) string {
	switch {
	case runtime.GOOS == "linux":
		return ""
	case client == "podman":
		return "host.containers.internal"
	}
	return "host.docker.internal"
}

// FindClient returns the first of docker and podman that answers.
func FindClient() (client string, err error) {
	for _, name := range []string{"docker", "podman"} {
		_, failed := clientOutput(nil, name, "version")
		if failed == nil {
			return name, nil
		}
		err = errors.Join(err, failed)
	}
	return "", err
}

// clientOutput runs a client to its end.
func clientOutput(input []byte, argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		err = fmt.Errorf("%s %s: %w: %s", argv[0], argv[1], err, lines[len(lines)-1])
	}
	return strings.TrimSpace(string(out)), err
}

// pull fetches an image, unless it is there: the time that this takes is not that of
// an initialisation.
func pull(client, image, platform string) error {
	if _, err := clientOutput(nil, client, "image", "inspect", image); err == nil {
		return nil
	}
	_, err := clientOutput(nil, client, "pull", "--quiet", "--platform", platform, image)
	return err
}

// makeEmptyImage makes the empty image, unless it is there.
func makeEmptyImage(client, platform string) error {
	if _, err := clientOutput(nil, client, "image", "inspect", emptyImage+":"+path.Base(platform)); err == nil {
		return nil
	}
	var empty bytes.Buffer
	w := tar.NewWriter(&empty)
	// The places of what is mounted; an engine cannot import no file at all.
	for _, dir := range []string{"etc", "opt", "tmp", "var", "var/task"} {
		if err := w.WriteHeader(&tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	argv := []string{client, "import"}
	if client == "docker" {
		argv = append(argv, "--platform", platform)
	}
	_, err := clientOutput(empty.Bytes(), append(argv, "-", emptyImage+":"+path.Base(platform))...)
	return err
}

// contained is a process in a container.
type contained struct {
	config Config
	image  string

	mu      sync.Mutex
	current *containedRun
}

type containedRun struct {
	name   string // of the container
	client *exec.Cmd
	once   sync.Once
	done   chan struct{}
	status string
}

// Contained starts the bootstrap in a container of c.Client. What it sees is the
// same as in a sandbox, but for the image's files where it needs a system: /tmp
// does not outlast it.
func Contained(c Config) (Process, error) {
	p := &contained{config: c}
	var err error
	switch {
	case c.Image != "" || c.System:
		p.image = cmp.Or(c.Image, lambdaImage)
		err = pull(c.Client, p.image, c.Platform)
	default:
		p.image = emptyImage + ":" + path.Base(c.Platform)
		err = makeEmptyImage(c.Client, c.Platform)
	}
	if err != nil {
		return nil, err
	}
	if err := p.Again(c.Env); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *contained) Again(env []string) error {
	var id [8]byte
	_, _ = rand.Read(id[:]) // it does not fail
	r := &containedRun{name: "bootzip-" + hex.EncodeToString(id[:]), done: make(chan struct{})}
	c := p.config
	argv := []string{c.Client, "run", "--rm", "--name", r.name, "--label", "org.bootzip.emulator", "--platform", c.Platform,
		"--read-only", "--tmpfs", "/tmp:rw,mode=1777,size=" + strconv.FormatInt(c.Temp, 10),
		"--cap-drop=ALL", "--security-opt=no-new-privileges", "--user", fmt.Sprintf("%d:%d", lambdaUID, lambdaGID),
		"--memory", strconv.Itoa(c.MemoryMB) + "m", "--pids-limit", strconv.FormatUint(c.Tasks, 10),
		"--mount", "type=bind,source=" + c.Task + ",target=" + TaskRoot + ",readonly", "--workdir", TaskRoot}
	argv = append(argv, "--ulimit", fmt.Sprintf("nofile=%d:%d", c.Open, c.Open))
	if c.Client == "podman" {
		// Its own default may be more than it can set.
		argv = append(argv, "--ulimit", fmt.Sprintf("nproc=%d:%d", c.Tasks, c.Tasks))
	}
	if runtime.GOOS == "linux" {
		argv = append(argv, "--network=host")
	}
	if p.image != lambdaImage && c.Image == "" {
		entries, err := os.ReadDir(c.Etc)
		if err != nil {
			return err
		}
		for _, e := range entries {
			// Engines write these themselves.
			if name := e.Name(); name != "hosts" && name != "resolv.conf" {
				argv = append(argv, "--mount", "type=bind,source="+filepath.Join(c.Etc, name)+",target=/etc/"+name+",readonly")
			}
		}
	}
	if c.Opt != "" {
		argv = append(argv, "--mount", "type=bind,source="+c.Opt+",target="+OptRoot+",readonly")
	}
	env = append(slices.Clone(env), "LAMBDA_TASK_ROOT="+TaskRoot)
	var passed []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		if clients.MatchString(name) {
			argv = append(argv, "--env", variable)
			continue
		}
		// By name: a value on the command line can be seen by everybody.
		argv = append(argv, "--env", name)
		passed = append(passed, variable)
	}
	bootstrap := Bootstrap
	if c.InLayer {
		bootstrap = OptRoot + "/bootstrap"
	}
	argv = append(argv, "--entrypoint", bootstrap, p.image)
	r.client = exec.Command(argv[0], argv[1:]...)
	r.client.Env = append(r.client.Environ(), passed...) // the last of a name counts
	r.client.Stdout, r.client.Stderr, r.client.SysProcAttr = c.Output, c.Output, group.Group()
	if err := r.client.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.current = r
	p.mu.Unlock()
	return nil
}

// clients is what decides how a client finds its engine and what it runs.
var clients = regexp.MustCompile(`^(PATH|HOME|TMPDIR|LD_.*|DYLD_.*|XDG_.*|(?i:https?|no|all)_(?i:proxy)|(DOCKER|BUILDKIT|CONTAINER|CONTAINERS|PODMAN|STORAGE)_.*)$`)

func (p *contained) run() *containedRun {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// Wait returns the container's end: a client ends with the status of its program, and
// with 128 and the number of a signal (docker run, "Exit status").
func (p *contained) Wait() string {
	r := p.run()
	r.once.Do(func() {
		_ = r.client.Wait()
		switch code := r.client.ProcessState.ExitCode(); {
		case code == 128+int(syscall.SIGKILL):
			r.status = "signal: killed"
		case code < 0:
			r.status = r.client.ProcessState.String()
		default:
			r.status = "exit status " + strconv.Itoa(code)
		}
		close(r.done)
	})
	<-r.done
	return r.status
}

func (p *contained) Signal(s syscall.Signal) {
	_, _ = clientOutput(nil, p.config.Client, "kill", "--signal", strconv.Itoa(int(s)), p.run().name)
}

func (p *contained) Stop() {
	r := p.run()
	go p.Wait()
	select {
	case <-r.done:
		return
	default:
	}
	// The container may be in the making: the client ends first.
	_ = group.Kill(r.client.Process.Pid)
	_ = r.client.Process.Kill()
	<-r.done
	_, _ = clientOutput(nil, p.config.Client, "rm", "--force", r.name)
}

func (p *contained) Beside(string, []string, *os.File) (wait func() string, err error) {
	return nil, errors.New("nothing is started beside a container")
}

func (p *contained) Close()                          { p.Stop() }
func (p *contained) Dial(port int) (net.Conn, error) { return dialMachine(port) }
func (p *contained) Usage() sandbox.Usage            { return sandbox.Usage{} }
func (p *contained) UID() int                        { return lambdaUID }
func (p *contained) Unfiltered() string              { return "" }
