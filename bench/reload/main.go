// Reload measures the way from a saved file to the new answer of `bootzip serve`,
// beside `go build` of the same function after the same change.
//
//	cd bench && go run ./reload
//	go run ./reload -engine=host -rounds=20
//
// Each round runs both sides in turn, in an order that changes, and the table has
// the medians. The function is on the runtime library, for this machine's
// architecture, with warm caches.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

var (
	engine = flag.String("engine", "host", "engine of bootzip serve")
	rounds = flag.Int("rounds", 15, "rounds")
)

const source = `package main

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

const answer = "%s"

func main() {
	runtime.Handle("", func(context.Context, []byte) ([]byte, error) { return []byte(answer), nil })
	runtime.Start()
}
`

func main() {
	log.SetFlags(0)
	flag.Parse()
	dir, err := os.MkdirTemp("", "bootzip-reload-")
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(measure(dir), os.RemoveAll(dir))
	if err != nil {
		log.Fatal(err)
	}
}

func measure(dir string) error {
	bootzip, project, work := filepath.Join(dir, "bootzip"), filepath.Join(dir, "project"), filepath.Join(dir, "work")
	if err := command("..", "go", "build", "-trimpath", "-o", bootzip, "./cmd/bootzip"); err != nil {
		return err
	}
	for _, root := range []string{project, work} { // serve must not see what go build builds
		if err := os.CopyFS(filepath.Join(root, "runtime"), os.DirFS("../runtime")); err != nil {
			return err
		}
		module := "module example.com/reload\n\ngo 1.24\n\ntoolchain " + runtime.Version() +
			"\n\nrequire github.com/bootzip/bootzip/runtime v0.0.0\n\nreplace github.com/bootzip/bootzip/runtime => ./runtime\n"
		if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(module), 0o644); err != nil {
			return err
		}
		if err := save(root, "first"); err != nil {
			return err
		}
		if err := command(root, "git", "init", "-q"); err != nil {
			return err
		}
		if err := command(root, "go", "mod", "tidy"); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()
	config := fmt.Sprintf("functions:\n  hello:\n    source: hello\n    arch: [%s]\n", runtime.GOARCH)
	if err := os.WriteFile(filepath.Join(project, "bootzip.yaml"), []byte(config), 0o644); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	serve := exec.CommandContext(ctx, bootzip, "serve", "--engine="+*engine, "--address="+address)
	var output strings.Builder
	serve.Dir, serve.Stderr = project, &output
	serve.Cancel = func() error { return serve.Process.Signal(syscall.SIGTERM) }
	if err := serve.Start(); err != nil {
		return err
	}
	defer func() { stop(); _ = serve.Wait() }()
	url := "http://" + address + "/url/hello/"
	if err := until(url, "first"); err != nil {
		return fmt.Errorf("%w\n%s", err, output.String())
	}
	var reloaded, built []time.Duration
	for round := range *rounds + 1 {
		word := fmt.Sprint("round", round)
		sides := []func() error{
			func() error {
				began := time.Now()
				if err := save(project, word); err != nil {
					return err
				}
				err := until(url, word)
				reloaded = append(reloaded, time.Since(began))
				return err
			},
			func() error {
				began := time.Now()
				if err := save(work, word); err != nil {
					return err
				}
				err := command(work, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", "bootstrap", "./hello")
				built = append(built, time.Since(began))
				return err
			},
		}
		if round%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			if err := side(); err != nil {
				return fmt.Errorf("%w\n%s", err, output.String())
			}
		}
		if round == 0 {
			reloaded, built = nil, nil // what is not in caches yet
		}
	}
	one := median(built)
	fmt.Printf("%-26s %8s %6s\n", "", "SECONDS", "RATIO")
	fmt.Printf("%-26s %8.3f %6.2f\n", "go build", one.Seconds(), 1.0)
	fmt.Printf("%-26s %8.3f %6.2f\n", "saved to answered", median(reloaded).Seconds(), median(reloaded).Seconds()/one.Seconds())
	return nil
}

func save(root, word string) error {
	if err := os.MkdirAll(filepath.Join(root, "hello"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "hello", "main.go"), fmt.Appendf(nil, source, word), 0o644)
}

// until waits for an answer.
func until(url, answer string) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && string(got) == answer {
			return nil
		}
	}
	return fmt.Errorf("%s does not answer %q within a minute", url, answer)
}

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

func command(dir string, argv ...string) error {
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return err
}
