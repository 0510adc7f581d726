// Package suggest finds the closest match for a misspelled word.
package suggest

import "github.com/agext/levenshtein"

// Word returns the candidate closest to s, or "" if none is close: at most one more
// than a third of the characters of s may differ.
func Word(s string, candidates []string) string {
	best, bestDistance := "", len(s)/3+2
	for _, c := range candidates {
		if d := levenshtein.Distance(s, c, nil); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}
