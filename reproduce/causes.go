package reproduce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/git"
	"github.com/bootzip/bootzip/internal/hint"
)

// causes returns the causes of a difference that package diff cannot find.
func (c Config) causes(ctx context.Context, t git.Tree, w git.Written, second build.Config) ([]diff.Cause, error) {
	var all []diff.Cause
	if names := inFolder(t, t.Dirty); len(names) > 0 {
		all = append(all, diff.Cause{
			ID:   "dirty",
			Text: "the tree is dirty: " + git.List(names) + "; the first build used these files, the second the commit's",
			Hint: "commit them, or undo the changes, and run this again",
		})
	}
	if len(w.Pointers) > 0 {
		all = append(all, diff.Cause{
			ID:   "lfs",
			Text: "in the second build these files were Git LFS pointers: " + git.List(w.Pointers),
			Hint: "run `git lfs fetch`, so that the objects are in this repository",
		})
	}
	if onlyGo(second.Functions) {
		return all, nil // nothing of an image is in the program
	}
	one, err := build.MaterialsOf(ctx, c.First)
	if err != nil {
		return nil, err
	}
	two, err := build.MaterialsOf(ctx, second)
	if err != nil {
		return nil, err
	}
	if different := differentImages(one, two); different != "" {
		all = append(all, diff.Cause{
			ID:   "image",
			Text: "the images of the two builds differ: " + different,
			Hint: "give both engines the same base image and make both build images on the same day; or build twice with one engine: --other=" + one.Engine,
		})
	}
	return all, nil
}

// ignoredCause names the files that only the first build had although the tree is
// clean. Usually no build uses them, so it is the last of the causes.
func ignoredCause(t git.Tree) []diff.Cause {
	names := inFolder(t, t.Ignored)
	if len(names) == 0 {
		return nil
	}
	return []diff.Cause{{
		ID:   "ignored",
		Text: "the first build may have used these files, which .gitignore hides and which are not in the commit: " + git.List(names),
		Hint: "commit those that the build needs",
	}}
}

// differentImages lists the packages in which the images of two builds differ; "": none.
func differentImages(a, b build.Materials) string {
	var only []string
	for _, line := range a.Packages {
		if !slices.Contains(b.Packages, line) {
			only = append(only, line+" in "+a.Engine)
		}
	}
	for _, line := range b.Packages {
		if !slices.Contains(a.Packages, line) {
			only = append(only, line+" in "+b.Engine)
		}
	}
	return git.List(only)
}

// explainClean adds to an error of the second build that the first one succeeded,
// and which files only the first had.
func explainClean(err error, t git.Tree) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	remedy := hint.Of(err)
	err = fmt.Errorf("clean checkout of %s cannot be built: %w", t.Commit, err)
	if only := append(inFolder(t, t.Dirty), inFolder(t, t.Ignored)...); len(only) > 0 {
		err = fmt.Errorf("%w\nonly the working tree has these files: %s", err, git.List(only))
		remedy = "commit the files that the build needs; look into .gitignore as well"
	}
	return hint.Wrap(err, remedy)
}

// inFolder selects the files that a build of the project can see.
func inFolder(t git.Tree, names []string) []string {
	var all []string
	for _, name := range names {
		around := strings.HasSuffix(name, "/") && strings.HasPrefix(t.Folder+"/", name)
		if t.Folder == "." || strings.HasPrefix(name, t.Folder+"/") || around {
			all = append(all, name)
		}
	}
	return all
}
