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
	// What other checks would have caught, and none by mistake.
	for _, c := range []struct{ text, want string }{
		{"The image manifest, config or layer media type for the source image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:v1 is not supported.", "image-index image-media-type"},
		{"Runtime.InvalidWorkingDir", "image-working-directory"},
		{"libcrypt.so.1: cannot open shared object file: No such file or directory", "elf-missing-library"},
		{"/var/task/run.sh: cannot execute: required file not found", "elf-interpreter script-crlf script-interpreter"},
		{"/bin/bash^M: bad interpreter: No such file or directory", "script-crlf"},
		{"/bin/bash\r: bad interpreter: No such file or directory", "script-crlf"},
		{"/var/task/run.sh: /bin/zsh: bad interpreter: No such file or directory", "script-interpreter"},
		{`env: ‘bash\r’: No such file or directory`, "script-crlf"},
		{"/var/task/bootstrap: line 3: $'\\r': command not found", "script-crlf"},
		{"env: ‘python3’: No such file or directory", "script-interpreter"},
		{"/opt/bootstrap: line 3: /opt/bun: cannot execute binary file", "elf-wrong-architecture bootstrap-format elf-wrong-system elf-not-a-program elf-broken"},
		{"/var/task/bootstrap: line 4: java: command not found", "script-command"},
		{"sh: 1: jq: not found", "script-command"},
		{`exec: "tar": executable file not found in $PATH`, "script-command"},
		{"panic: unknown time zone Europe/Berlin", "go-time-zones"},
		{"Function code combined with layers exceeds the maximum allowed size of 262144000 bytes.", "size-unzipped"},
		{"Layers consume more than the available size of 262144000 bytes", "size-unzipped"},
		{"version `CXXABI_1.3.13' not found", "elf-libstdcxx-too-new"},
		{"This program can only be run on AMD64 processors with v3 microarchitecture support.", "elf-cpu-level-risky"},
		{"This program can only be run on AMD64 processors with v4 microarchitecture support.", "elf-cpu-level"},
		{"Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work. This is a stub", "go-cgo-stub"},
		{"The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions.", "runtime-ended"},
		{"Value go1.x at 'runtime' failed to satisfy constraint: Member must satisfy enum value set", "runtime-ended"},
		{"Error: fork/exec /opt/extensions/x: permission denied Extension.LaunchError", "layer-extension-mode"},
		{"/var/task/bootstrap: line 2: ./func: Permission denied", "script-program-mode file-mode"},
		{"Runtime exited with error: exit status 139 Runtime.ExitError", "elf-static-nss elf-alpine boot-answers"},
		{"Runtime exited with error: signal: killed Runtime.ExitError", "boot-answers"},
		{"Runtime exited with error: exit status 127", "script-command script-program-missing elf-missing-library"},
		{"Error Type: Runtime.OutOfMemory", "boot-answers"},
		{"Runtime exited without providing a reason", "boot-answers"},
		{"EXTENSION Name: agent State: Ready Error Type: Extension.Crash", "boot-answers"},
		{"x.node: invalid ELF header", "elf-missing-library"},
		{"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation]", "boot-answers"},
		{"open /var/task/cache: read-only file system", "boot-answers"},
		{"Uploaded file must be a non-empty zip", "zip-not-a-zip zip-empty"},
		{"tls: failed to verify certificate: x509: certificate signed by unknown authority", "boot-answers"},
		{"symbol-heavy.so: cannot allocate memory in static TLS block", "elf-missing-library"},
		{"Process terminated. Couldn't find a valid ICU package installed on the system.", "elf-missing-library"},
		{"Error loading shared library libgcc_s.so.1: No such file or directory (needed by /var/task/bootstrap)", "elf-missing-library"},
		{"/var/task/bootstrap: relocation error: libx.so: symbol y version GLIBC_2.38 not defined in file libc.so.6", "elf-glibc-too-new elf-missing-library"},
		{"exec /var/runtime/bootstrap: no such file or directory", "elf-interpreter script-crlf script-interpreter"},
		{"standard_init_linux.go:228: exec user process caused: no such file or directory", "elf-interpreter script-crlf script-interpreter"},
		{"/lib/ld-musl-x86_64.so.1: No such file or directory", "elf-interpreter script-crlf script-interpreter"},
		{`exec: "/main": permission denied: unknown`, "image-entry-point"},
		{"open /var/task/config.json: permission denied", "file-mode"},
		{"EACCES: permission denied, open '/var/task/config.json'", "file-mode"},
		{"PermissionError: [Errno 13] Permission denied: '/var/task/config.json'", "file-mode"},
		{"/var/task/bootstrap: line 3: ./func: No such file or directory", "script-program-missing elf-interpreter"},
		{"/var/task/bootstrap: line 2: exec: /opt/bin/php: cannot execute: No such file or directory", "script-program-missing elf-interpreter"},
		{"/var/task/bootstrap: 3: /opt/bin/php: not found", "script-program-missing elf-interpreter"},
		{"/var/task/bootstrap: line 5: exec: node: not found", "script-command"},
		{"Code uncompressed size is greater than max allowed size of 272629760", "size-unzipped"},
		{"getaddrinfo: Temporary failure in name resolution", "boot-answers elf-static-nss"},
		{"memory allocation of 268435456 bytes failed", "boot-answers"},
		{"terminate called after throwing an instance of 'std::bad_alloc'", "boot-answers"},
		{"write /tmp/x: no space left on device", "boot-answers"},
		{"accept4: too many open files", "boot-answers"},
		{"runtime: failed to create new OS thread (have 12 already; errno=11)", "boot-answers"},
		{"pthread_create failed: Resource temporarily unavailable", "boot-answers"},
		{"bootstrap: fork: retry: Resource temporarily unavailable", "boot-answers"},
		{"INIT_REPORT Init Duration: 10000.00 ms Phase: init Status: timeout", "boot-answers"},
		{"Response payload size exceeded maximum allowed payload size (6291556 bytes).", "boot-answers"},
		{"expected AWS Lambda environment variables [_LAMBDA_SERVER_PORT AWS_LAMBDA_RUNTIME_API] are not defined", "boot-answers"},
		{"Runtime exited with error: signal: aborted", "boot-answers"},
		{"thread 'main' panicked at src/main.rs:4:5", "boot-answers"},
		{"Sandbox.Timedout", "boot-answers"},
		{"panic: unknown time zone X\n\ngoroutine 1 [running]:", "go-time-zones"},
		{"read tcp 10.0.0.1:443: resource temporarily unavailable", ""},
		{"sh: 1: cannot open /tmp/list: No such file", ""},
		{"pq: permission denied for table orders", ""},
		{"git@github.com: Permission denied (publickey).", ""},
		{"404 page not found", ""},
		{"open /tmp/x: no such file or directory", ""},
	} {
		var ids []string
		for _, e := range verify.Explain(c.text) {
			ids = append(ids, e.Check.ID)
			if e.Hint == "" || e.Cause == "" {
				t.Errorf("%q: %s has no hint or no cause", c.text, e.Check.ID)
			}
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%q: %q, not %q", c.text, got, c.want)
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
