package verify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// program is a good program beside the bootstrap.
func program(name string) zfile { return zfile{name: name, data: elfspec{}.bytes(), mode: 0o100755} }

func file(name, content string, mode uint32) zfile {
	return zfile{name: name, data: []byte(content), mode: 0o100000 | mode}
}

// link is a symbolic link.
func link(name, target string) zfile {
	return zfile{name: name, data: []byte(target), mode: 0o120777}
}

// chain is a bootstrap whose interpreters are n scripts and then a program.
func chain(n int) (data func() []byte, beside []zfile) {
	for i := range n {
		beside = append(beside, file(fmt.Sprintf("i%d", i), fmt.Sprintf("#!/var/task/i%d\n", i+1), 0o755))
	}
	return text("#!/var/task/i0\n"), append(beside, program(fmt.Sprintf("i%d", n)))
}

// tutorial is the bootstrap of AWS's tutorial "Building a custom runtime for AWS Lambda".
const tutorial = `set -euo pipefail
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")
  curl "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE"
done`

// badScripts are scripts that start what would not start on Lambda.
func badScripts() []badboot {
	const missing, crlf = "script-program-missing", "script-crlf"
	newer := dyn(func(s *elfspec) { s.versions = map[string][]string{"libc.so.6": {"GLIBC_2.38"}} })()
	openssl := dyn(func(s *elfspec) { s.needed = append(s.needed, "libssl.so.1.1") })()
	six, sixBeside := chain(6)
	run := func(script string) func() []byte { return text("#!/bin/sh\n" + script + "\n") }
	return []badboot{
		{name: "program that is not there", id: missing, data: run("exec ./func")},
		{name: "program that is not there, in a loop without an end", id: missing, data: run("for ((;;)); do ./func; sleep 1; done")},
		{name: "program that is not there, in an array", id: missing, data: run("cmd=(./func --port 1)\nexec \"${cmd[@]}\"")},
		{name: "program that is not there, by default", id: missing, data: run(": \"${APP:=./func}\"\nexec $APP")},
		{name: "program that is not there, after cd", id: missing, data: run("cd $LAMBDA_TASK_ROOT/bin && ./func"), beside: []zfile{program("func")}},
		{name: "program that is not there, by a started script", id: missing, data: run("exec /var/task/run.sh"), beside: []zfile{file("run.sh", "#!/bin/bash\n./func\n", 0o755)}},
		{name: "program that is not there, by a sourced script", id: missing, data: run(". ./env.sh"), beside: []zfile{file("env.sh", "./func\n", 0o644)}},
		{name: "dynamic linker that is not there", id: missing, data: run("exec $LAMBDA_TASK_ROOT/lib/ld-linux-x86-64.so.2 ./func"), beside: []zfile{program("func")}},
		{name: "program 0644", id: "script-program-mode", data: run("./func"), beside: []zfile{{name: "func", data: elfspec{}.bytes(), mode: 0o100644}}},
		{name: "started script 0644", id: "script-program-mode", data: run("./run.sh"), beside: []zfile{file("run.sh", "#!/bin/sh\n:\n", 0o644)}},
		{name: "program for macOS", id: "script-program-format", data: run("./func"), beside: []zfile{file("func", "\xcf\xfa\xed\xfe\x07\x00\x00\x01\x03\x00\x00\x00", 0o755)}},
		{name: "program for Windows", id: "script-program-format", data: run("./func"), beside: []zfile{file("func", "MZ\x90\x00\x03\x00", 0o755)}},
		{name: "interpreter that is text", id: "script-program-format", data: text("#!/var/task/tool\n"), beside: []zfile{file("tool", "echo\n", 0o755)}},
		{name: "program for FreeBSD", id: "elf-wrong-system", data: run("./func"), beside: []zfile{{name: "func", data: elfspec{abi: 9}.bytes(), mode: 0o100755}}},
		{name: "program for arm64", id: "elf-wrong-architecture", data: run("exec bin/app"), beside: []zfile{{name: "bin/app", data: elfspec{arm64: true}.bytes(), mode: 0o100755}}},
		{name: "program of glibc 2.38", id: "elf-glibc-too-new", data: run("./func"), beside: []zfile{{name: "func", data: newer, mode: 0o100755}}, options: dynamicAllowed},
		{name: "program without its library", id: "elf-missing-library", data: run("exec $LAMBDA_TASK_ROOT/func"), beside: []zfile{{name: "func", data: openssl, mode: 0o100755}}, options: dynamicAllowed},
		{name: "musl's linker, without another library", id: "elf-missing-library", data: run("exec ./lib/ld-musl-x86_64.so.1 --library-path lib ./app"), options: dynamicAllowed,
			beside: []zfile{program("lib/ld-musl-x86_64.so.1"), {name: "app", data: elfspec{interp: "/lib/ld-musl-x86_64.so.1", needed: []string{"libc.so", "libz.so.1"}}.bytes(), mode: 0o100755}}},
		{name: "library in a folder that only LD_LIBRARY_PATH of something else names", id: "elf-missing-library", data: run("LD_LIBRARY_PATH=/var/task/ssl true\n./func"),
			beside: []zfile{{name: "func", data: openssl, mode: 0o100755}, sharedLibrary("ssl/libssl.so.1.1", elfspec{})}, options: dynamicAllowed},
		{name: "interpreter for arm64", id: "elf-wrong-architecture", data: text("#!/var/task/bin/python3\nimport os\n"), beside: []zfile{{name: "bin/python3", data: elfspec{arm64: true}.bytes(), mode: 0o100755}}},
		{name: "interpreters without end", id: "script-interpreter", data: text("#!/var/task/bootstrap\n")},
		{name: "six interpreters", id: "script-interpreter", data: six, beside: sixBeside},
		{name: "directory that is not there", id: missing, data: run("set -e\ncd bin\nexec ./app"), beside: []zfile{program("app")}},
		{name: "directory that is not there, before &&", id: missing, data: run("cd bin 2>/dev/null && exec ./app"), beside: []zfile{program("app")}},
		{name: "directory that is a file", id: missing, data: run("cd app || exit 1\nexec ./app"), beside: []zfile{program("app")}},
		{name: "sourced script that sh looks for in PATH", id: missing, data: run(". env.sh\nexec ./app"), beside: []zfile{file("env.sh", "A=1\n", 0o644), program("app")}},
		{name: "likewise, read by sh", id: missing, data: text("#!/bin/bash\nexec sh ./run.sh\n"), beside: []zfile{file("run.sh", "#!/bin/bash\n. env.sh\nexec ./app\n", 0o644), file("env.sh", "A=1\n", 0o644), program("app")}},
		{name: "started script with CRLF", id: crlf, data: run("exec ./run.sh"), beside: []zfile{file("run.sh", "#!/bin/bash\r\n./main\r\n", 0o755), program("main")}},
		{name: "last line with CR", id: crlf, data: text("#!/bin/bash\nset -e\nexec ./main\r"), beside: []zfile{program("main")}},
		{name: "two options of the shell", id: "script-first-line", data: text("#!/bin/bash -euo pipefail\nexec ./main\n"), beside: []zfile{program("main")}},
		{name: "program that a shell is to read", id: "script-program-format", data: run("exec sh ./main"), beside: []zfile{program("main")}},
		{name: "program that is not there, after a sourced cd", id: missing, data: run(". ./env.sh; exec ./main"), beside: []zfile{file("env.sh", "cd bin\n", 0o644), program("main"), program("bin/other")}},
		{name: "library that is cut off", id: "elf-missing-library", data: run("./func"), options: dynamicAllowed, beside: []zfile{{name: "func", data: openssl, mode: 0o100755},
			{name: "lib/libssl.so.1.1", data: sharedLibrary("x", elfspec{}).data[:200], mode: 0o100644}}},
		{name: "library in lib, without Lambda's LD_LIBRARY_PATH", id: "elf-missing-library", data: run("exec env -i ./func"), options: dynamicAllowed,
			beside: []zfile{{name: "func", data: openssl, mode: 0o100755}, sharedLibrary("lib/libssl.so.1.1", elfspec{})}},
		{name: "sourced script with CRLF", id: crlf, data: run(". ./env.sh"), beside: []zfile{file("env.sh", "A=1\r\nB=2\r\n", 0o644)}},
		{name: "CRLF after the first line", id: crlf, data: text("#!/bin/sh\n:\r\n")},
		{name: "java", id: "script-command", data: run("cd /var/task\nexec java -jar app.jar")},
		{name: "a program of no image", id: "script-command", data: run("/usr/bin/python3 app.py")},
		{name: "tar", id: "script-command", data: run("curl -s x | tar xz")},
		{name: "AWS's tutorial without a function", id: "script-unseen", data: run(tutorial), beside: []zfile{file("bin/function.sh", "handler () { echo x; }\n", 0o644)}},
		{name: "program by its handler", id: "script-unseen", data: run("exec ./bin/$_HANDLER")},
		{name: "program of a layer", id: "script-unseen", data: run("exec /opt/bin/php index.php")},
		{name: "program that may not be started, and is not there", id: "script-unseen", data: run("if [ -n \"$X\" ]; then ./a; fi")},
		{name: "guarded program, and nothing else", id: "script-unseen", data: run("[ -x ./a ] && exec ./a\necho none >&2\nexit 1")},
		{name: "guarded program of a layer, and another that is not there", id: "script-unseen", data: run("if [ -x /opt/bin/a ]; then exec /opt/bin/a; fi\nexec ./b")},
		{name: "guarded program, and the other one is not there", id: missing, data: run("if [ -x ./a ]; then exec ./a; else exec ./b; fi"), beside: []zfile{asset("c")}},
		{name: "program below /tmp", id: "script-unseen", data: run("cp func /tmp/func && /tmp/func")},
		{name: "script without an end", id: "script-syntax", data: run("if true; then")},
		{name: "quote without an end", id: "script-unseen", data: run("echo hello\necho 'exec ./main")},
		{name: "quote that the parser misreads", id: "script-unseen", data: run("x=\"${y:-it's}\"\nexec ./main")},
		{name: "end in each branch", id: "script-unseen", data: run("if [ -n \"$X\" ]; then exec ./app a; else exec ./app b; fi\nif it is data"), beside: []zfile{program("app")}},
		{name: "sourced script without an end", id: "script-unseen", data: run(". ./lib.sh\nexec ./app"), beside: []zfile{program("app"), file("lib.sh", "if true; then\n", 0o644)}},
		{name: "script that another shell reads", id: "script-unseen", data: run("((cmd) | cat)")},
		{name: "script of 20 kB", id: "script-unseen", data: run(strings.Repeat("# a comment\n", 2000))},
		{name: "program of the other architecture, perhaps", id: "elf-other-architecture", data: run("if [ \"$(uname -m)\" = aarch64 ]; then exec ./arm; fi\nexec ./amd"),
			beside: []zfile{{name: "arm", data: elfspec{arm64: true}.bytes(), mode: 0o100755}, program("amd")}},
		{name: "program for another architecture that the script does not name", id: "elf-other-architecture", data: run(":"), beside: []zfile{{name: "app", data: elfspec{class: 1, machine: 3}.bytes(), mode: 0o100755}}},
		{name: "a support that has ended", id: "runtime-ended", data: elf(elfspec{}), options: verify.Options{Runtime: project.AL2}},
		{name: "more memory than a function has", id: "elf-memory", data: elf(prog(1, put64(40, 11<<30)))},
		{name: "go-sqlite3 without cgo", id: "go-cgo-stub", data: elf(elfspec{goBuild: goodGo, strings: "go-sqlite3 requires cgo to work. This is a stub"})},
		{name: "aws-lambda-go of 2018", id: "go-lambda-rpc", data: elf(elfspec{goBuild: oldLambda, strings: "github.com/aws/aws-lambda-go/lambda.StartHandler\x00"})},
		{name: "time zones", id: "go-time-zones", data: elf(elfspec{goBuild: goodGo, strings: "time.LoadLocation\x00"})},
		{name: "CXXABI of gcc 12", id: "elf-libstdcxx-too-new", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libstdc++.so.6")
			s.versions["libstdc++.so.6"] = []string{"CXXABI_1.3.14"}
		}), options: dynamicAllowed},
		{name: "libstdc++ in lib/, where the image's comes first", id: "elf-libstdcxx-too-new", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libstdc++.so.6")
			s.versions["libstdc++.so.6"] = []string{"GLIBCXX_3.4.33"}
		}), options: dynamicAllowed, beside: []zfile{sharedLibrary("lib/libstdc++.so.6", elfspec{})}},
		{name: "OpenSSL 3 on Amazon Linux 2", id: "elf-missing-library", data: dyn(func(s *elfspec) {
			s.needed, s.versions = append(s.needed, "libssl.so.3"), nil
		}), options: verify.Options{Dynamic: true, Runtime: project.AL2, Rules: []project.CheckRule{{ID: "runtime-ended", Severity: "waive", Reason: "test"}}}},
		{name: "libcrypt", id: "elf-missing-library", data: dyn(func(s *elfspec) { s.needed = append(s.needed, "libcrypt.so.1") }), options: dynamicAllowed},
	}
}

// oldLambda is the build information of a program with an aws-lambda-go that lacks the
// Runtime API.
const oldLambda = "dep\tgithub.com/aws/aws-lambda-go\tv1.17.0\th1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" + goodGo

// In these scripts something unknown decides what is started: that may be a warning, but
// not a failure.
func TestNotKnownIsNoFailure(t *testing.T) {
	openssl := dyn(func(s *elfspec) { s.needed = append(s.needed, "libssl.so.1.1") })()
	ssl := []zfile{{name: "app", data: openssl, mode: 0o100755}, sharedLibrary("ssl/libssl.so.1.1", elfspec{}), file("p", "/var/task/ssl\n", 0o644), file("env", "APP=./app\n", 0o644)}
	for _, script := range []string{
		"if [ -d ssl ]; then export LD_LIBRARY_PATH=/var/task/ssl; fi\nexec ./app",
		"LD_LIBRARY_PATH=\"$(cat p)\" exec ./app",
		"export LD_LIBRARY_PATH=/var/task/ssl; ./prewarm 2>/dev/null || true\nexec ./app",
		"export LD_LIBRARY_PATH=/var/task/ssl; ./nope || exec ./app",
		"export LD_LIBRARY_PATH=/var/task/ssl; if ./probe; then :; fi; exec ./app",
		"export $(cat env); exec ${APP:-./nope}",
		"eval \"$(cat env)\"; exec ${APP:-./nope}",
		"export LD_LIBRARY_PATH=/var/task/ssl; pushd ssl >/dev/null; popd >/dev/null; exec ./app",
		"export LD_LIBRARY_PATH=/var/task/ssl; cd nodir 2>/dev/null || true; exec ./app",
		"export LD_LIBRARY_PATH=/var/task/ssl; exec ./{app,x}",
		"if [ -x /opt/bin/a ]; then exec /opt/bin/a; fi; exec ./nope",
		"if [ -d /opt/ssl ]; then export LD_LIBRARY_PATH=/var/task/ssl; fi; exec ./app",
		"while :; do if [ -d ssl ]; then break; fi; ./nope; done\nLD_LIBRARY_PATH=ssl ./app",
	} {
		f := boot()
		f.data = []byte("#!/bin/bash\n" + script + "\n")
		if r := check(t, zspec{files: append([]zfile{f}, ssl...)}.bytes(), withArch(dynamicAllowed)); !r.OK() {
			t.Errorf("%s: %v failed", script, fired(r))
		}
	}
}

// goodScripts are scripts in which nothing may be found, and other good bootstraps.
func goodScripts() []goodboot {
	run := func(script string) func() []byte { return text("#!/bin/sh\n" + script + "\n") }
	newer := dyn(func(s *elfspec) { s.versions = map[string][]string{"libc.so.6": {"GLIBC_2.40"}} })()
	openssl := dyn(func(s *elfspec) { s.needed = append(s.needed, "libssl.so.1.1") })()
	five, fiveBeside := chain(4)
	withLayer := verify.Options{WithLayer: true, Arch: "any"}
	return []goodboot{
		{name: "exec", data: run("exec ./app"), beside: []zfile{program("app")}},
		{name: "AWS's tutorial", data: run(tutorial), beside: []zfile{file("function.sh", "handler () { echo x; }\n", 0o644)}},
		{name: "sourced only if it is there", data: run("[ -f .env ] && . ./.env\nexec ./${APP:-app}"), beside: []zfile{program("app")}},
		{name: "layer's program, if it is there", data: run("if [ -x /opt/bin/tool ]; then exec /opt/bin/tool; fi\nexec ./app"), beside: []zfile{program("app")}},
		{name: "command, if it is there", data: run("if command -v node >/dev/null; then exec node x.js; else exec ./app; fi"), beside: []zfile{program("app")}},
		{name: "program of the other name", data: run("if [ -x ./func ]; then exec ./func; fi\nexec ./app"), beside: []zfile{program("app")}},
		{name: "exec before what has no end", data: run("exec ./app\nif it is data"), beside: []zfile{program("app")}},
		{name: "cd and a program", data: run("cd $LAMBDA_TASK_ROOT && ./app"), beside: []zfile{program("app")}},
		{name: "GraalVM's", data: run("set -euo pipefail\n./func -XX:MaximumHeapSizePercent=80 -Djava.library.path=$(pwd)"), beside: []zfile{program("func")}},
		{name: "the C++ runtime's packager", data: text("#!/bin/bash\nset -euo pipefail\nexport AWS_EXECUTION_ENV=lambda-cpp\nexec $LAMBDA_TASK_ROOT/lib/ld-linux-x86-64.so.2 --library-path $LAMBDA_TASK_ROOT/lib $LAMBDA_TASK_ROOT/bin/app ${_HANDLER}\n"),
			beside: []zfile{program("lib/ld-linux-x86-64.so.2"), sharedLibrary("lib/libc.so.6", elfspec{}), {name: "bin/app", data: newer, mode: 0o100755}}},
		{name: "musl's linker, by a script", data: run("exec ./lib/ld-musl-x86_64.so.1 --library-path lib ./app"), beside: []zfile{program("lib/ld-musl-x86_64.so.1"),
			{name: "app", data: elfspec{interp: "/lib/ld-musl-x86_64.so.1", needed: []string{"libc.so"}}.bytes(), mode: 0o100755}}},
		{name: "musl's linker in the zip", data: elf(elfspec{interp: "/var/task/musl/ld-musl-x86_64.so.1", needed: []string{"liba.so", "libc.musl-x86_64.so.1"}, runpath: "$ORIGIN/musl"}), options: dynamicAllowed,
			beside: []zfile{program("musl/ld-musl-x86_64.so.1"), sharedLibrary("musl/liba.so", elfspec{needed: []string{"libb.so", "libpthread.so.0"}}), sharedLibrary("musl/libb.so", elfspec{})}},
		{name: "dynamic linker by a relative path", data: run("exec lib/ld-linux-x86-64.so.2 --library-path lib ./app"),
			beside: []zfile{program("lib/ld-linux-x86-64.so.2"), sharedLibrary("lib/libc.so.6", elfspec{}), {name: "app", data: newer, mode: 0o100755}}},
		{name: "LD_LIBRARY_PATH", data: run("export LD_LIBRARY_PATH=$LAMBDA_TASK_ROOT/ssl:$LD_LIBRARY_PATH\nexec ./app"), options: dynamicAllowed,
			beside: []zfile{{name: "app", data: openssl, mode: 0o100755}, sharedLibrary("ssl/libssl.so.1.1", elfspec{})}},
		{name: "LD_LIBRARY_PATH before Lambda's", data: run("export LD_LIBRARY_PATH=\"/var/task/ssl${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\nexec ./run.sh"), options: dynamicAllowed,
			beside: []zfile{file("run.sh", "#!/bin/bash\nexec ./app\n", 0o755), {name: "app", data: openssl, mode: 0o100755}, sharedLibrary("ssl/libssl.so.1.1", elfspec{})}},
		{name: "script in the directory of another", data: run("cd bin && exec ./run.sh"), beside: []zfile{file("bin/run.sh", "#!/bin/sh\nexec ./app\n", 0o755), program("bin/app")}},
		{name: "variable for another script", data: run("export APP=./app; exec ./run.sh"), beside: []zfile{file("run.sh", "#!/bin/sh\nexec ${APP:-./other}\n", 0o755), program("app")}},
		{name: "sourced variables", data: run("set -a; . ./.env; set +a\nexec ${APP:-./nope}"), beside: []zfile{file(".env", "APP=bin/app\n", 0o644), program("bin/app")}},
		{name: "sourced cd", data: text("#!/bin/bash\nsource setup.sh\nexec ./app\n"), beside: []zfile{file("setup.sh", "cd bin\n", 0o644), program("bin/app")}},
		{name: "sourced function", data: run(". ./lib/start.sh; start"), beside: []zfile{file("lib/start.sh", "start() { exec \"$(dirname \"$0\")/app\"; }\n", 0o644), program("app")}},
		{name: "function with arguments", data: run("run() { exec \"${1:-./nope}\"; }; run ./app"), beside: []zfile{program("app")}},
		{name: "cd by builtin", data: text("#!/bin/bash\nbuiltin cd bin; exec ./app\n"), beside: []zfile{program("bin/app")}},
		{name: "cd by env", data: run("exec env -C bin ./app"), beside: []zfile{program("bin/app")}},
		{name: "script that starts a script", data: run("sh ./run.sh"), beside: []zfile{file("run.sh", "exec ./app\n", 0o644), program("app")}},
		{name: "script by the shell, without #!", data: run("./run"), beside: []zfile{file("run", "exec ./app\n", 0o755), program("app")}},
		{name: "script that starts itself", data: run("[ -n \"$X\" ] || X=1 exec $0")},
		{name: "commands of the image", data: run("while true; do\n  H=$(mktemp)\n  curl -sS -LD \"$H\" -o /tmp/e http://x/next\n  ID=$(grep -Fi id \"$H\" | tr -d '[:space:]' | cut -d: -f2)\n  curl -X POST http://x/$ID -d ok\ndone")},
		{name: "cd that fails, without set -e", data: run("cd bin\nexec ./app"), beside: []zfile{program("app")}},
		{name: "cd that fails in a function", data: run("go() { cd missing; ./app; }\ngo || exit 1"), beside: []zfile{program("app")}},
		{name: "cd that fails in a helper", data: run("./helper.sh & exec ./app"), beside: []zfile{program("app"), file("helper.sh", "#!/bin/sh\ncd missing\n", 0o755)}},
		{name: "cd after the program", data: run("./app & cd missing; wait"), beside: []zfile{program("app")}},
		{name: "sourced by a relative PATH", data: run("PATH=.:$PATH; . env.sh\nexec ./$APP"), beside: []zfile{file("env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "sourced by an empty element of PATH", data: run("PATH=$PATH:; . env.sh\nexec ./$APP"), beside: []zfile{file("env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "sourced without POSIX mode", data: run("set +o posix; . env.sh\nexec ./$APP"), beside: []zfile{file("env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "cd that fails, before || and in a condition", data: run("cd bin || echo no\nif cd bin; then exec /var/task/app; fi\n! cd bin\nexec /var/task/app"), beside: []zfile{program("app")}},
		{name: "script of bash, sourced without a slash", data: text("#!/bin/bash\n. env.sh\nexec ./$APP\n"), beside: []zfile{file("env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "script sourced by PATH", data: run("PATH=$PATH:/var/task/lib; . env.sh\nexec ./$APP"), beside: []zfile{file("lib/env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "sourced without a slash, read by bash", data: run("exec bash ./run.sh"), beside: []zfile{file("run.sh", "#!/bin/sh\n. env.sh\nexec ./$APP\n", 0o644), file("env.sh", "APP=app\n", 0o644), program("app")}},
		{name: "program in the zip by a relative PATH", data: run("PATH=bin:$PATH\nexec app"), beside: []zfile{program("bin/app")}},
		{name: "program in the zip by PATH", data: run("PATH=/var/task/bin:$PATH\nexec app"), beside: []zfile{program("bin/app")}},
		{name: "five interpreters", data: five, beside: fiveBeside},
		{name: "layer's program", data: run("exec /opt/bin/php index.php"), options: withLayer},
		{name: "layer's interpreter", data: text("#!/opt/bin/php\n<?php\n"), options: withLayer},
		{name: "layer's interpreter, by env", data: text("#!/usr/bin/env node\n"), options: withLayer},
		{name: "layer's command", data: run("exec java -jar app.jar"), options: withLayer},
		{name: "layer's library", data: elf(elfspec{interp: "/opt/lib/ld.so", needed: []string{"libfoo.so"}}), options: verify.Options{WithLayer: true, Dynamic: true}},
		{name: "events of aws-lambda-go of 2018 alone", data: elf(elfspec{goBuild: oldLambda, strings: "github.com/aws/aws-lambda-go/events.x\x00"})},
		{name: "aws-lambda-go with the Runtime API", data: elf(elfspec{goBuild: strings.Replace(oldLambda, "v1.17.0", "v1.18.0", 1), strings: "github.com/aws/aws-lambda-go/lambda.StartHandler\x00"})},
		{name: "time zones, with their data", data: elf(elfspec{goBuild: goodGo, strings: "time.LoadLocation\x00time/tzdata.loadFromEmbeddedTZData"})},
		{name: "time zones, with data in the zip", data: elf(elfspec{goBuild: goodGo, strings: "time.LoadLocation\x00"}), beside: []zfile{asset("lib/time/zoneinfo.zip")}},
		{name: "time zones by their data alone", data: elf(elfspec{goBuild: goodGo, strings: "time.LoadLocationFromTZData\x00"})},
		{name: "libraries of al2023", data: dyn(func(s *elfspec) {
			s.needed = append(s.needed, "libz.so.1", "libssl.so.3", "libcrypto.so.3", "libcurl.so.4", "libxml2.so.2", "libsqlite3.so.0", "libgmp.so.10", "libffi.so.8", "liblzma.so.5", "libzstd.so.1")
		}), options: dynamicAllowed},
	}
}

// Links are followed, and say where they lead.
func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []zfile
		want  string // checks that find something
	}{
		{"bootstrap to a program", []zfile{link("bootstrap", "main"), program("main")}, "file-symlink"},
		{"bootstrap to a program by its full path", []zfile{link("bootstrap", "/var/task/bin/main"), program("bin/main")}, "file-symlink"},
		{"bootstrap through a folder's link", []zfile{link("bootstrap", "current/main"), link("current", "v2"), program("v2/main")}, "file-symlink"},
		{"bootstrap up and down", []zfile{link("bootstrap", "./a/../main"), program("main")}, "file-symlink"},
		{"bootstrap to a script", []zfile{link("bootstrap", "run.sh"), file("run.sh", "#!/bin/sh\nexec ./main\n", 0o755), program("main")}, "file-symlink"},
		{"bootstrap to a bad program", []zfile{link("bootstrap", "main"), {name: "main", data: elfspec{arm64: true}.bytes(), mode: 0o100755}}, "file-symlink elf-wrong-architecture"},
		{"bootstrap to a program 0644", []zfile{link("bootstrap", "main"), {name: "main", data: elfspec{}.bytes(), mode: 0o100644}}, "file-symlink bootstrap-mode"},
		{"bootstrap to nothing", []zfile{link("bootstrap", "main")}, "bootstrap-not-regular"},
		{"bootstrap to a folder", []zfile{link("bootstrap", "bin"), program("bin/main")}, "file-symlink bootstrap-not-regular"},
		{"bootstrap to a layer's", []zfile{link("bootstrap", "/opt/bootstrap")}, "file-symlink bootstrap-not-regular"},
		{"a circle", []zfile{boot(), link("a", "b"), link("b", "a")}, "file-link-target"},
		{"to itself", []zfile{boot(), link("a", "a")}, "file-link-target"},
		{"growing without end", []zfile{boot(), link("a", "a/x")}, "file-link-target"},
		{"to nothing", []zfile{boot(), link("a", "b")}, "file-link-target"},
		{"empty", []zfile{boot(), link("a", "")}, "file-link-target"},
		{"too long", []zfile{boot(), link("a", strings.Repeat("a/", 3000))}, "file-link-target"},
		{"out of the zip", []zfile{boot(), link("a", "../../etc/passwd")}, "file-link-target"},
		{"out of the zip, through a link", []zfile{boot(), link("a", "b/../x"), link("b", ".")}, "file-symlink file-link-target"},
		{"to /tmp", []zfile{boot(), link("cache", "/tmp/cache")}, "file-symlink"},
		{"to a folder without an entry", []zfile{boot(), link("lib64", "lib"), asset("lib/a")}, "file-symlink"},
		{"to the root", []zfile{boot(), link("self", ".")}, "file-symlink"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := check(t, zspec{files: c.files}.bytes(), verify.Options{Arch: project.AMD64})
			if got := strings.Join(fired(r), " "); got != c.want {
				t.Errorf("%q found something, not %q", got, c.want)
				logFindings(t, r)
			}
		})
	}
}

// A bootstrap that is a link to a layer's bootstrap counts as the layer's.
func TestLinkToLayer(t *testing.T) {
	zip := zspec{files: []zfile{link("bootstrap", "/opt/bin/start"), asset("lib/a")}}.bytes()
	layer := filepath.Join(t.TempDir(), "layer.zip")
	if err := os.WriteFile(layer, zspec{files: []zfile{program("bin/start")}}.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, o := range []verify.Options{{WithLayer: true}, {Layers: []string{layer}}} {
		if got := strings.Join(fired(check(t, zip, o)), " "); got != "file-symlink" {
			t.Errorf("%+v: %q", o, got)
		}
	}
}

// A library that is a link is found.
func TestLinkedLibrary(t *testing.T) {
	f := boot()
	f.data = dyn(func(s *elfspec) { s.needed = append(s.needed, "libfoo.so.1") })()
	r := check(t, zspec{files: []zfile{f, link("lib/libfoo.so.1", "libfoo.so.1.2"), sharedLibrary("lib/libfoo.so.1.2", elfspec{})}}.bytes(),
		verify.Options{Arch: project.AMD64, Dynamic: true})
	if got := strings.Join(fired(r), " "); got != "file-symlink" {
		t.Errorf("%s found something", got)
		logFindings(t, r)
	}
}

// Without a bootstrap, a zip passes only if a layer is said to have it, and the report
// says that it was not seen.
func TestBootstrapOfALayer(t *testing.T) {
	z := zspec{files: []zfile{asset("index.php")}}.bytes()
	if r := check(t, z, verify.Options{}); r.OK() {
		t.Error("it passes without a layer")
	}
	r := check(t, z, verify.Options{WithLayer: true})
	if !r.OK() || len(fired(r)) > 0 {
		t.Errorf("%v found something", fired(r))
	}
	for _, x := range r.Results {
		if x.Check.ID == "bootstrap-missing" && (x.Status != verify.Skip || x.Detail != "a layer supplies bootstrap") {
			t.Errorf("bootstrap-missing: %s %s", x.Status, x.Detail)
		}
	}
}

// A dynamically linked program from elsewhere is a warning; one that should be static
// fails, unless a rule allows it.
func TestDynamicProgram(t *testing.T) {
	f := boot()
	f.data = dyn(func(*elfspec) {})()
	z := zspec{files: []zfile{f}}.bytes()
	waive := []project.CheckRule{{ID: "elf-dynamic", Severity: "waive", Reason: "test"}}
	for _, c := range []struct {
		o    verify.Options
		want verify.Status
	}{
		{verify.Options{}, verify.Warn},
		{verify.Options{Strict: true}, verify.Fail},
		{verify.Options{Static: true}, verify.Fail},
		{verify.Options{Static: true, Rules: waive}, verify.Waived},
		{verify.Options{Dynamic: true, Static: true}, verify.Pass},
	} {
		for _, x := range check(t, z, c.o).Results {
			if x.Check.ID == "elf-dynamic" && x.Status != c.want {
				t.Errorf("%+v: %s, not %s", c.o, x.Status, c.want)
			}
		}
	}
}

// An extension for managed runtimes may use their interpreters.
func TestExtensionInPython(t *testing.T) {
	for interpreter, want := range map[string]string{
		"/usr/bin/env python3":     "script-unseen",
		"/var/lang/bin/node":       "script-unseen",
		"/opt/bin/python3":         "script-interpreter",
		"/usr/bin/env bash":        "",
		"/opt/logs/bin/python3 -u": "",
	} {
		z := zspec{files: []zfile{file("extensions/logs", "#!"+interpreter+"\nx=1\n", 0o755), program("logs/bin/python3")}}.bytes()
		if got := strings.Join(fired(check(t, z, verify.Options{Kind: verify.KindLayer})), " "); got != want {
			t.Errorf("%s: %q found something, not %q", interpreter, got, want)
		}
	}
}

func TestLayerInAFolder(t *testing.T) {
	z := zspec{files: []zfile{file("layer-1.0/bootstrap", "#!/bin/sh\n", 0o755), file("layer-1.0/bin/app", "#!/bin/sh\n", 0o755)}}.bytes()
	for _, x := range check(t, z, verify.Options{Kind: verify.KindLayer}).Results {
		if x.Check.ID == "layer-no-known-folder" && (x.Status != verify.Warn || !strings.Contains(x.Detail, `"layer-1.0/"`)) {
			t.Errorf("%s: %s", x.Status, x.Detail)
		}
	}
}

// The table shows the architecture that a program is for; a script is for any.
func TestTextShowsTheArchitectureOfTheProgram(t *testing.T) {
	arm := boot()
	arm.data = elfspec{arm64: true}.bytes()
	script := file("bootstrap", "#!/bin/sh\n:\n", 0o755)
	starts := file("bootstrap", "#!/bin/sh\nexec ./main\n", 0o755)
	for _, c := range []struct {
		files []zfile
		want  string
	}{
		{[]zfile{arm}, "arm64"},
		{[]zfile{script}, "any"},
		{[]zfile{starts, program("main")}, "amd64"},
	} {
		var b strings.Builder
		r := check(t, zspec{files: c.files}.bytes(), verify.Options{})
		if err := verify.WriteText(&b, []verify.Report{r}, verify.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if line := strings.Split(b.String(), "\n")[1]; strings.Fields(line)[1] != c.want {
			t.Errorf("%q, not %s", line, c.want)
		}
	}
}

// A ZIP64 field is reported as one, and sizes that refer to it are not compared.
func TestZip64SaysWhatItIs(t *testing.T) {
	f := boot()
	f.local = func(h []byte) { le.PutUint32(h[18:], 1<<32-1); le.PutUint32(h[22:], 1<<32-1) }
	f.localExtra = field(1, strings.Repeat("\x00", 16))
	for _, x := range check(t, zspec{files: []zfile{f}}.bytes(), verify.Options{}).Results {
		if strings.Contains(x.Detail, "4294967295") || x.Check.ID == "zip-zip64" && x.Status != verify.Fail {
			t.Errorf("%s %s: %s", x.Status, x.Check.ID, x.Detail)
		}
	}
}
