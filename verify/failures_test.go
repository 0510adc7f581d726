package verify

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// failures are messages of Lambda and of programs on it, by when they appear.
var failures = []struct {
	title, text string
	messages    []string
}{
	{"The upload is refused", "`CreateFunction` and `UpdateFunctionCode` say so, or the tool that calls them. The old version of the function stays in use.", []string{
		"Unzipped size must be smaller than 262144000 bytes",
		"Request must be smaller than 69905067 bytes for the UpdateFunctionCode operation",
		"Could not unzip uploaded file. Please check your file, then try to upload again.",
		"Uploaded file must be a non-empty zip",
		"Zip file contains invalid files/folders",
		"Layer conversion failed: Some files do not have read permissions",
		"Code storage limit exceeded.",
		"The role defined for the function cannot be assumed by Lambda.",
		"Lambda was unable to configure your environment variables because they contain reserved keys. Reserved keys used in this request: AWS_REGION",
		"'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 3008",
		"Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
		"Runtime and Handler are mandatory parameters for functions created with deployment packages.",
		"Unable to load paramfile fileb://function.zip: [Errno 2] No such file or directory",
		"The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions.",
		"The image manifest, config or layer media type for the source image IMAGE is not supported.",
		"Source image IMAGE is not valid. Provide a valid source image.",
		"UnsupportedImageLayerDetected",
	}},
	{"The program cannot be started", "The error type is `Runtime.InvalidEntrypoint`, or `Extension.LaunchError` for an extension. None of the function's code has run, so its log has none of its output.", []string{
		"Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
		"fork/exec /var/task/bootstrap: exec format error",
		"fork/exec /var/task/bootstrap: no such file or directory",
		"fork/exec /var/task/bootstrap: permission denied",
		"fork/exec /opt/extensions/NAME: permission denied",
		`exec: "/main": permission denied`,
		`exec: "bootstrap": executable file not found in $PATH: unknown`,
		`chdir to cwd ("/app") set in config.json failed: no such file or directory`,
		"rosetta error: failed to open elf at /lib64/ld-linux-x86-64.so.2",
		"/var/task/bootstrap: Permission denied",
		"Extension.LaunchError",
		"Runtime.InvalidWorkingDir",
		"Runtime.InvalidTaskConfig",
		"Runtime.InvalidEntrypoint",
	}},
	{"It starts, but exits before it asks for an event", "The error type is `Runtime.ExitError`, with the exit status or the signal. The cause is in the lines before it, which the program, its dynamic linker or its shell printed.", []string{
		"/bin/bash^M: bad interpreter: No such file or directory",
		"/var/task/bootstrap: /bin/zsh: bad interpreter: No such file or directory",
		"env: 'python3': No such file or directory",
		"bootstrap: line 9: syntax error: unexpected end of file",
		"version `GLIBC_2.38' not found",
		"version `GLIBCXX_3.4.32' not found",
		"version `OPENSSL_3.4.0' not found",
		"error while loading shared libraries: libssl.so.1.1: cannot open shared object file",
		"libcrypt.so.1: invalid ELF header",
		"libfoo.so: cannot enable executable stack as shared object requires: Permission denied",
		"symbol lookup error: undefined symbol: NAME",
		"cannot allocate memory in static TLS block",
		"Couldn't find a valid ICU package installed on the system.",
		"No usable version of libssl was found",
		"signal: segmentation fault",
		"signal: illegal instruction",
		"signal: trace/breakpoint trap",
		"main.swift:3: Fatal error: Index out of range … signal: illegal instruction",
		"Fatal glibc error: CPU does not support x86-64-v4",
		"Fatal glibc error: CPU does not support x86-64-v2",
		"The current machine does not support all of the following CPU features that are required by the image: [AVX512F]",
		"This program can only be run on AMD64 processors with v3 microarchitecture support.",
		"This program can only be run on AMD64 processors with v4 microarchitecture support.",
		"This program can only be run on ARM64 processors with LSE atomics support.",
		"bootstrap: line 4: java: command not found",
		"bootstrap: line 3: ./function: No such file or directory",
		"bootstrap: line 2: ./function: Permission denied",
		"open /var/task/config.json: permission denied",
		"exit status 126",
		"exit status 127",
		"panic: unknown time zone Europe/Berlin",
		"ZoneInfoNotFoundError: 'No time zone found with key Europe/Berlin'",
		"Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work.",
		"panic: runtime error: invalid memory address or nil pointer dereference",
		"thread 'main' panicked at src/main.rs:4:5",
		"expected AWS Lambda environment variables [_LAMBDA_SERVER_PORT AWS_LAMBDA_RUNTIME_API] are not defined",
		"signal: aborted",
		"Runtime exited without providing a reason",
		"Runtime exited with error: exit status 1",
		"INIT_REPORT Init Duration: 10000.00 ms Phase: init Status: timeout",
	}},
	{"It runs, but does not answer", "", []string{
		"Runtime.NoSuchHandler",
		"Runtime.ImportModuleError: Unable to import module 'bootstrap'",
		"Task timed out after 3.00 seconds",
		"Runtime.OutOfMemory",
		"open templates/index.html: no such file or directory",
		"json: cannot unmarshal object into Go value of type string",
		"AccessDeniedException: User is not authorized to perform: dynamodb:GetItem",
		"operation error S3: GetObject, missing region",
		"context deadline exceeded",
		"Rate Exceeded.",
		"open /var/task/cache: read-only file system",
		"mkdir /var/task/cache: permission denied",
		"write /tmp/cache: no space left on device",
		"accept4: too many open files",
		"pthread_create failed: Resource temporarily unavailable",
		"Response payload size exceeded maximum allowed payload size (6291556 bytes).",
		"1264496 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
		"getaddrinfo: Temporary failure in name resolution",
		"x509: certificate signed by unknown authority",
		"Extension.Crash",
	}},
}

func failuresPage() []byte {
	var b bytes.Buffer
	b.WriteString(`# What a failure at start means

<!-- Made from what "bootzip explain" knows: go test ./verify -run FailuresPage -update -->
For each message in Lambda's log, or in the answer to an upload: its likely causes, the
most likely first, what to do, and the check of ` + "`bootzip verify`" + ` that finds the cause
before a deploy. ` + "`bootzip explain`" + ` prints the same for any message:

`)
	b.WriteString("```sh\nbootzip explain \"fork/exec /var/task/bootstrap: exec format error\"\n```\n\n```text\n" +
		"the program and the function have different architectures\n```\n\n" +
		"With the zip at hand, `bootzip check FILE.zip --boot` finds the cause, and starts the function. If it starts there and fails on Lambda, its settings differ: compare architecture, runtime, handler, memory, time-out and variables, which `bootzip check --deploy=FILE` does for a [deploy file](deploy.md). For failures after the start, see [debugging.md](debugging.md).\n")
	for _, group := range failures {
		fmt.Fprintf(&b, "\n## %s\n", group.title)
		if group.text != "" {
			fmt.Fprintf(&b, "\n%s\n", group.text)
		}
		for _, message := range group.messages {
			mark := "`"
			if strings.Contains(message, mark) {
				mark = "``"
			}
			fmt.Fprintf(&b, "\n### %s%s%s\n\n| cause | what to do | check |\n|---|---|---|\n", mark, message, mark)
			for _, e := range Explain(message) {
				fmt.Fprintf(&b, "| %s | %s | [%s](checks.md#%s) |\n", cell(e.Cause), cell(e.Hint), e.Check.ID, e.Check.ID)
			}
		}
	}
	return b.Bytes()
}

func TestFailuresPage(t *testing.T) {
	var all []string
	for _, group := range failures {
		for _, message := range group.messages {
			if len(Explain(message)) == 0 {
				t.Errorf("%q has no explanation", message)
			}
			all = append(all, strings.ToLower(quotes.Replace(message)))
		}
	}
	for _, s := range slices.Concat(sayings, vague) {
		if s.says != nil && !slices.ContainsFunc(all, func(message string) bool {
			return s.saidIn(message)
		}) {
			t.Errorf("the page has no message for %s", s.says())
		}
	}
	const name = "../docs/failures.md"
	page := failuresPage()
	if *Update {
		if err := os.WriteFile(name, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if on, err := os.ReadFile(name); err != nil || !bytes.Equal(on, page) {
		t.Errorf("%s is not up to date: go test ./verify -run FailuresPage -update (%v)", name, err)
	}
}
