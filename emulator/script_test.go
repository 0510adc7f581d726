//go:build linux

package emulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// On Amazon Linux sh is bash: a script may use its options and syntax, by
// either path of sh.
func TestShIsBash(t *testing.T) {
	parallel(t)
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip("this machine has no bash")
	}
	for _, shell := range []string{"/bin/sh", "/usr/bin/sh", "/usr/bin/env sh"} {
		script := "#!" + shell + `
set -euo pipefail
words=(one two)
echo "a ${words[1]} $BASH_VERSION"
[[ $0 == *bootstrap ]] || exit 3
exit 4
`
		f, book := newFunction(t, Config{Zip: makeZip(t, file{"bootstrap", 0o755, []byte(script)})})
		resp := invoke(t, f, "1")
		if f.isolation.isPlain() {
			t.Skip("namespaces are refused here: " + f.Isolation())
		}
		if !strings.Contains(book.String(), "a two ") || !strings.Contains(string(resp.Payload), "exit status 4") {
			t.Errorf("%s: %s\n%s", shell, resp.Payload, book)
		}
	}
	if link, err := filepath.EvalSymlinks("/bin/sh"); err == nil && filepath.Base(link) == "bash" {
		t.Log("sh is bash on this machine as well")
	}
}

func TestHostDockerInternal(t *testing.T) {
	f, _ := newFunction(t, Config{Handler: "read"})
	if got := text(t, invoke(t, f, `"/etc/hosts"`)); !f.isolation.isPlain() && !strings.Contains(got, "host.docker.internal\n") {
		t.Errorf("hosts are %q", got)
	}
}
