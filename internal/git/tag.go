package git

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
)

// moduleVersion is how the name of a tag for a Go module ends.
var moduleVersion = regexp.MustCompile(`^v[0-9]`)

// ownTags divides the commit's tags into the project's and those of modules in
// other directories.
//
// A tag DIRECTORY/vVERSION is for the module in that directory (Go Modules
// Reference, "Mapping versions to commits"), and any other tag is for the
// repository's root. A project in a module that has no such tag takes the
// root's tags.
func (t *Tree) ownTags(ctx context.Context, g *git, tags []string) error {
	// Only these directories matter: those that tags begin with, and those
	// that contain the project.
	var dirs []string
	for _, tag := range tags {
		if dir := path.Dir(tag); dir != "." && moduleVersion.MatchString(path.Base(tag)) {
			dirs = append(dirs, dir)
		}
	}
	for dir := t.Folder; dir != "."; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	modules, err := g.modules(ctx, *t, dirs)
	if err != nil {
		return err
	}
	t.module = t.Folder
	for t.module != "." && !modules[t.module] {
		t.module = path.Dir(t.module)
	}
	by := map[string][]string{}
	for _, tag := range tags {
		dir := path.Dir(tag)
		if !modules[dir] || !moduleVersion.MatchString(path.Base(tag)) {
			dir = "."
		}
		by[dir] = append(by[dir], tag)
	}
	mine := t.module
	if len(by[mine]) == 0 {
		mine = "."
	}
	t.Tags = by[mine]
	for _, tag := range tags {
		if !slices.Contains(t.Tags, tag) {
			t.Others = append(t.Others, tag)
		}
	}
	return nil
}

// modules reports which of the directories have a go.mod in the tree's commit.
func (g *git) modules(ctx context.Context, t Tree, dirs []string) (map[string]bool, error) {
	if len(dirs) == 0 {
		return nil, nil
	}
	argv := []string{"ls-tree", "-z", "--name-only", "--full-tree", t.Commit, "--"}
	for _, dir := range dirs {
		argv = append(argv, dir+"/go.mod")
	}
	text, err := g.run(ctx, t.Root, nil, argv...)
	if err != nil {
		return nil, err
	}
	modules := map[string]bool{}
	for _, name := range zeroed(text) {
		modules[path.Dir(name)] = true
	}
	return modules, nil
}

// Version returns the version that one of Tags stands for: the tag without the
// directory of the project's module.
func (t Tree) Version(tag string) string {
	if version, ok := strings.CutPrefix(tag, t.module+"/"); ok && moduleVersion.MatchString(version) {
		return version
	}
	return tag
}
