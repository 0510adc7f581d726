//go:build linux

package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/pack"
)

// packed builds a program in testdata and packs it.
func packed(t testing.TB, program string) (zip string) {
	t.Helper()
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-o", bootstrap, "./testdata/"+program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	zip = filepath.Join(t.TempDir(), program+".zip")
	if err := pack.Write(context.Background(), zip, []pack.Entry{{Name: "bootstrap", Executable: true, File: bootstrap}}); err != nil {
		t.Fatal(err)
	}
	return zip
}

// A request goes through each trigger of the emulator to each package of the runtime, and
// the answer comes back. Only what the sender's form cannot express is lost.
func TestRequestsAndAnswersGoThrough(t *testing.T) {
	zip := packed(t, "web")
	server := emulator.NewServer(emulator.ServerConfig{Refused: func(f, id, why string) { t.Errorf("%s: %s", f, why) }})
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, handler := range []string{"httpevent", "nethttp"} {
		f, err := emulator.New(t.Context(), emulator.Config{Name: handler, Zip: zip, Handler: handler, Timeout: 20 * time.Second, Temp: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		server.Set(handler, f)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	for _, handler := range []string{"httpevent", "nethttp"} {
		for _, c := range []struct{ prefix, source, twice string }{
			{"/url/" + handler, "function URL", "one, two"},
			{"/v2/" + handler + "/$default", "HTTP API", "one, two"},
			{"/v2/" + handler + "/dev", "HTTP API", "one, two"},
			{"/v1/" + handler + "/prod", "REST API", "one|two"},
			{"/alb/" + handler, "load balancer", "one, two"},
			{"/alb-multi/" + handler, "load balancer", "one|two"},
		} {
			for sent, path := range map[string]string{"/": "/", "/a%20b/caf%C3%A9": "/a b/café", "/x/": "/x/", "/user/test%2Balias@example.com": "/user/test+alias@example.com", "//a": "//a", "/50%25": "/50%"} {
				if strings.HasPrefix(c.prefix, "/v2/") && sent == "/50%25" {
					continue // an HTTP API refuses it
				}
				for _, body := range []string{"", "grüße <&>", "\x89PNG\xff\x00"} {
					if strings.HasPrefix(c.prefix, "/v1/") && strings.HasPrefix(body, "\x89") {
						continue // without binary media types it is text for a REST API
					}
					r, err := http.NewRequest(http.MethodPut, web.URL+c.prefix+sent+"?name=A%26B+c", strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Cookie", "c=1; d=2")
					r.Header.Set("X-Kind", "v")
					r.Header.Set("Content-Type", "text/plain; charset=utf-8")
					if strings.HasPrefix(body, "\x89") {
						r.Header.Set("Content-Type", "image/png")
					}
					resp, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if err != nil {
						t.Fatal(err)
					}
					want := fmt.Sprintf("%s PUT %s %q %q %q", c.source, path, "A&B c", []string{"c=1", "d=2"}, "v")
					cookies := map[string]bool{}
					for _, c := range resp.Header.Values("Set-Cookie") {
						cookies[c] = true
					}
					if resp.StatusCode != 201 || string(got) != body || resp.Header.Get("X-Seen") != want || strings.Join(resp.Header.Values("X-Twice"), "|") != c.twice ||
						len(cookies) != 2 || !cookies["a=1; Path=/"] || !cookies["b=2"] {
						t.Errorf("%s%s with %q: %s, %q, %v; want %s", c.prefix, sent, body, resp.Status, got, resp.Header, want)
					}
				}
			}
		}
	}
}
