package targets_test

import (
	"context"
	"fmt"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/targets"
)

// Targets are functions: a target of your own calls them. nil is a flag that
// was not given.
func ExampleEvent() {
	err := targets.Event(context.Background(), "empty", nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
	if err != nil {
		fmt.Println(err)
	}
	// Output: {}
}

// A target of your own that deploys what was verified.
func ExampleVerify() {
	deploy := func(ctx context.Context) error {
		strict := true
		if err := targets.Verify(ctx, nil, nil, nil, nil, nil, &strict, nil, nil, nil, nil, nil, nil, nil, nil, nil); err != nil {
			return err
		}
		return nil // upload the zips in dist
	}
	_ = deploy
}

// A target that needs all zips to be packed and verified first.
func ExampleAll() {
	deploy := func(ctx context.Context) error {
		mg.CtxDeps(ctx, targets.All)
		return nil // upload the zips in dist
	}
	_ = deploy
}
