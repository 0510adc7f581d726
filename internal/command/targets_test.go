package command

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTargets compares the values that the comments on the targets' flags list, the first as
// "the default", with those that the commands complete.
func TestTargets(t *testing.T) {
	text, err := os.ReadFile("../../targets/targets.go")
	if err != nil {
		t.Fatal(err)
	}
	comments, target := map[string]string{}, "" // by command and flag
	for _, m := range regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(|^\t(\w+) \*string, // (.*)$`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "" {
			target = strings.ToLower(m[1])
		}
		comments[target+" "+m[2]] = m[3]
	}
	word := regexp.MustCompile(`\b[a-z0-9]+\b`)
	compared := 0
	for _, c := range (&app{caller: "bootzip"}).root().Commands() {
		for _, flag := range []string{"engine", "format", "kind", "runtime"} {
			list, _, _ := strings.Cut(comments[c.Name()+" "+flag], ";")
			list, _, _ = strings.Cut(list, ":")
			if !strings.Contains(list, "(the default)") {
				continue
			}
			complete, ok := c.GetFlagCompletionFunc(flag)
			if !ok {
				t.Errorf("%s --%s is not completed", c.Name(), flag)
				continue
			}
			want, _ := complete(c, nil, "")
			var got []string
			for _, w := range word.FindAllString(list, -1) {
				if !slices.Contains([]string{"the", "default", "or", "for"}, w) {
					got = append(got, w)
				}
			}
			compared++
			if !slices.Equal(got, want) {
				t.Errorf("targets.go says of -%s of %s: %q, the command takes %q", flag, c.Name(), got, want)
			}
		}
	}
	if compared < 20 {
		t.Errorf("%d flags were compared", compared)
	}
}
