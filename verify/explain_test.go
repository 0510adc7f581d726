package verify_test

import (
	"strings"
	"testing"

	"github.com/bootzip/bootzip/verify"
)

func TestExplainNamesTheCheckThatWouldHaveCaughtIt(t *testing.T) {
	for _, c := range []struct{ text, first string }{
		{`{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: 3e Error: fork/exec /var/task/bootstrap: exec format error"}`, "elf-wrong-architecture"},
		{"Error: fork/exec /var/task/bootstrap: no such file or directory Runtime.InvalidEntrypoint", "elf-interpreter"},
		{"Error: fork/exec /var/task/bootstrap: permission denied", "bootstrap-mode"},
		{"RequestId: x Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]\nRuntime.InvalidEntrypoint", "bootstrap-missing"},
		{"Couldn’t find valid bootstrap(s)", "bootstrap-missing"},
		{"/var/task/bootstrap: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by /var/task/bootstrap)\nRuntime exited with error: exit status 1", "elf-glibc-too-new"},
		{"/usr/lib64/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /var/task/bootstrap)", "elf-libstdcxx-too-new"},
		{"/var/task/bootstrap: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory", "elf-missing-library"},
		{"Runtime exited with error: signal: segmentation fault", "elf-static-nss"},
		{"Error: Runtime exited with error: signal: illegal instruction (core dumped)", "elf-cpu-level"},
		{"Unzipped size must be smaller than 262144000 bytes", "size-unzipped"},
		{"Request must be smaller than 69905067 bytes for the UpdateFunctionCode operation", "size-upload"},
		{"Could not unzip uploaded file. Please check your file, then try to upload again.", "zip-not-a-zip"},
		{"Runtime.InvalidEntrypoint", "bootstrap-missing"},
		{"Runtime exited with error: exit status 1", "boot-answers"},
	} {
		list := verify.Explain(c.text)
		if len(list) == 0 || list[0].Check.ID != c.first {
			t.Errorf("%q: %v, and %s should come first", c.text, list, c.first)
		}
	}
	if list := verify.Explain("hello"); len(list) != 0 {
		t.Errorf("%v explains nothing", list)
	}
}

func TestExplainSaysWhichGlibc(t *testing.T) {
	list := verify.Explain("version `GLIBC_2.38' not found")
	if len(list) != 1 || !strings.Contains(list[0].Cause, "2.38 is asked for; al2023 has 2.34, al2 has 2.26") {
		t.Errorf("%+v", list)
	}
}

// Whatever Lambda says by the table of checks, Explain must lead back to the
// check.
func TestExplainKnowsAllThatLambdaSays(t *testing.T) {
	for _, c := range verify.Checks() {
		if c.Lambda != "" && len(verify.Explain(c.Lambda)) == 0 {
			t.Errorf("%s: %q has no explanation", c.ID, c.Lambda)
		}
	}
}
