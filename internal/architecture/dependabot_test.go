package architecture

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"
)

// Dependabot looks only into the directories that it is given. It must know every module,
// and must not update the compressor, which determines the bytes of zips.
func TestDependabot(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
			Ignore      []struct {
				Name string `yaml:"dependency-name"`
			} `yaml:"ignore"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	var want []string
	for dir := range maps.Keys(own(t)) {
		want = append(want, path.Join("/", dir))
	}
	slices.Sort(want)
	modules := 0
	for _, u := range config.Updates {
		if u.Ecosystem != "gomod" {
			continue
		}
		modules++
		if got := slices.Sorted(slices.Values(u.Directories)); !slices.Equal(got, want) {
			t.Errorf("directories are %q, and go.mod files are in %q", got, want)
		}
		var ignored []string
		for _, i := range u.Ignore {
			ignored = append(ignored, i.Name)
		}
		for _, name := range []string{"github.com/klauspost/compress", module + "/*"} {
			if !slices.Contains(ignored, name) {
				t.Errorf("%s is not ignored", name)
			}
		}
	}
	if modules != 1 {
		t.Errorf("there are %d entries for gomod", modules)
	}
}
