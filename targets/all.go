package targets

import "context"

// All is verify without flags, and what Mage runs when it is given no target.
//
// It exists because the default target of a magefile cannot have flags: Mage
// 1.17.2 generates code for it that does not compile.
func All(ctx context.Context) error {
	return Verify(ctx, nil, nil, nil, nil, nil, nil)
}
