package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// The caller's settings for the boot check override the function's, which override the
// defaults.
func TestBootConfig(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "put.json"), []byte(`{"n":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	z := Zip{Root: root, Function: project.Function{
		Name: "web", Env: map[string]string{"B": "2", "A": "1"}, Event: "put.json", Memory: 256, Timeout: 20, Layers: []string{"dist/l.zip"},
	}}
	got, err := z.bootConfig(CheckConfig{})
	if err != nil || !slices.Equal(got.Environment, []string{"A=1", "B=2"}) || string(got.Event) != `{"n":1}` || got.Memory != 256 ||
		got.Timeout != 20*time.Second || !slices.Equal(got.Layers, []string{filepath.Join(root, "dist/l.zip")}) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = z.bootConfig(CheckConfig{Environment: []string{"A=3"}, Event: []byte("4"), Memory: 512, Timeout: time.Second, Layers: []string{"m.zip"}})
	if err != nil || !slices.Equal(got.Environment, []string{"A=1", "B=2", "A=3"}) || string(got.Event) != "4" || got.Memory != 512 ||
		got.Timeout != time.Second || len(got.Layers) != 2 || got.Layers[1] != "m.zip" {
		t.Errorf("%+v, %v", got, err)
	}
	z.Function.Event = "sqs"
	if got, err := z.bootConfig(CheckConfig{}); err != nil || !strings.Contains(string(got.Event), "aws:sqs") {
		t.Errorf("%s, %v", got.Event, err)
	}
	for _, name := range []string{"none.json", "text"} {
		if err := os.WriteFile(filepath.Join(root, "text"), []byte("hello"), 0o600); err != nil {
			t.Fatal(err)
		}
		z.Function.Event = name
		if _, err := z.bootConfig(CheckConfig{}); err == nil || !strings.Contains(err.Error(), `"web"`) || !strings.Contains(hint.Of(err), "event") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each way in which a boot can end has its own hint.
func TestBootHint(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range []emulator.BootResult{
		{At: emulator.BootStart}, {At: emulator.BootHandler}, {At: emulator.BootEvent}, {At: emulator.BootMachine}, {Answered: "no table"}, {},
	} {
		h := bootHint(r)
		if seen[h] || (h == "") != (r.At == "" && r.Answered == "") {
			t.Errorf("%+v: %q", r, h)
		}
		seen[h] = true
	}
}
