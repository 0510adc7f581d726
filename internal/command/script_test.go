package command_test

import (
	"archive/zip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bootzip/bootzip/internal/sandbox"
)

// The scripts in testdata/script run the program as a user does. Besides testscript's
// own commands there are
//
//	gomod MODULE              writes a go.mod for the toolchain that runs the tests
//	status N COMMAND…         runs it, and fails unless it has that exit status
//	zip FILE NAME=FROM@MODE…  makes a zip as other tools might
//	waitfor PATTERN           waits until there is such a file
func TestScripts(t *testing.T) {
	// A process that ignores a signal, as under nohup, passes that on to what it starts.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	runScripts(t, "testdata/script")
}

// TestEndToEndScripts runs the scripts that compile all of Go's runtime several times,
// since they test builds that share nothing.
func TestEndToEndScripts(t *testing.T) {
	if os.Getenv("BOOTZIP_TEST_ENDTOEND") == "" {
		t.Skip("takes minutes: set BOOTZIP_TEST_ENDTOEND=1, as .ci/run endtoend does")
	}
	runScripts(t, "testdata/endtoend")
}

func runScripts(t *testing.T, dir string) {
	program := compile(t)
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PROGRAM", filepath.Dir(program))
			e.Setenv("PROXY", goEnv(t, "GOPROXY"))
			e.Setenv("SUMDB", goEnv(t, "GOSUMDB"))
			e.Setenv("NEWLINE", "\n") // which no word of a script can hold
			e.Setenv("PATH", filepath.Dir(program)+string(filepath.ListSeparator)+os.Getenv("PATH"))
			for name, value := range quiet(t) {
				e.Setenv(name, value)
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "namespaces" {
				_, err := sandbox.Probe(context.Background())
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"function": function,
			"gomod":    gomod, "status": status, "zip": makeZip, "waitfor": waitfor,
		},
	})
}

// goEnv returns the go command's value of a setting.
func goEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// quiet returns the environment of the scripts: nothing is downloaded, settings of the
// user who runs the tests do not count, and caches are shared.
func quiet(t testing.TB) map[string]string {
	t.Helper()
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	return map[string]string{
		"GOCACHE": goEnv(t, "GOCACHE"), "GOMODCACHE": goEnv(t, "GOMODCACHE"), "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "", "GOENV": "off",
		"BOOTZIP_CACHE": filepath.Join(user, "bootzip-test"), "BOOTZIP_ENGINE": "", "BOOTZIP_BASE_IMAGE": "",
	}
}

// compile compiles the program.
func compile(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bootzip")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", name, "github.com/bootzip/bootzip/cmd/bootzip")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// echoFunction answers every event with the event.
//
//go:embed testdata/function/main.go
var echoFunction string

// function writes a program that Lambda can start to FOLDER/main.go.
func function(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: function FOLDER")
	}
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o755))
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), "main.go"), []byte(echoFunction), 0o644))
}

func gomod(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gomod MODULE")
	}
	version, _, _ := strings.Cut(runtime.Version(), " ")
	text := "module " + args[0] + "\n\ngo 1.24\n\ntoolchain " + version + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte(text), 0o644))
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARGUMENT]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with status %d, want %d", args[1], got, want)
	}
}

func makeZip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: zip FILE NAME=FROM@MODE…")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := zip.NewWriter(f)
	for _, arg := range args[1:] {
		name, rest, _ := strings.Cut(arg, "=")
		from, octal, _ := strings.Cut(rest, "@")
		mode, err := strconv.ParseUint(octal, 8, 32)
		ts.Check(err)
		data, err := os.ReadFile(ts.MkAbs(from))
		ts.Check(err)
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(fs.FileMode(mode))
		entry, err := w.CreateHeader(h)
		ts.Check(err)
		_, err = entry.Write(data)
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(f.Close())
}

func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor PATTERN")
	}
	for range 6000 {
		if found, err := filepath.Glob(ts.MkAbs(args[0])); err != nil || len(found) > 0 {
			ts.Check(err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("no %s within a minute", args[0])
}
