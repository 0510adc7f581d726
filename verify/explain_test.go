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
	// All checks that would have caught a message, and no others.
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
		{"RequestEntityTooLargeException: Request must be smaller than 6291456 bytes for the InvokeFunction operation", "boot-answers"},
		{"264496 byte payload is too large for the Event invocation type (limit 262144 bytes)", "boot-answers"},
		{"error while loading shared libraries: libfoo.so: cannot open shared object file: Permission denied", "file-mode"},
		{"libfoo.so: cannot enable executable stack as shared object requires: Permission denied", "elf-executable-stack"},
		{"cat: /var/task/config.json: Permission denied", "file-mode"},
		{"mkdir /var/task/cache: permission denied", "boot-answers"},
		{"mkdir: cannot create directory '/var/task/cache': Permission denied", "boot-answers"},
		{"exec /var/task/bootstrap: permission denied", "image-entry-point"},
		{"exec user process caused: permission denied", "image-entry-point"},
		{"exec /entrypoint.sh: permission denied", "image-entry-point"},
		{"/opt/bootstrap: Permission denied", "bootstrap-mode"},
		{"zsh: permission denied: ./bootstrap", "bootstrap-mode script-program-mode file-mode"},
		{"/var/task/bootstrap: 2: /var/task/bin/app: Permission denied", "script-program-mode file-mode"},
		{"sh: ./app: Permission denied", "script-program-mode file-mode"},
		{`docker: OCI runtime create failed: exec: "bootstrap": executable file not found in $PATH: unknown`, "image-entry-point"},
		{`exec: "./buz": stat ./buz: no such file or directory: unknown`, "image-entry-point"},
		{`standard_init_linux.go:190: exec user process caused "no such file or directory"`, "elf-interpreter script-crlf script-interpreter"},
		{"rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2", "elf-wrong-architecture elf-interpreter"},
		{`chdir to cwd ("/app") set in config.json failed: no such file or directory`, "image-working-directory"},
		{"Fatal error: Index out of range: file Swift/x.swift, line 1\nError: Runtime exited with error: signal: illegal instruction (core dumped)", "boot-answers elf-cpu-level elf-cpu-level-risky"},
		{"signal: trace/breakpoint trap (core dumped)", "boot-answers"},
		{"│ Resource handler returned message: \"Could not\n          unzip uploaded file. Please check", "zip-not-a-zip zip-bad-directory zip-bad-data"},
		{`{"message":"version \u0060GLIBC_2.38\u0027 not found"}`, "elf-glibc-too-new"},
		{"REPORT RequestId: x Duration: 3000.00 ms Billed Duration: 3000 ms Status: timeout", "boot-answers"},
		{`{"type":"platform.initReport","record":{"initializationType":"on-demand","phase":"init","status":"timeout"}}`, "boot-answers"},
		{"EXTENSION\tName: x\tState: LaunchError\tEvents: []\tError Type: PermissionDenied", "layer-extension-mode"},
		{"Layer conversion failed: Some directories do not have execute permissions", "file-mode"},
		{"/lib64/libz.so.1: version `ZLIB_1.2.9' not found (required by /var/task/x.node)", "elf-missing-library"},
		{"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [sync.Mutex.Lock]:", "boot-answers"},
		{"panic: boom\n\ngoroutine 1 [running, locked to thread]:", "boot-answers"},
		{"goroutine 1 gp=0xc000002380 m=0 mp=0x5b7f80 [running]:", "boot-answers"},
		{"/var/task/bootstrap: line 2: set: pipefail: invalid option name", "script-crlf"},
		{": invalid option name/bootstrap: line 2: set: pipefail", "script-crlf"},
		{"The current machine does not support all of the following CPU features that are required by the image: [AVX2].", "elf-cpu-level-risky"},
		{"Fatal glibc error: CPU does not support x86-64-v3", "elf-cpu-level-risky"},
		{"/var/task/bootstrap: 3: java: not found", "script-command"},
		{"/var/task/bootstrap: 3: exec: java: not found", "script-command"},
		{"sh: ./bootstrap: not found", "script-program-missing elf-interpreter"},
		{"/bin/sh: /var/task/bootstrap: not found", "script-program-missing elf-interpreter"},
		{"bash: ./bootstrap: No such file or directory", "script-program-missing elf-interpreter"},
		{"/usr/bin/env: ‘python3 -u’: No such file or directory", "script-interpreter"},
		{"W2531 Runtime 'go1.x' was deprecated on '2024-01-08'. Creation was disabled on '2024-02-08'", "runtime-ended"},
		{"System.TimeZoneNotFoundException: The time zone ID 'Europe/Berlin' was not found on the local computer.", "boot-answers"},
		{"x509: failed to load system roots and no roots provided", "boot-answers"},
		{"invalid peer certificate: UnknownIssuer", "boot-answers"},
		{"curl: (77) error setting certificate verify locations", "boot-answers"},
		{"PKIX path building failed", "boot-answers"},
		{"No usable version of libssl was found", "elf-missing-library"},
		{"KeyError: 'AWS_LAMBDA_RUNTIME_API'", "boot-answers"},
		{"CodeStorageExceededException: Code storage limit exceeded.", "size-budget"},
		{"InvalidZipFileException: Lambda could not unzip the deployment package", "zip-not-a-zip zip-bad-directory zip-bad-data"},
		{"Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900", "deploy-limits"},
		{"Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION", "deploy-reserved-variable"},
		{"Runtime and Handler are mandatory parameters for functions created with deployment packages.", "deploy-package-type"},
		{"Parameter CodeUri of resource Hello refers to a file or folder that does not exist /x/dist/hello.zip", "deploy-zip-missing"},
		{`{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'bootstrap'"}`, "deploy-runtime"},
		{"Error: spawn ffmpeg ENOENT", "script-command"},
		{"Error: spawn /var/task/ffmpeg EACCES", "script-program-mode file-mode"},
		{"Source image 1.dkr.ecr.eu-west-1.amazonaws.com/x:v1 is not valid. Provide a valid source image.", "image-archive"},
		{"thread 1 panic: reached unreachable code", "boot-answers"},
		{"Unhandled exception. System.Exception: x", "boot-answers"},
		{"/var/task/bootstrap: line 4: syntax error near unexpected token `fi'", "script-syntax script-crlf"},
		{"/var/task/bootstrap: 4: Syntax error: end of file unexpected (expecting \"then\")", "script-syntax script-crlf"},
		{`pq: syntax error at or near "FROM"`, ""},
		{"scp: /opt/app/x: Permission denied", ""},
		{"-bash: /opt/homebrew/bin/sam: Permission denied", ""},
		{"-race requires cgo; enable cgo by setting CGO_ENABLED=1", ""},
		{"ld.lld: error: undefined symbol: foo", ""},
		{"Undefined symbols for architecture arm64:", ""},
		{"ERROR: out of memory (SQLSTATE 53200)", ""},
		{"Error: ENOSPC: System limit for number of file watchers reached, watch '/app/src'", ""},
		{`cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH`, ""},
		{`exec: "docker-credential-desktop": executable file not found in $PATH, out: ` + "``", ""},
		{"read tcp 10.0.0.1:443: resource temporarily unavailable", ""},
		{"sh: 1: cannot open /tmp/list: No such file", ""},
		{"pq: permission denied for table orders", ""},
		{"git@github.com: Permission denied (publickey).", ""},
		{"panic: assignment to entry in nil map", "boot-answers"},
		{"FileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'", "boot-answers"},
		{"dial tcp 10.0.0.1:5432: i/o timeout", "boot-answers"},
		{"INIT_REPORT Init Duration: 10.00 ms Phase: init Status: success\nREPORT RequestId: x Status: timeout", "boot-answers"},
		{"INFO [main thread] start\nWARN read tcp: resource temporarily unavailable", ""},
		{"ERROR duplicate key (SQLSTATE 23505)\nRuntime exited with error: signal: killed", "boot-answers"},
		{"failed to create logger: open /var/task/config.yml: permission denied", "file-mode"},
		{"ModuleNotFoundError: No module named 'bootstrap4'", ""},
		{"Error: Cannot find module 'bootstrap/dist/css/bootstrap.min.css'", ""},
		{"API version 'v1beta1' not found", ""},
		{"GET /a: 404: page: not found", ""},
		{"Syntax Error: Unterminated string.", ""},
		{`exec: "/opt/bin/ffmpeg": stat /opt/bin/ffmpeg: no such file or directory`, ""},
		{"permission denied: bootstrap.servers", ""},
		{"zsh: permission denied: /usr/local/bin/foo", ""},
		{"fatal error: concurrent map writes\n\ngoroutine 5 [running]:\nsignal: illegal instruction", "elf-cpu-level elf-cpu-level-risky boot-answers"},
		{"HTTP status: timeout", ""},
		{"env: './app': Permission denied", "script-program-mode file-mode"},
		{"timeout: failed to run command './app': Permission denied", "script-program-mode file-mode"},
		{"confluent-kafka-go requires cgo", "go-cgo-stub"},
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
	if len(list) != 1 || !strings.Contains(list[0].Cause, "2.38 is needed; al2023 has 2.34, al2 has 2.26") {
		t.Errorf("%+v", list)
	}
}

// For each message of Lambda in the table of checks, Explain must lead back to the check.
func TestExplainKnowsAllThatLambdaSays(t *testing.T) {
	for _, c := range verify.Checks() {
		if c.Lambda != "" && len(verify.Explain(c.Lambda)) == 0 {
			t.Errorf("%s: %q has no explanation", c.ID, c.Lambda)
		}
	}
}
