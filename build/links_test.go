package build_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/sandbox"
	"github.com/bootzip/bootzip/project"
)

// linked makes a project with files and links (name → target). In a target, $OUTSIDE is a
// directory beside the project that has the files of outside.
func linked(t *testing.T, files, links, outside map[string]string) string {
	t.Helper()
	elsewhere := tree(t, outside)
	root := tree(t, files)
	for name, target := range links {
		file := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.Symlink(os.Expand(target, func(string) string { return elsewhere }), file)
		}
		if err != nil {
			t.Skip(err) // a system without links
		}
	}
	return root
}

// A source that is, or is reached by, a link out of the project is refused before
// anything is built, whatever the link points to.
func TestLinksOutOfTheProject(t *testing.T) {
	outside := map[string]string{
		"word.go": "package main\n\nconst word = \"x\"\n", "word/word.go": "package word\n\nconst Word = \"x\"\n",
		"go.mod": goMod("example.com/app"), "word.h": "#define WORD \"x\"\n", "word.inc": "// x\n", "word.txt": "x",
	}
	const usesWord = "package main\n\nfunc main() { println(word) }\n"
	main := map[string]string{"go.mod": goMod("example.com/app"), "app/main.go": program}
	with := func(more map[string]string) map[string]string {
		all := maps.Clone(main)
		maps.Copy(all, more)
		return all
	}
	embedding := func(pattern string) map[string]string {
		return with(map[string]string{"app/main.go": "package main\n\nimport \"embed\"\n\n//go:embed " + pattern + "\nvar files embed.FS\n\nfunc main() { _ = files }\n"})
	}
	for _, c := range []struct {
		what         string
		files, links map[string]string
		language     project.Language
		message      string
	}{
		{"Go file", with(map[string]string{"app/main.go": usesWord}), map[string]string{"app/word.go": "$OUTSIDE/word.go"}, project.Go,
			`file "app/word.go" is a link that leads out of the project, to "`},
		{"Go file by a link to a link", with(map[string]string{"app/main.go": usesWord}),
			map[string]string{"app/word.go": "../x.txt", "x.txt": "$OUTSIDE/word.go"}, project.Go, `file "app/word.go" is a link that leads out`},
		{"package", with(map[string]string{"app/main.go": "package main\n\nimport \"example.com/app/word\"\n\nfunc main() { println(word.Word) }\n"}),
			map[string]string{"word": "$OUTSIDE/word"}, project.Go, `package "example.com/app/word" is reached by a link that leads out of the project`},
		{"go.mod", map[string]string{"app/main.go": program}, map[string]string{"go.mod": "$OUTSIDE/go.mod"}, project.Go, `file "go.mod" is a link`},
		{"file that assembly includes", with(map[string]string{"app/a.s": "#include \"word.inc\"\n"}), map[string]string{"app/word.inc": "$OUTSIDE/word.inc"}, project.Go,
			`file "app/word.inc" is a link`},
		// Go itself refuses to embed what is not a regular file, or not in a directory.
		{"embedded file", embedding("word.txt"), map[string]string{"app/word.txt": "$OUTSIDE/word.txt"}, project.Go, "word.txt"},
		{"embedded directory", embedding("web"), map[string]string{"app/web": "$OUTSIDE/word"}, project.Go, "web"},
		{"embedded file in a link", embedding("web/word.go"), map[string]string{"app/web": "$OUTSIDE/word"}, project.Go, "web/word.go"},
		{"C header", map[string]string{"app/main.c": "#include \"word.h\"\nint main(void) { return 0; }\n"}, map[string]string{"app/word.h": "$OUTSIDE/word.h"}, project.C,
			`file "app/word.h" is a link that leads out of the project, to "`},
		{"directory of headers", map[string]string{"app/main.c": "int main(void) { return 0; }\n"}, map[string]string{"app/lib/inc": "$OUTSIDE"}, project.C, `file "app/lib/inc" is a link`},
	} {
		engines := []string{"host"}
		if _, err := sandbox.Probe(context.Background()); c.language == project.Go && err == nil {
			engines = append(engines, "sandbox")
		}
		for _, engine := range engines {
			t.Run(c.what+", "+engine, func(t *testing.T) {
				config := config(t, linked(t, c.files, c.links, outside), "app")
				config.Engine, config.Functions[0].Language = engine, c.language
				_, err := run(context.Background(), t, config)
				mend := "put the file itself into the project"
				if strings.HasPrefix(c.what, "embedded") {
					mend = "" // the go command's own words
				}
				wantError(t, err, mend, c.message)
				if files := distFiles(t, config.Dist); len(files) > 0 {
					t.Errorf("built are %v", files)
				}
			})
		}
	}
}

// A link that ends in the project is as good as its target. A link that no compiler
// reads does not matter.
func TestLinksInTheProject(t *testing.T) {
	root := linked(t, map[string]string{
		"go.mod": goMod("example.com/app"), "app/main.go": "package main\n\nimport \"example.com/app/alias\"\n\nfunc main() { println(word + alias.Sub) }\n",
		"shared/word.txt": "package main\n\nconst word = \"inside \"\n", "real/sub.go": "package alias\n\nconst Sub = \"too\"\n",
	}, map[string]string{
		"app/word.go": "../shared/word.txt", "alias": "real", "app/data": "$OUTSIDE/data", "app/.#main.go": "someone@example.1", "node_modules/x": "$OUTSIDE",
	}, map[string]string{"data": "x"})
	wantBuilt(t, mustBuild(t, config(t, root, "app")), map[string]string{"app": "inside too"})
}
