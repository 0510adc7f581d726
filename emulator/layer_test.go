//go:build linux

package emulator

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// inSandbox skips a test where namespaces are refused.
func inSandbox(t *testing.T, isolation string) {
	t.Helper()
	if isolation == "" || isolation == "as a plain process" {
		t.Skip("namespaces are refused here: " + isolation)
	}
}

// answering is a script that answers each event with what a command prints.
func answering(command string) []byte {
	return []byte(`#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
	event=$(curl -sS -LD /tmp/headers "$api/next")
	id=$(grep -Fi Lambda-Runtime-Aws-Request-Id /tmp/headers | tr -d '[:space:]' | cut -d: -f2)
	curl -sS "$api/$id/error" -d "{\"errorMessage\":\"$(` + command + `)\"}" >/dev/null
done
`)
}

// A boot gives the function its variables, its event, its memory and its layers, and
// reports the error that the function answered.
func TestBootGivesWhatTheFunctionNeeds(t *testing.T) {
	parallel(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	layer := makeZip(t, file{"bootstrap", 0o755, answering("cat /opt/words")}, file{"words", 0o644, []byte("first")})
	words := makeZip(t, file{"words", 0o644, []byte("second")})
	link := file{"bootstrap", 0o777 | os.ModeSymlink, []byte("bin/main")}
	for name, c := range map[string]struct {
		config BootConfig
		want   string
	}{
		"variable":             {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, answering("echo $TABLE")}), Environment: []string{"TABLE=orders"}}, "orders"},
		"event":                {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, answering("echo $event")}), Event: []byte("7")}, "7"},
		"memory":               {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, answering("echo $AWS_LAMBDA_FUNCTION_MEMORY_SIZE")}), Memory: 300}, "300"},
		"bootstrap is a link":  {BootConfig{Zip: makeZip(t, link, file{"bin/main", 0o755, answering("echo linked")})}, "linked"},
		"layer":                {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, answering("cat /opt/words")}), Layers: []string{layer}}, "first"},
		"a later layer":        {BootConfig{Zip: makeZip(t, file{"bootstrap", 0o755, answering("cat /opt/words")}), Layers: []string{layer, words}}, "second"},
		"bootstrap in a layer": {BootConfig{Zip: makeZip(t, file{"index.php", 0o644, nil}), Layers: []string{layer}}, "first"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Temp, c.config.Handlers = t.TempDir(), []string{"any"}
			got, err := Boot(context.Background(), c.config)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.config.Layers) > 0 {
				inSandbox(t, got.Isolation)
			}
			if got.Status != BootPassed || got.Answered != c.want || got.At != "" {
				t.Errorf("%s at %q: %s; answered %q, not %q", got.Status, got.At, got.Detail, got.Answered, c.want)
			}
		})
	}
}

// Extensions in layers are not started, and they are named: files and links are, but not
// directories, nor a file in place of the directory.
func TestExtensionsOfLayersAreNamed(t *testing.T) {
	bootstrap := makeZip(t, file{"bootstrap", 0o755, answering("echo yes")})
	for name, c := range map[string]struct {
		layer []file
		want  string
	}{
		"extensions": {[]file{{"extensions/b", 0o755, nil}, {"extensions/a\x1b", 0o644, nil}, {"extensions/d/c", 0o755, nil}},
			`, without the extensions of its layers (["a\x1b" "b"])`},
		"none":   {[]file{{"words", 0o644, nil}}, ""},
		"a file": {[]file{{"extensions", 0o755, nil}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Boot(context.Background(), BootConfig{Zip: bootstrap, Layers: []string{makeZip(t, c.layer...)}, Handlers: []string{"any"}, Temp: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			inSandbox(t, got.Isolation)
			named := strings.Contains(got.Isolation, "extensions")
			if named != (c.want != "") || !strings.Contains(got.Isolation, c.want) {
				t.Errorf("%q, not %q", got.Isolation, c.want)
			}
		})
	}
}

// Lambda's names for the execution environment resolve to its loopback address, even in a
// network of its own (Boot).
func TestSandboxNamesResolve(t *testing.T) {
	for _, program := range []string{"curl", "getent"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed")
		}
	}
	for _, name := range []string{"sandbox.localdomain", "sandbox"} {
		zip := makeZip(t, file{"bootstrap", 0o755, answering("getent hosts " + name + " | cut -d ' ' -f 1")})
		got, err := Boot(context.Background(), BootConfig{Zip: zip, Handlers: []string{"any"}, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		inSandbox(t, got.Isolation)
		if got.Status != BootPassed || got.Answered != "127.0.0.1" {
			t.Errorf("%s: %s at %q: %s; answered %q", name, got.Status, got.At, got.Detail, got.Answered)
		}
	}
}

// Without a sandbox, a function with layers is not checked.
func TestBootSkipsLayersWithoutASandbox(t *testing.T) {
	layer := makeZip(t, file{"words", 0o644, []byte("x")})
	got, err := Boot(context.Background(), BootConfig{Zip: faultyZip(t), Layers: []string{layer}, Plain: true, Temp: t.TempDir()})
	if err != nil || got.Status != BootSkipped || got.At != BootMachine || !strings.Contains(got.Detail, "layers") {
		t.Errorf("%s at %q: %s, %v", got.Status, got.At, got.Detail, err)
	}
}

// How far a boot got determines what its hint says.
func TestBootStages(t *testing.T) {
	for handler, want := range map[string]BootStage{"exit-at-init": BootStart, "init-error": BootStart, "killed": BootEvent, "echo": ""} {
		got, err := Boot(context.Background(), BootConfig{Zip: faultyZip(t), Handlers: []string{handler}, Temp: t.TempDir()})
		if err != nil || got.At != want {
			t.Errorf("%s: at %q, not %q: %s, %v", handler, got.At, want, got.Detail, err)
		}
	}
}

// A link out of the zip is not followed on this machine.
func TestBootstrapIsNoLinkOutOfTheZip(t *testing.T) {
	zip := makeZip(t, file{"bootstrap", 0o777 | os.ModeSymlink, []byte("/bin/sh")})
	got, err := Boot(context.Background(), BootConfig{Zip: zip, Temp: t.TempDir(), Plain: true})
	if err != nil || got.Status != BootFailed || !strings.Contains(got.Detail, "Couldn't find valid bootstrap") {
		t.Errorf("%s: %s, %v", got.Status, got.Detail, err)
	}
}
