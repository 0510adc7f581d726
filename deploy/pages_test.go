package deploy

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pages of docs/deploy anew")

// filed is a mark in a page, and the block after it.
var filed = regexp.MustCompile("(?s)<!-- file: (\\S+) -->\n(?:```\\w*\n.*?\n```\n)?")

var blockLanguages = map[string]string{".js": "js", ".json": "json", ".yml": "yaml", ".yaml": "yaml", ".tf": "hcl", "": "make"}

// The pages of docs/deploy show the files of integrations unchanged.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("../docs/deploy/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages (%v)", err)
	}
	shown := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		want := filed.ReplaceAllStringFunc(string(text), func(mark string) string {
			shown++
			name := filed.FindStringSubmatch(mark)[1]
			file, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
			if err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			return "<!-- file: " + name + " -->\n```" + blockLanguages[filepath.Ext(name)] + "\n" + strings.TrimRight(string(file), "\n") + "\n```\n"
		})
		if want == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s does not show the files as they are: go test ./deploy -run TestPages -update", page)
		} else if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if shown == 0 {
		t.Error("no page shows a file")
	}
}
