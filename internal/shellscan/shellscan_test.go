package shellscan

import (
	"fmt"
	"strings"
	"testing"
)

var sourced = map[string]string{
	"/var/task/cd.sh":      "cd bin",
	"/var/task/app.env":    "APP=bin/app\nLD_LIBRARY_PATH=/x",
	"/var/task/lib/own.sh": "start() { exec \"$(dirname \"$0\")/app\"; }; HERE=${BASH_SOURCE%/*}",
	"/var/task/loop.sh":    ". ./loop.sh",
}

// starts writes what a script starts in one line: the directory where it matters, ? for
// what is unknown, (…) for what is not certain, […] for what is guarded, and <…> for what
// is reached without anything guarded.
func starts(t *testing.T, script string) string {
	t.Helper()
	list, err := Read([]byte(script), Config{Script: "/var/task/bootstrap", Dir: "/var/task", Vars: map[string]string{
		"LAMBDA_TASK_ROOT": "/var/task", "PATH": "/bin", "LD_LIBRARY_PATH": "/lib64",
	}, Unknown: []string{"_HANDLER", "HOME"}, Matches: func(pattern string) bool { return pattern == "/var/task/*.sh" }, Real: "/var/task/bin/start.sh", Source: func(name string) ([]byte, bool) {
		text, ok := sourced[name]
		return []byte(text), ok
	}, Absent: func(name string) bool { return strings.HasPrefix(name, "/var/task/absent") }, NoDirectory: func(dir string) bool { return dir == "/var/task/gone" }})
	if err != nil {
		return "error: " + err.Error()
	}
	var words []string
	for _, s := range list {
		w := s.Program
		if w == "" {
			w = "?"
		}
		if s.Dir != "/var/task" {
			w = s.Dir + ":" + w
		}
		if s.Shell {
			w = "sh " + w
		}
		if s.Loader != "" {
			w = s.Loader + " " + w
		}
		switch {
		case s.Libraries == nil:
			w = "?=" + w
		case *s.Libraries != "/lib64":
			w = *s.Libraries + "=" + w
		}
		if s.Sourced {
			w = "." + w
		}
		if s.Path != "/bin" {
			w = s.Path + "@" + w
		}
		switch {
		case s.Certain:
		case s.Otherwise:
			w = "<" + w + ">"
		default:
			w = "(" + w + ")"
		}
		if s.Guarded {
			w = "[" + w + "]"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func TestRead(t *testing.T) {
	for script, want := range map[string]string{
		"./func":      "./func",
		"exec ./func": "./func",
		"set -euo pipefail\n./func -Djava.library.path=$(pwd)":   "./func",
		"cd $LAMBDA_TASK_ROOT && ./func":                         "./func",
		"cd \"$LAMBDA_TASK_ROOT\"/bin; ./func":                   "/var/task/bin:./func",
		"cd ${LAMBDA_TASK_ROOT:-.}\n./func":                      "./func",
		"cd bin || exit 1\n./func":                               "/var/task/bin:./func",
		"cd $(dirname \"$0\")\nexec ./func":                      "dirname ./func",
		"cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && exec ./func": "dirname ./func",
		"DIR=$( cd \"$( dirname \"$0\" )\" && pwd )\n$DIR/func":  "dirname /var/task/func",
		"exec ${0%/*}/func":                                      "/var/task/func",
		"exec \"$(readlink -f app)\"":                            "readlink /var/task/app",
		"APP=bin/app; exec $LAMBDA_TASK_ROOT/$APP $_HANDLER":     "/var/task/bin/app",
		"CMD='./func -x'\n$CMD":                                  "./func",
		"A=(./func -x); exec \"${A[@]}\"":                        "./func",
		"A=('./func -x'); exec ${A[@]}":                          "./func",
		"A=('my func' -x); exec \"${A[@]}\"":                     "my func",
		"A=(); A+=(exec); A+=(./func); \"${A[@]}\"":              "./func",
		"A=(); \"${A[@]}\" ./func":                               "./func",
		"A=(./func); exec $A":                                    "./func",
		"local A=(./func); \"${A[@]}\"":                          "./func",
		"A=($X ./func); exec \"${A[@]}\"":                        "?",
		"A=(./a ./b); A=./c; exec \"${A[@]}\"":                   "?",
		"A=(./a ./b); A+=x; exec \"${A[@]}\"":                    "?",
		"A=(./a ./b); A[0]=./c; exec \"${A[@]}\"":                "?",
		"A=([1]=./b [0]=./a); exec \"${A[@]}\"":                  "?",
		"A=(./a ./b); unset 'A[0]'; exec \"${A[@]}\"":            "?",
		"A=(./a ./b); unset A[0]; exec \"${A[@]}\"":              "?=?",
		"A=(./a ./b); read 'A[0]'; exec \"${A[@]}\"":             "?",
		"declare -A A=(k ./a); exec \"${A[@]}\"":                 "?",
		"A=(./a); if [ $X ]; then A=(./b); fi; exec \"${A[@]}\"": "?",
		": \"${A:=./func}\"; exec $A":                            "./func",
		"A=./b; : ${A:=./func}; exec $A":                         "./b",
		"A=; : ${A=./func}; exec ${A:-./b}":                      "./b",
		"read A; : ${A:=./func}; exec $A":                        "?",
		"X=$(echo ${A:=./func}); exec ${A:-./b}":                 "./b",
		"printf -v A %s/%s bin func; exec $A":                    "bin/func",
		"printf -v A %q func; exec ${A:-./b}":                    "?",
		"export A=./func\nexec $A":                               "./func",
		"exec \"$@\"":                                            "?",
		"exec ./app-$(uname -m)":                                 "uname ?",
		"exec ./${_HANDLER%%.*}":                                 "?",
		". $LAMBDA_TASK_ROOT/\"$(echo $_HANDLER | cut -d. -f1).sh\"; X=$($(echo $_HANDLER | cut -d. -f2) x); ls": "cut ?=:cut ?=:ls",
		"F=${_HANDLER%.*}; F=./$F.sh; . $F; ${_HANDLER#*.}":                                                      "",
		". ./${_HANDLER%.*}.sh; exec ${_HANDLER#*.}":                                                             "?=:?",
		". ./${_HANDLER%.*}.bash; ${_HANDLER#*.}":                                                                "? ?=:?",
		". ./$_HANDLER; ./${_HANDLER}":                                                                           "? ?=:?",
		". ./$HOME.sh":                                                                                           "?",
		". ./$_HANDLER$HOME.sh":                                                                                  "?",
		". ./$_HANDLER-$_HANDLER.sh":                                                                             "?",
		"F=./; F+=$_HANDLER; F+=.sh; . $F":                                                                       "?",
		"$_HANDLER x":                                                                                            "?",
		"exec ./*.bin":                                                                                           "?",
		"exec \\./fu\\nc":                                                                                        "./func",
		"exec 'my app'/func":                                                                                     "my app/func",
		"if [ -x /opt/a ]; then exec /opt/a; fi\nexec ./b":                                                       "[(/opt/a)] <./b>",
		"if [ -x /opt/a ]; then exec /opt/c; fi\nexec ./b":                                                       "(/opt/c) <./b>",
		"[[ -x /opt/a ]] && exec /opt/a; exec ./b":                                                               "[(/opt/a)] <./b>",
		"if [ -x /opt/a ]; then exec /opt/a; else exec ./b; fi":                                                  "[(/opt/a)] <./b>",
		"if [ -x a ]; then ./a; else cd x; ./b; fi; ./c":                                                         "[(./a)] </var/task/x:./b> :./c",
		"if [ -x a ]; then exec ./a; else exit 1; fi; ./c":                                                       "[(./a)] <./c>",
		"if [ -x a ]; then exec ./a; fi; ls; exit 1":                                                             "[(./a)] (ls)",
		"if command -v a >/dev/null; then a x; fi; ./b":                                                          "[(a)] ./b",
		"if [ -f absent ]; then . absent; cd x; A=./c; fi; ${A:-./b}":                                            "[(sh absent)] ./b",
		"[ -f absent ] && source absent; ./b":                                                                    "[(sh absent)] ./b",
		"[ -f a ] && [ -r absent ] && . absent; ./b":                                                             "[(sh absent)] ./b",
		"cd x && [ -f absent ] && ./absent; cd /var/task; ./b":                                                   "(/var/task/x:./absent) ./b",
		"cd x && [ -f ../absent ] && ./a; cd /var/task; ./b":                                                     "(/var/task/x:./a) ./b",
		"[ ! -f absent ] || . absent; ./b":                                                                       "[(sh absent)] ./b",
		"[ -x absent ] || exit 1; ./absent":                                                                      "./absent",
		"if [ ! -x absent ]; then exit 1; fi; ./absent":                                                          "./absent",
		"if [ -x absent ]; then :; else exit 1; fi; ./absent":                                                    "./absent",
		"if [ -x absent ]; then :; elif [ $X ]; then ./a; fi; ./b":                                               "(./a) ./b",
		"if [ -x absent ]; then exec ./a; else exec ./b; fi":                                                     "[(./a)] ./b",
		"( [ -x /opt/a ] && exec /opt/a ); ./b":                                                                  "[(/opt/a)] ./b",
		"f() { [ -x /opt/a ] && exec /opt/a; }; f; ./b":                                                          "[(/opt/a)] <./b>",
		"[ -f absent ] && break; ./b":                                                                            "./b",
		"until [ -f absent ]; do ./a; done":                                                                      "./a",
		"while [ -f absent ]; do ./a; done; ./b":                                                                 "[(./a)] ./b",
		"[ -x /opt/a ] && exec /opt/a\nif":                                                                       "error: shell cannot read it: 2:1: \"if\" must be followed by a statement list",
		"[ -f x ] || { echo no; exit 1; }\n./b":                                                                  "./b",
		"[ -f x ] && exit\n./b":                                                                                  "<./b>",
		"if ./a; then cd x; fi; ./b":                                                                             "(./a) :./b",
		"if [ a ]; then :; elif cd x; then :; fi; ./b":                                                           ":./b",
		"./a || ./b":                                                 "(./a) (./b)",
		"./a 2>/dev/null || true\n./b":                               "(./a) ./b",
		"./a || exit 1\n./b":                                         "./a ./b",
		"exec ./a || ./b":                                            "./a",
		"cd x 2>/dev/null || true; ./b":                              ":./b",
		"./a && ./b":                                                 "./a (./b)",
		"./a | ./b &":                                                "./a ./b",
		"while true; do ./a; done; ./b":                              "./a (./b)",
		"while [ 1 ]; do ./a; done":                                  "./a",
		"while (( 1 )); do ./a; done":                                "./a",
		"while (( 0 )); do ./a; done":                                "[(./a)]",
		"while [[ true ]]; do ./a; done":                             "./a",
		"while ! test x; do ./a; done":                               "[(./a)]",
		"until false; do ./a; done":                                  "./a",
		"until true; do ./a; done":                                   "[(./a)]",
		"for ((;;)); do ./a; done":                                   "./a",
		"for ((i=0;i<2;i++)); do ./a; done":                          "(./a)",
		"while [ $X ]; do ./a; done":                                 "(./a)",
		"while true; do ./a || break; ./b; done; ./c":                "(./a) (./b) (./c)",
		"while :; do if [ $X ]; then continue; fi; ./b; done":        "(./b)",
		"while :; do for i in 1; do break; done; ./b; done":          "./b",
		"while :; do for i in 1; do break 2; done; ./b; done":        "(./b)",
		"for i in 1 2; do break; done; ./b":                          "./b",
		"while read x; do ./a; done":                                 "(./a)",
		"for i in a b; do ./$i; done":                                "(?)",
		"case $X in a) exec ./a;; *) exec ./b;; esac":                "(./a) (./b)",
		"exec ./a; ./b":                                              "./a",
		"exit 0; ./b":                                                "",
		"exec 2>&1\n./a":                                             "./a",
		"run() { ./a; }\nrun":                                        "./a",
		"run() { run; }\nrun":                                        "",
		"PATH=$PATH:/var/task/bin exec app":                          "/bin:/var/task/bin@app",
		"export LD_LIBRARY_PATH=/var/task/lib:$LD_LIBRARY_PATH; ./a": "/var/task/lib:/lib64=./a",
		"env -i LD_LIBRARY_PATH=/x A=b ./a":                          "/x=./a",
		"nohup nice -n 5 timeout -k 1 10 ./a":                        "./a",
		"command -v java || exit 1; java -jar x":                     "java",
		"exec $LAMBDA_TASK_ROOT/lib/ld-linux-x86-64.so.2 --library-path /l /b $_H": "/l=/var/task/lib/ld-linux-x86-64.so.2 /b",
		"bash -e run.sh":                                              "sh run.sh",
		"/bin/sh -c 'exec ./a; ./b'":                                  "./a",
		". ./env.sh; source $LAMBDA_TASK_ROOT/x":                      "sh ./env.sh ?=sh /var/task/x",
		". ./cd.sh\nexec ./a":                                         ".sh ./cd.sh /var/task/bin:./a",
		"set -a; . ./app.env; set +a; exec $APP":                      ".sh ./app.env /x=bin/app",
		". ./none.sh; exec ${APP:-./b}":                               "sh ./none.sh ?=?",
		". lib/own.sh; start":                                         ".sh lib/own.sh dirname /var/task/app",
		". lib/own.sh; exec $HERE/b":                                  ".sh lib/own.sh /var/task/lib/b",
		". ./loop.sh; ./b":                                            ".sh ./loop.sh .sh ./loop.sh .sh ./loop.sh .sh ./loop.sh .sh ./loop.sh .sh ./loop.sh .sh ./loop.sh .sh ./loop.sh sh ./loop.sh ?=./b",
		"export $(cat .env); exec ${APP:-./b}":                        "cat ?=?",
		"eval \"$(cat .env)\"; ./b":                                   "cat ? ?=:./b",
		"pushd x; popd; ./b":                                          ":./b",
		"builtin cd x; ./b":                                           "/var/task/x:./b",
		"command cd x && ./b":                                         "/var/task/x:./b",
		"exec env -C x ./b":                                           "/var/task/x:./b",
		"env --chdir=x ./b":                                           "/var/task/x:./b",
		"env -u LD_LIBRARY_PATH ./b":                                  "=./b",
		"env -i ./b":                                                  "=./b",
		"unset LD_LIBRARY_PATH; ./b":                                  "=./b",
		"LD_LIBRARY_PATH=$(cat p) ./b":                                "cat ?=./b",
		"if [ a ]; then export LD_LIBRARY_PATH=/x; fi; ./b":           "?=./b",
		"LD_LIBRARY_PATH=/x${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ./b": "/x:/lib64=./b",
		"exec ./${X:+x}b":                                             "./b",
		"timeout --signal KILL 10 nice --adjustment 5 ./b":            "./b",
		"A=./b; f() { local A=./c; }; f; exec $A":                     "./b",
		"f() { local -n r=$1; r=./b; }; A=./c; f A; exec $A":          "?=?",
		"run() { exec \"${1:-./c}\"; }; run ./b":                      "./b",
		"run() { exec \"$@\"; }; run ./b -x":                          "./b",
		"exec ${1:-./b}":                                              "./b",
		"shift; exec ${1:-./b}":                                       "?",
		"bash -c 'exec ${1:-./c}' _ ./b":                              "./b",
		"bash -c 'exec \"$0\"' ./b":                                   "./b",
		"exec ./{a,b}":                                                "?",
		"./$(basename --suffix=.sh b.sh)":                             "basename ?",
		"exec bash --rcfile x.rc run.sh":                              "sh run.sh",
		"exec $(dirname $(readlink -f $0))/app":                       "readlink dirname /var/task/bin/app",
		"eval ./a":                                                    "./a",
		"eval \"$X\"":                                                 "?",
		"X=$(./a | grep b)":                                           "./a grep",
		"export X=$(./a)":                                             "./a",
		"echo $(cd sub; ./a)":                                         "/var/task/sub:./a",
		"read CMD; $CMD":                                              "?",
		"(cd x; ./a); ./b":                                            "/var/task/x:./a ./b",
		"(set -e); cd gone; ./a":                                      "./a",
		"set -e; cd gone; ./a":                                        "/var/task/gone:./a",
		"(f() { ./a; }); f":                                           "f",
		"(export A=x; ./a); ./b":                                      "./a ./b",
		"PATH=/a:/var/task; cd $X; . cd.sh; ./b":                      "/a:/var/task@.sh :/var/task/cd.sh /a:/var/task@:./b",
		"time ./a":                                                    "./a",
		"if":                                                          "error: " + ErrCutOff.Error() + ": 1:1: \"if\" must be followed by a statement list",
		"exec ./a\nif":                                                "./a",
		"fi":                                                          "error: shell cannot read it: 1:1: \"fi\" can only be used to end an if",
		strings.Repeat("x", MaxSize+1):                                "error: " + ErrTooLarge.Error(),
		strings.Repeat("(", 500):                                      "error: " + ErrTooLarge.Error(),
		"a(){ b;b;b;b;b;b;b;b;b;b;}\nb(){ c;c;c;c;c;c;c;c;c;c;}\nc(){ d;d;d;d;d;d;d;d;d;d;}\nd(){ e;e;e;e;e;e;e;e;e;e;}\na": "error: " + ErrTooLarge.Error(),
	} {
		if got := starts(t, script); got != want {
			t.Errorf("%s\n got %s\nwant %s", script[:min(len(script), 200)], got, want)
		}
	}
}

// Whatever grows with each line of a script is bounded.
func TestBounds(t *testing.T) {
	many := func(n int, format string) (s string) {
		for i := range n {
			s += strings.ReplaceAll(format, "N", fmt.Sprint(i))
		}
		return s
	}
	for script, want := range map[string]string{
		"a=xxxxxxxxxxxxxxxx\n" + many(40, "a=$a$a\n") + "exec $a":              "?",
		"a=(x)\n" + many(40, "a=(\"${a[@]}\" \"${a[@]}\")\n") + "exec ${a[@]}": "error: " + ErrTooLarge.Error(),
		"a=xxxxxxxxxxxxxxxx\n" + many(40, "a+=$a\n") + "exec $a":               "?",
		many(300, "export aN=x\n") + "./b":                                     "error: " + ErrTooLarge.Error(),
		"a='" + many(500, "x ") + "'\nexec" + many(500, " $a"):                 "error: " + ErrTooLarge.Error(),
		"f() { ./a; f" + many(100, ` "$@"`) + "; }\nf" + many(100, " x"):       "error: " + ErrTooLarge.Error(),
		many(2500, ":\n") + "./b\nif":                                          "error: " + ErrTooLarge.Error(),
		many(150, "export aN=x\n") + many(1500, "./b;") + "exec ./a":           strings.Repeat("./b ", 1500) + "./a",
	} {
		if got := starts(t, script); got != want {
			t.Errorf("%s: %.200s, want %.200s", script[:40], got, want)
		}
	}
}

// Reading any script ends, and does not panic.
func FuzzRead(f *testing.F) {
	f.Add("cd $(dirname \"$0\") && exec ./func \"$@\"")
	f.Add("if [ -x a ]; then . ./a; else bash -c \"$X\"; fi")
	f.Fuzz(func(t *testing.T, script string) {
		list, err := Read([]byte(script), Config{Script: "/var/task/bootstrap", Dir: "/var/task"})
		if err != nil && len(list) > 0 {
			t.Error(fmt.Errorf("%d starts with an error: %w", len(list), err))
		}
	})
}
