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
	all := slices.Concat(
		causeOf("dirty", inFolder(t, t.Dirty), "the tree is dirty: %s; the first build used these files, the second the commit's",
			"commit them, or undo the changes, and run this again"),
		causeOf("lfs", w.Pointers, "in the second build these files were Git LFS pointers: %s",
			"run `git lfs fetch`, so that the objects are in this repository"))
	if !usesImage(second.Functions) {
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
	return append(all, causeOf("image", differentImages(one, two), "the images of the two builds differ: %s",
		"give both engines the same base image and make both build images on the same day; or build twice with one engine: --other="+one.Engine)...), nil
}

// causeOf returns a cause that names files or packages, or none if there are no names.
func causeOf(id string, names []string, format, remedy string) []diff.Cause {
	if len(names) == 0 {
		return nil
	}
	return []diff.Cause{{ID: id, Text: fmt.Sprintf(format, git.List(names)), Hint: remedy}}
}

// ignoredCause names the files that only the first build had although the tree is
// clean. Usually no build uses them, so it is the last of the causes.
func ignoredCause(t git.Tree) []diff.Cause {
	return causeOf("ignored", inFolder(t, t.Ignored),
		"the first build may have used these files, which .gitignore hides and which are not in the commit: %s", "commit those that the build needs")
}

// differentImages lists the packages in which the images of two builds differ.
func differentImages(a, b build.Materials) (only []string) {
	for _, m := range [][2]build.Materials{{a, b}, {b, a}} {
		for _, line := range m[0].Packages {
			if !slices.Contains(m[1].Packages, line) {
				only = append(only, line+" in "+m[0].Engine)
			}
		}
	}
	return only
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

// inFolder selects the files that are in the project's directory, and the directories
// that it is in.
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
