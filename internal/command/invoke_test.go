package command

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/fulldisk"
)

func TestEmulation(t *testing.T) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	e := emulation{env: []string{"A=1,2", "B=x=y"}}
	if err := e.check(); err != nil {
		t.Error(err)
	}
	if got := strings.Join(e.config("f").Environment, " "); got != "AWS_ACCESS_KEY_ID=id A=1,2 B=x=y" {
		t.Errorf("the function's variables are %q", got)
	}
	for _, bad := range []emulation{{env: []string{"A"}}, {env: []string{"=x"}}, {timeout: -1}, {memory: -1}, {perInstance: -1}} {
		if err := bad.check(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
