package process

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
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

// HostOf returns the name by which containers of a client, docker or podman, reach this
// machine's 127.0.0.1; empty on Linux, where they share its network.
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

// clientOutput runs a client and returns its output.
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

func pull(client, image, platform string) error {
	_, err := clientOutput(nil, client, "pull", "--quiet", "--platform", platform, image)
	return err
}

func makeEmptyImage(client, image, platform string) error {
	var empty bytes.Buffer
	w := tar.NewWriter(&empty)
	// The mount points; an engine cannot import an empty archive.
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
	_, err := clientOutput(empty.Bytes(), append(argv, "-", image)...)
	return err
}

// contained is a process in a container.
type contained struct {
	once
	name   string // of the container
	client *exec.Cmd
	wait   func() string
	done   chan struct{} // closed when it has ended
}

// Contained starts the bootstrap in a container of c.Client. The bootstrap sees the same as
// in a sandbox, with two exceptions: if it needs a system, it sees the files of the image,
// and its /tmp does not outlast it.
func Contained(c Config) (Process, error) {
	image, provide := emptyImage+":"+path.Base(c.Platform), makeEmptyImage
	if c.Image != "" || c.System {
		image, provide = cmp.Or(c.Image, lambdaImage), pull
	}
	// Provide the image first: that time does not belong to the initialisation.
	if _, err := clientOutput(nil, c.Client, "image", "inspect", image); err != nil {
		if err := provide(c.Client, image, c.Platform); err != nil {
			return nil, err
		}
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // does not fail
	p := &contained{name: fmt.Sprintf("bootzip-%x", id), done: make(chan struct{})}
	p.wait = sync.OnceValue(p.end)
	argv := []string{c.Client, "run", "--rm", "--name", p.name, "--label", "org.bootzip.emulator", "--platform", c.Platform,
		"--read-only", "--tmpfs", "/tmp:rw,mode=1777,size=" + strconv.FormatInt(c.Temp, 10),
		"--cap-drop=ALL", "--security-opt=no-new-privileges", "--user", fmt.Sprintf("%d:%d", lambdaUID, lambdaGID),
		"--memory", strconv.Itoa(c.MemoryMB) + "m", "--pids-limit", strconv.FormatUint(c.Tasks, 10),
		"--mount", "type=bind,source=" + c.Task + ",target=" + taskRoot + ",readonly", "--workdir", taskRoot,
		"--ulimit", fmt.Sprintf("nofile=%d:%d", c.Open, c.Open)}
	if c.Client == "podman" {
		// Podman's default limit may exceed what it is allowed to set.
		argv = append(argv, "--ulimit", fmt.Sprintf("nproc=%d:%d", c.Tasks, c.Tasks))
	}
	if runtime.GOOS == "linux" {
		argv = append(argv, "--network=host")
	}
	if image != lambdaImage && c.Image == "" {
		entries, err := os.ReadDir(c.Etc)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			// Engines write these two themselves.
			if name := e.Name(); name != "hosts" && name != "resolv.conf" {
				argv = append(argv, "--mount", "type=bind,source="+filepath.Join(c.Etc, name)+",target=/etc/"+name+",readonly")
			}
		}
	}
	if c.Opt != "" {
		argv = append(argv, "--mount", "type=bind,source="+c.Opt+",target="+OptRoot+",readonly")
	}
	var passed []string
	for _, variable := range append(slices.Clone(c.Env), "LAMBDA_TASK_ROOT="+taskRoot) {
		name, _, _ := strings.Cut(variable, "=")
		if clients.MatchString(name) {
			argv = append(argv, "--env", variable)
			continue
		}
		// Pass only the name: all users can see the values on a command line.
		argv = append(argv, "--env", name)
		passed = append(passed, variable)
	}
	argv = append(argv, "--entrypoint", c.entry(), image)
	p.client = exec.Command(argv[0], argv[1:]...)
	p.client.Env = append(p.client.Environ(), passed...) // the last value of a name counts
	p.client.Stdout, p.client.Stderr, p.client.SysProcAttr = c.Output, c.Output, group.Group()
	if err := p.client.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// clients matches variables that change how a client finds its engine and what it runs.
var clients = regexp.MustCompile(`^(PATH|HOME|TMPDIR|LD_.*|DYLD_.*|XDG_.*|(?i:https?|no|all)_(?i:proxy)|(DOCKER|BUILDKIT|CONTAINER|CONTAINERS|PODMAN|STORAGE)_.*)$`)

func (p *contained) Wait() string { return p.wait() }

// end waits for the container's end and returns how it ended: a client exits with the status
// of its program, or with 128 plus the number of a signal (docker run, "Exit status").
func (p *contained) end() string {
	defer close(p.done)
	_ = p.client.Wait()
	switch code := p.client.ProcessState.ExitCode(); {
	case code == 128+int(syscall.SIGKILL):
		return "signal: killed"
	case code < 0:
		return p.client.ProcessState.String()
	default:
		return "exit status " + strconv.Itoa(code)
	}
}

func (p *contained) Signal(s syscall.Signal) {
	_, _ = clientOutput(nil, p.client.Args[0], "kill", "--signal", strconv.Itoa(int(s)), p.name)
}

func (p *contained) Stop() {
	go p.Wait()
	select {
	case <-p.done:
		return
	default:
	}
	// The client may still be creating the container: end it first.
	_ = group.Kill(p.client.Process.Pid)
	_ = p.client.Process.Kill()
	<-p.done
	_, _ = clientOutput(nil, p.client.Args[0], "rm", "--force", p.name)
}

func (p *contained) Close()               { p.Stop() }
func (p *contained) Usage() sandbox.Usage { return sandbox.Usage{} }
func (p *contained) UID() int             { return lambdaUID }
func (p *contained) Unfiltered() string   { return "" }
