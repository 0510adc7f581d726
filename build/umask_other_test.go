//go:build !unix

package build_test

// setUmask does nothing where there is no umask.
func setUmask(mask int) int { return mask }
