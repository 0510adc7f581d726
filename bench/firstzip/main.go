// Firstzip measures the way from an empty directory to a zip for both
// architectures: `bootzip new` and `bootzip package`, beside `go build` of the same
// program for both. Both begin with empty build caches; modules and the toolchain
// are there.
//
//	cd bench && go run ./firstzip
//	go run ./firstzip -engine=host -rounds=5
//
// Each round runs both sides in turn, in an order that changes, and the table has
// the medians. The runtime library is this repository's, beside the project.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	engine   = flag.String("engine", "sandbox", "engine of bootzip package")
	template = flag.String("template", "http", "template of bootzip new")
	rounds   = flag.Int("rounds", 5, "rounds")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	dir, err := os.MkdirTemp("", "bootzip-firstzip-")
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(measure(dir), os.RemoveAll(dir))
	if err != nil {
		log.Fatal(err)
	}
}

func measure(dir string) error {
	bootzip := filepath.Join(dir, "bootzip")
	if _, err := command("..", []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", bootzip, "./cmd/bootzip"); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, "warm", "runtime"), os.DirFS("../runtime")); err != nil {
		return err
	}
	var made, packaged, built []time.Duration
	for round := range *rounds + 1 {
		root := filepath.Join(dir, fmt.Sprint("round", round))
		if err := os.Rename(filepath.Join(dir, "warm"), root); err != nil {
			return err
		}
		if _, err := command(root, nil, "git", "init", "-q"); err != nil {
			return err
		}
		cache := filepath.Join(dir, fmt.Sprint("cache", round))
		environ := []string{"XDG_CACHE_HOME=" + cache, "GOPROXY=off"} // what new fetches is not to be measured
		create, err := command(root, environ, bootzip, "new", "hello", "--template="+*template)
		if err != nil {
			return err
		}
		project := filepath.Join(root, "hello")
		for _, argv := range [][]string{{"go", "mod", "edit", "-replace=github.com/bootzip/bootzip/runtime=../runtime"}, {"go", "mod", "tidy"}} {
			if _, err := command(project, nil, argv...); err != nil {
				return err
			}
		}
		sides := []func() error{
			func() error {
				took, err := command(project, environ[:1], bootzip, "package", "--engine="+*engine)
				packaged = append(packaged, took)
				return err
			},
			func() error {
				began := time.Now()
				for _, arch := range []string{"amd64", "arm64"} {
					_, err := command(project, []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch, "GOCACHE=" + cache + "-go"},
						"go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "bootstrap-"+arch), ".")
					if err != nil {
						return err
					}
				}
				built = append(built, time.Since(began))
				return nil
			},
		}
		if round%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			if err := side(); err != nil {
				return err
			}
		}
		made = append(made, create)
		if round == 0 {
			made, packaged, built = nil, nil, nil // files come into the system's cache
		}
		if err := os.Rename(root, filepath.Join(dir, "warm")); err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, "warm", "hello")), os.RemoveAll(filepath.Join(dir, "warm", ".git")),
			os.RemoveAll(cache), os.RemoveAll(cache+"-go")); err != nil {
			return err
		}
	}
	one := median(built)
	fmt.Printf("%-26s %8s %6s\n", "", "SECONDS", "RATIO")
	for _, row := range []struct {
		name string
		took time.Duration
	}{
		{"go build", one}, {"bootzip new", median(made)}, {"bootzip package", median(packaged)}, {"bootzip new and package", median(made) + median(packaged)},
	} {
		fmt.Printf("%-26s %8.2f %6.2f\n", row.name, row.took.Seconds(), row.took.Seconds()/one.Seconds())
	}
	return nil
}

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// command runs a command and returns how long it took.
func command(dir string, environ []string, argv ...string) (time.Duration, error) {
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir, c.Env = dir, append(os.Environ(), environ...)
	began := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return time.Since(began), err
}
