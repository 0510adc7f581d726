package build

import "testing"

func TestInputsHave(t *testing.T) {
	in := inputs{Files: []string{"go.mod"}, Dirs: []string{"app", "sub/lib"}, Trees: []string{"app/web", ".", ".."}}
	for name, want := range map[string]bool{
		"go.mod": true, "app/x.go": true, "app/web/a/b.txt": true, "../include/x.h": true, "any/file": true,
	} {
		if in.has(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
	in.Trees = in.Trees[:1]
	for name, want := range map[string]bool{
		"sub": true, "su": false, "app/web": true, "app/x_test.go": false, "app/more/x.go": false, "app/webs/x": false, "../include/x.h": false, "go.sum": false,
	} {
		if in.has(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}
