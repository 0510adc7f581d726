//go:build linux

package endtoend

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/build"
	lambda "github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/sandbox"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/test/attack"
)

// A raidOrder is what the process of a raid receives. The process runs as the caller.
type raidOrder struct {
	Place    string
	Folder   string // the caller's
	Attacker string
	Target   attack.Target
}

// raidPlace is what this program does as that process: it makes all attempts in the place
// and prints the outcomes.
func raidPlace(order string) int {
	var o raidOrder
	err := json.Unmarshal([]byte(order), &o)
	if err == nil {
		var outcomes []attack.Outcome
		if outcomes, err = o.attack(context.Background()); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(outcomes)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (o raidOrder) attack(ctx context.Context) ([]attack.Outcome, error) {
	// Anyone may read the project's files: this test is not about the caller's umask.
	if o.Place == "host" {
		return o.onHost(ctx)
	}
	neighbour, err := o.neighbour(ctx)
	if err != nil {
		return nil, err
	}
	if neighbour != nil {
		defer neighbour.close()
		o.Target.Neighbour = neighbour.address
	}
	switch o.Place {
	case "sandbox":
		return o.inSandbox(ctx)
	case "docker", "podman":
		return o.inContainer(ctx)
	}
	one := raidOrder.invoked
	if o.Place == "boot" {
		one = raidOrder.booted
	}
	outcomes, err := one(o, ctx)
	if err != nil {
		return nil, err
	}
	// The other attempts may end the place, so each gets its own.
	for _, a := range attack.All() {
		if !a.Alone {
			continue
		}
		o.Target.Only = []string{a.ID}
		alone, err := one(o, ctx)
		var ended *endedError
		if errors.As(err, &ended) {
			alone, err = []attack.Outcome{{ID: a.ID, Said: ended.Error()}}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.ID, err)
		}
		outcomes = append(outcomes, alone...)
	}
	return outcomes, nil
}

// An endedError says that a place has ended instead of answering.
type endedError struct{ how string }

func (e *endedError) Error() string { return "the place has ended: " + e.how }

// everything asks for all attempts in one run, for places that none of them can end.
func everything(t attack.Target) attack.Target {
	for _, a := range attack.All() {
		t.Only = append(t.Only, a.ID)
	}
	return t
}

// equip makes a directory with the attacker and the file that it reads.
func (o raidOrder) equip(name string, t attack.Target) (dir string, err error) {
	dir = filepath.Join(o.Folder, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	program, err := os.ReadFile(o.Attacker)
	if err != nil {
		return "", err
	}
	told, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return dir, errors.Join(
		write(filepath.Join(dir, "attacker"), program, 0o755),
		write(filepath.Join(dir, attack.Told), told, 0o644),
		os.Chmod(dir, 0o755),
	)
}

// write makes a file with this mode, whatever the umask.
func write(name string, data []byte, mode os.FileMode) error {
	return errors.Join(os.WriteFile(name, data, mode), os.Chmod(name, mode))
}

func outcomesOf(text string) (outcomes []attack.Outcome, err error) {
	if err := json.Unmarshal([]byte(text), &outcomes); err != nil {
		return nil, fmt.Errorf("%w: %q", err, text)
	}
	return outcomes, nil
}

// onHost makes the attempts where nothing prevents them. The victim stands in for the first
// process of the place.
func (o raidOrder) onHost(ctx context.Context) ([]attack.Outcome, error) {
	t := everything(o.Target)
	api := httptest.NewServer(http.NotFoundHandler()) // does not check who asks
	defer api.Close()
	t.Own, t.Neighbour = api.Listener.Addr().String(), api.Listener.Addr().String()
	t.Init, t.Scratch = t.Victim, filepath.Join(o.Folder, "scratch")
	t.Out, t.Source, t.Toolchain = t.Scratch, t.Scratch, t.Scratch
	if err := os.Mkdir(t.Scratch, 0o755); err != nil {
		return nil, err
	}
	dir, err := o.equip("host", t)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "attacker"))
	cmd.Env = []string{}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return outcomesOf(string(out))
}

// inSandbox makes the attempts as commands of the engine sandbox.
func (o raidOrder) inSandbox(ctx context.Context) ([]attack.Outcome, error) {
	t := everything(o.Target)
	t.Source, t.Toolchain, t.Out = "/src", "/go", "/out"
	dir, err := o.equip("bin", t)
	if err != nil {
		return nil, err
	}
	c := sandbox.Config{Parallel: 1, Commands: []sandbox.Command{{Dir: "/src", Argv: []string{"/bin/attacker"}}}}
	for _, m := range []sandbox.Mount{
		{Source: dir, Target: "/bin", ReadOnly: true},
		{Source: filepath.Join(o.Folder, "source"), Target: t.Source, ReadOnly: true},
		{Source: filepath.Join(o.Folder, "toolchain"), Target: t.Toolchain, ReadOnly: true},
		{Source: filepath.Join(o.Folder, "out"), Target: t.Out},
	} {
		if err := os.MkdirAll(m.Source, 0o755); err != nil {
			return nil, err
		}
		c.Mounts = append(c.Mounts, m)
	}
	var result sandbox.Result
	if err := sandbox.Run(ctx, c, func(r sandbox.Result) { result = r }); err != nil {
		return nil, err
	}
	if result.Exit != 0 {
		return nil, fmt.Errorf("the attacker: exit status %d: %s", result.Exit, result.Output)
	}
	return outcomesOf(result.Output)
}

// inContainer makes the attempts as the build of a function. The outcomes are appended to a
// program, since a build has to make one.
func (o raidOrder) inContainer(ctx context.Context) ([]attack.Outcome, error) {
	t := everything(o.Target)
	t.Source = "/src"
	t.Between = o.Place == "podman" && os.Getuid() != 0
	root := filepath.Join(o.Folder, "project")
	if _, err := o.equip(filepath.Join("project", "attack"), t); err != nil {
		return nil, err
	}
	script := "{ cat /bin/true; echo; echo outcomes; \"$PWD/attacker\"; } >\"$OUT/bootstrap\"\n"
	image := filepath.Join(root, "docker")
	if err := errors.Join(
		os.Chmod(root, 0o755),
		write(filepath.Join(root, "attack", "build.sh"), []byte(script), 0o755),
		os.MkdirAll(image, 0o755),
		os.Chmod(image, 0o755),
		write(filepath.Join(image, "Dockerfile.build"), []byte(telling["docker/Dockerfile.build"]), 0o644),
	); err != nil {
		return nil, err
	}
	f := commandFunction("attack")
	f.Command = []string{"sh", "build.sh"}
	c := build.Config{
		Root: root, Dist: filepath.Join(root, "dist"), Cache: filepath.Join(o.Folder, "cache"), Engine: o.Place,
		Project: []project.Function{f}, Functions: []project.Function{f}, BaseImage: os.Getenv("BOOTZIP_BASE_IMAGE"), Environ: os.Environ(),
	}
	unlock, err := build.Lock(c.Dist)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, err := build.Build(ctx, c)
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(r.Artifacts[0].Path)
	if err != nil {
		return nil, err
	}
	_, text, _ := strings.Cut(string(program), "\noutcomes\n")
	return outcomesOf(text)
}

// pack makes a zip of the attacker, as a script or as itself.
func (o raidOrder) pack(t attack.Target) (string, error) {
	dir, err := o.equip("zip", t)
	if err != nil {
		return "", err
	}
	names := map[string]string{"bootstrap": "attacker", attack.Told: attack.Told}
	if o.Place == "script" {
		names["bootstrap"], names["attacker"] = "bootstrap", "attacker"
		if err := write(filepath.Join(dir, "bootstrap"), []byte("#!/bin/sh\nexec /var/task/attacker\n"), 0o755); err != nil {
			return "", err
		}
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, from := range names {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			return "", err
		}
		h := &zip.FileHeader{Name: name, Method: zip.Store}
		h.SetMode(0o755)
		e, err := w.CreateHeader(h)
		if err == nil {
			_, err = e.Write(data)
		}
		if err != nil {
			return "", err
		}
	}
	file := filepath.Join(dir, "function.zip")
	return file, errors.Join(w.Close(), os.WriteFile(file, b.Bytes(), 0o644))
}

// answerTime is what all attempts may take together.
const answerTime = 5 * time.Minute

// function starts the attacker in the emulator.
func (o raidOrder) function(ctx context.Context) (*lambda.Function, error) {
	file, err := o.pack(o.Target)
	if err != nil {
		return nil, err
	}
	return lambda.New(ctx, lambda.Config{
		Zip: file, Timeout: answerTime, InitLimit: answerTime, Memory: attackMemory >> 20, TempSize: attackTemp, Temp: o.Folder,
	})
}

func (o raidOrder) invoked(ctx context.Context) ([]attack.Outcome, error) {
	f, err := o.function(ctx)
	if err != nil {
		return nil, err
	}
	defer closeFunction(f)
	resp, err := f.Invoke(ctx, lambda.Request{Payload: []byte("{}"), Tail: true})
	if err != nil {
		return nil, err
	}
	if !strings.Contains(f.Isolation(), " root") {
		return nil, fmt.Errorf("there is no sandbox: started %s", f.Isolation())
	}
	var document struct{ ErrorMessage string }
	if err := json.Unmarshal(resp.Payload, &document); err != nil {
		return nil, err
	}
	if resp.ErrorType != attack.ErrorType {
		return nil, &endedError{document.ErrorMessage}
	}
	return outcomesOf(document.ErrorMessage)
}

func closeFunction(f *lambda.Function) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = f.Close(ctx)
}

func (o raidOrder) booted(ctx context.Context) ([]attack.Outcome, error) {
	if slices.Contains(o.Target.Only, "temp") {
		o.Target.Temp = 512 << 20 // the boot check's
	}
	file, err := o.pack(o.Target)
	if err != nil {
		return nil, err
	}
	var log bytes.Buffer // a report has only the beginning of an answer
	r, err := lambda.Boot(ctx, lambda.BootConfig{Zip: file, InitLimit: answerTime, Timeout: answerTime, Memory: attackMemory >> 20, Temp: o.Folder, Log: &log})
	if err != nil {
		return nil, err
	}
	if r.Status != lambda.BootPassed || !strings.Contains(r.Detail, " with an error (") {
		return nil, &endedError{r.Detail}
	}
	for line := range strings.Lines(log.String()) {
		if strings.HasPrefix(line, "[{") {
			return outcomesOf(line)
		}
	}
	return nil, fmt.Errorf("no outcomes in the log: %s", log.String())
}

// A neighbour is another instance, with the address of its Runtime API.
type neighbour struct {
	address string
	close   func()
}

// neighbour starts another instance if possible.
func (o raidOrder) neighbour(ctx context.Context) (*neighbour, error) {
	if _, err := sandbox.Probe(ctx); err != nil {
		return nil, nil
	}
	o.Place, o.Folder = "invoke", filepath.Join(o.Folder, "neighbour")
	f, err := o.function(ctx)
	if err != nil {
		return nil, err
	}
	n := &neighbour{close: func() { closeFunction(f) }}
	resp, err := f.Invoke(ctx, lambda.Request{Payload: []byte(`"address"`)})
	if err == nil && json.Unmarshal(resp.Payload, &n.address) != nil {
		err = fmt.Errorf("the neighbour answers %s", resp.Payload)
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}
