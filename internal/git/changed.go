package git

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/bootzip/bootzip/internal/hint"
)

// Changed returns the files of the repository that differ from the commit since, including
// those that are uncommitted or deleted. The names are slash-separated and relative to
// t.Folder, so those of other directories begin with "..". Errors about since have hints.
func (t Tree) Changed(ctx context.Context, since string, environ []string) ([]string, error) {
	g, err := newGit(environ)
	if err != nil {
		return nil, err
	}
	defer g.close()
	commit, err := g.run(ctx, t.Root, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", since+"^{commit}")
	if err != nil {
		return nil, meaning(ctx, err, hint.New("name a commit, a branch or a tag; a shallow clone has few (actions/checkout: fetch-depth: 0)",
			"%q is not a commit of the repository in %s", since, t.Root))
	}
	text, err := g.run(ctx, t.Root, nil, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", commit[:len(t.Commit)], t.Commit)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Concat(zeroed(text), t.Dirty) {
		rel, err := filepath.Rel(filepath.FromSlash(t.Folder), filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		names = append(names, filepath.ToSlash(rel))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
