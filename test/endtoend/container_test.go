//go:build linux

package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/pack"
)

// Functions run in containers, as they do on macOS and Windows; here, the test asks for it.
// Nothing is left of the containers.
func TestFunctionsInContainers(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		before := command(t, client, "ps", "--all", "--quiet", "--filter", "label=org.bootzip.emulator")
		t.Run("program", func(t *testing.T) { containedProgram(t, client) })
		t.Run("script", func(t *testing.T) { containedScript(t, client) })
		t.Run("boot", func(t *testing.T) { containedBoot(t, client) })
		if after := command(t, client, "ps", "--all", "--quiet", "--filter", "label=org.bootzip.emulator"); after != before {
			t.Errorf("containers are left: %s", after)
		}
	})
}

// helloHere is the sample for this machine.
func helloHere(t *testing.T, client string) build.Artifact {
	t.Helper()
	for _, a := range sample(t, client, goProject).Artifacts {
		if a.Function.Name == "hello" && string(a.Arch) == runtime.GOARCH {
			return a
		}
	}
	t.Fatal("the sample was not built")
	panic("unreachable")
}

func containedFunction(t *testing.T, log *bytes.Buffer, c emulator.Config, entries ...pack.Entry) *emulator.Function {
	t.Helper()
	c.Zip, c.Temp, c.Log = filepath.Join(t.TempDir(), "function.zip"), t.TempDir(), log
	if err := pack.Write(t.Context(), c.Zip, entries); err != nil {
		t.Fatal(err)
	}
	f, err := emulator.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	return f
}

func containedProgram(t *testing.T, client string) {
	var log bytes.Buffer
	f := containedFunction(t, &log, emulator.Config{Container: client, Handler: "httpevent", Timeout: 20 * time.Second},
		pack.Entry{Name: "bootstrap", Executable: true, File: helloHere(t, client).Path})
	for range 3 {
		resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(`{"version":"2.0","rawQueryString":"hello=Ada","queryStringParameters":{"hello":"Ada"}}`)})
		if err != nil || resp.FunctionError != "" || !strings.Contains(string(resp.Payload), "Hello Ada") {
			t.Fatalf("%s, %v", resp.Payload, err)
		}
	}
	if n := strings.Count(log.String(), "Init Duration: "); n != 1 || f.Isolation() != "in a container of "+client {
		t.Errorf("%d initialisations, %s", n, f.Isolation())
	}
}

// peer is a script that talks to the Runtime API with perl, which every Debian image has,
// and does what its event says.
const peer = `#!/bin/sh
exec perl -MIO::Socket::INET -e '
	sub ask {
		my ($head, $body) = @_;
		my $s = IO::Socket::INET->new(PeerAddr => $ENV{AWS_LAMBDA_RUNTIME_API}) or die "$!";
		print $s "$head HTTP/1.1\r\nHost: $ENV{AWS_LAMBDA_RUNTIME_API}\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
		local $/;
		return <$s>;
	}
	my $api = "/2018-06-01/runtime/invocation";
	while (1) {
		my $next = ask("GET $api/next", "");
		my ($id) = $next =~ /request-id: (\S+)/i;
		my ($event) = $next =~ /\r\n\r\n(.*)/s;
		exit 3 if $event =~ /crash/;
		sleep 60 if $event =~ /hang/;
		my $wrote = open(my $f, ">", "/tmp/x") ? "yes" : "no";
		my $code = open($f, ">>", "/var/task/bootstrap") ? "yes" : "no";
		ask("POST $api/$id/response", "{\"user\":$>,\"tmp\":\"$wrote\",\"code\":\"$code\",\"secret\":\"$ENV{SECRET}\",\"engine\":\"$ENV{DOCKER_HOST}\"}");
	}
'
`

func containedScript(t *testing.T, client string) {
	image := os.Getenv("BOOTZIP_BASE_IMAGE")
	if image == "" {
		missing(t, "BOOTZIP_BASE_IMAGE is not set")
	}
	script := filepath.Join(t.TempDir(), "bootstrap")
	put(t, script, peer)
	var log bytes.Buffer
	f := containedFunction(t, &log, emulator.Config{Container: client, Image: image, Timeout: 3 * time.Second, Environment: []string{"SECRET=a b\nc", "DOCKER_HOST=tcp://192.0.2.1:1", "CONTAINER_HOST=tcp://192.0.2.1:1"}},
		pack.Entry{Name: "bootstrap", Executable: true, File: script})
	for _, c := range []struct{ event, kind, answer string }{
		{`1`, "", `{"user":993,"tmp":"yes","code":"no","secret":"a b\nc","engine":"tcp://192.0.2.1:1"}`},
		{`"crash"`, "Runtime.ExitError", "exit status 3"},
		{`2`, "", `"user":993`},
		{`"hang"`, "Sandbox.Timedout", "timed out after 3.00 seconds"},
		{`3`, "", `"user":993`},
	} {
		resp, err := f.Invoke(t.Context(), emulator.Request{Payload: []byte(c.event)})
		if err != nil || resp.ErrorType != c.kind || !strings.Contains(strings.ReplaceAll(string(resp.Payload), "\n", `\n`), c.answer) {
			t.Errorf("%s: %q, %s, %v", c.event, resp.ErrorType, resp.Payload, err)
		}
	}
}

func containedBoot(t *testing.T, client string) {
	zip := filepath.Join(t.TempDir(), "function.zip")
	if err := pack.Write(t.Context(), zip, []pack.Entry{{Name: "bootstrap", Executable: true, File: helloHere(t, client).Path}}); err != nil {
		t.Fatal(err)
	}
	r, err := emulator.Boot(t.Context(), emulator.BootConfig{Zip: zip, Handlers: []string{"httpevent", "nosuchhandler"}, Container: client, Temp: t.TempDir()})
	if err != nil || r.Status != emulator.BootFailed || !strings.Contains(r.Detail, `handler "nosuchhandler": `) {
		t.Errorf("%v, %v", marshalled(r), err)
	}
}

func marshalled(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
