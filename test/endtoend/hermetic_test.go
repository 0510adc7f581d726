//go:build linux

package endtoend

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/project"
)

// curious is a build that looks for what it should not find, and appends a report to the
// program that it makes. %[1]s is a port of the host on which the test listens, %[2]s one of
// the caller's directories, with secrets in it.
const curious = `#!/bin/bash
bounds() {
	# Of control groups in version 1 or 2, at their usual places.
	for file in /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max; do
		if [ -e "$file" ]; then echo "processes-by-control-group $(cat "$file")"; fi
	done
	for file in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do
		if [ -e "$file" ]; then echo "memory-by-control-group $(cat "$file")"; fi
	done
	sed -n 's/^Max processes \+\([^ ]*\) \+\([^ ]*\) .*/processes-by-ulimit \1/p; s/^Max data size \+\([^ ]*\) \+\([^ ]*\) .*/memory-by-ulimit \1/p' /proc/self/limits
	echo "tmp $(($(stat -f -c '%%S * %%b' /tmp)))"
}
report() {
	echo "user $(id -u):$(id -g)"
	sed -n 's/^\(Cap[A-Za-z]*\|NoNewPrivs\|Seccomp\):\s*/\1 /p' /proc/self/status
	awk '$5 == "/" { split($6, options, ","); print "root", options[1] }' /proc/self/mountinfo
	for name in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$name | sed 's/^/namespace /'; done
	bounds
	env | sed 's/^/env /'

	for name in $(ls /sys/class/net); do echo "interface $name"; done
	for host in 127.0.0.1 172.17.0.1 10.88.0.1 %[3]s; do
		if (exec 3<>/dev/tcp/$host/%[1]s) 2>/dev/null; then echo "reached $host"; fi
	done
	if getent hosts www.debian.org; then echo "reached a name server"; fi

	for file in %[2]s/.netrc %[2]s/.ssh/id ~/.netrc ~/.ssh/id /root/?netrc /src/../.netrc /run/secrets/* /var/run/docker.sock; do
		if [ -e "$file" ]; then echo "found $file"; fi
	done
	# Nor is it in the environment or the command line of any other process,
	# or in a mount.
	if grep -a -l sesame /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/self/mountinfo 2>/dev/null; then echo "found sesame"; fi

	for file in /src/x /src/curious/x /usr/x /usr/local/x /etc/x /bin/x /x /home/x /root/x /bootzip/x; do
		if (echo x >"$file") 2>/dev/null; then echo "wrote $file"; fi
	done
	# And whatever else there is, but for what goes with the container.
	find / -path /proc -prune -o -path /sys -prune -o -type d -writable -print 2>/dev/null | while read -r dir; do
		echo "writable $(stat -f -c %%T "$dir") $dir"
	done
	if chown 1:1 "$OUT" 2>/dev/null; then echo "gave a file away"; fi
	if mount -o remount,rw / 2>/dev/null || mount -o remount,rw /src 2>/dev/null; then echo "mounted"; fi
	for name in $(ls /dev); do
		case $name in
		fd | full | null | ptmx | pts | random | stderr | stdin | stdout | tty | urandom | zero | mqueue | shm | core) ;;
		*) echo "device $name" ;;
		esac
	done
	if (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || (echo 1 >/proc/sys/vm/drop_caches) 2>/dev/null; then echo "set up the kernel"; fi
	echo end
}
{ cat /bin/true; echo; report; } >"$OUT/bootstrap"

# Files beside its output are no part of anything.
echo x >"$OUT/beside"
(echo x >"$OUT/../../stray") 2>/dev/null || true # not where the output folder is a copy
`

// secrets makes a home directory with files that a build must not see.
func secrets(t testing.TB) (home string) {
	t.Helper()
	home = t.TempDir()
	put(t, filepath.Join(home, ".netrc"), "machine example.com login x password sesame\n")
	put(t, filepath.Join(home, ".ssh", "id"), "sesame\n")
	put(t, filepath.Join(home, ".docker", "config.json"), `{"proxies":{"default":{"httpProxy":"http://user:sesame@127.0.0.1:9","httpsProxy":"http://user:sesame@127.0.0.1:9","noProxy":"sesame","ftpProxy":"http://sesame","allProxy":"http://sesame"}}}`)
	return home
}

// ownAddress is an address of this machine that others could reach.
func ownAddress(t testing.TB) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	return "127.0.0.1"
}

// commandFunction is a function whose build is the script build.sh of its directory.
func commandFunction(name string) project.Function {
	return project.Function{
		Name: name, Source: name, Language: project.Command, Command: []string{"bash", "build.sh"},
		Arch: []project.Arch{project.AMD64}, Runtime: project.AL2023,
	}
}

// A build in a container finds neither network nor secrets, can write only its output, and
// cannot exceed its bounds.
func TestContainerIsClosed(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		user := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
		if os.Getuid() == 0 {
			user = rootsUser
		}
		t.Run("here", func(t *testing.T) { closed(t, client, user) })
		if client == "docker" && os.Getenv("DOCKER_HOST") == "" {
			t.Run("on another machine", func(t *testing.T) {
				closed(t, client, copiesUser, "DOCKER_HOST=tcp://"+overTCP(t))
			})
		}
	})
}

// The users who run a container's commands: if the caller is root, and if the engine is on
// another machine.
const (
	rootsUser  = "2000000000:2000000000"
	copiesUser = "1000:1000"
)

// closed builds a curious function with the client, as the user who runs the tests.
func closed(t *testing.T, client, user string, env ...string) {
	t.Helper()
	home := secrets(t)
	root := tree(t, map[string]string{"curious/build.sh": curiousScript(t, home)})
	c := config(t, root, client, []project.Function{commandFunction("curious")})
	// Use the image in which everything is built.
	c.Project = append(load(t, filepath.Join(repository(t), otherProject)), c.Functions...)
	c.Environ = append(append(os.Environ(), sesame...), env...)
	if client == "docker" {
		c.Environ = append(c.Environ, "DOCKER_CONFIG="+filepath.Join(home, ".docker"))
	}
	before := files(t, root)
	r := mustBuild(t, c)
	seen := checkReport(t, read(t, r.Artifacts[0].Path), user)
	// As root, the engines can bound everything.
	if want := (build.Bounds{Memory: r.Bounds.Memory, MemoryBy: "control group", Processes: r.Bounds.Processes, ProcessesBy: "control group", Seccomp: true}); os.Getuid() == 0 && r.Bounds != want {
		t.Errorf("bounds are said to be %+v, want %+v", r.Bounds, want)
	}
	for kind, want := range map[string]uint64{
		"memory-by-" + strings.ReplaceAll(r.Bounds.MemoryBy, " ", "-"):       r.Bounds.Memory,
		"processes-by-" + strings.ReplaceAll(r.Bounds.ProcessesBy, " ", "-"): r.Bounds.Processes,
	} {
		if seen[kind] != strconv.FormatUint(want, 10) {
			t.Errorf("%s is %q inside, and is said to be %d", kind, seen[kind], want)
		}
	}

	after := files(t, root)
	delete(after, "dist/curious/amd64/bootstrap")
	if len(after) != len(before) {
		t.Errorf("the project has other files than before: %q", after)
	}
}

// A command that the kernel kills is most likely one that took too much memory.
func TestKilledBuildNamesTheBound(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		root := tree(t, map[string]string{"greedy/build.sh": "kill -KILL $$\n"})
		c := config(t, root, client, []project.Function{commandFunction("greedy")})
		c.Project = load(t, filepath.Join(repository(t), otherProject))
		_, err := run(t.Context(), t, c)
		if err == nil || !strings.Contains(err.Error(), "hint: a container has at most") {
			t.Errorf("error is %v", err)
		}
	})
}

// sesame is an environment with secrets in it.
var sesame = []string{
	"SECRET=sesame", "AWS_SECRET_ACCESS_KEY=sesame",
	"HTTP_PROXY=http://user:sesame@127.0.0.1:9", "https_proxy=http://user:sesame@127.0.0.1:9", "no_proxy=127.0.0.1,localhost",
}

// curiousScript is the build of a curious function, for a caller with secrets in the
// directory home. Until the test ends, it listens on a port that must not be reached.
func curiousScript(t testing.TB, home string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(curious, port, home, ownAddress(t))
}

// allowed are the lines that a curious build may report, besides those that
// checkReport looks at itself.
var allowed = []*regexp.Regexp{
	regexp.MustCompile(`^Cap[A-Za-z]+ 0+$`),
	regexp.MustCompile(`^NoNewPrivs 1$`),
	regexp.MustCompile(`^Seccomp 2$`),
	regexp.MustCompile(`^root ro$`),
	regexp.MustCompile(`^interface lo$`),
	regexp.MustCompile(`^writable \S+ /(out|cache)(/.*)?$`),
	regexp.MustCompile(`^writable (tmpfs|mqueue|devpts) /(tmp|dev)(/.*)?$`),
}

// checkReport checks the report that a curious build has appended to its program, and that
// the build ran as the user, "UID:GID". It returns the values that were reported once, by
// their kind.
func checkReport(t *testing.T, bootstrap, user string) map[string]string {
	t.Helper()
	_, report, ok := strings.Cut(bootstrap, "\nuser ")
	if !ok || !strings.HasSuffix(report, "\nend\n") {
		t.Fatal("the bootstrap ends without a report")
	}
	report = "user " + strings.TrimSuffix(report, "end\n")
	var environ []string
	seen := map[string]string{}
	for line := range strings.Lines(report) {
		line = strings.TrimSuffix(line, "\n")
		kind, value, _ := strings.Cut(line, " ")
		seen[kind] = value
		switch kind {
		case "env":
			environ = append(environ, value)
		case "user":
			if value != user {
				t.Errorf("it ran as %s, want %s", value, user)
			}
		case "namespace":
			// Control groups of version 1 are seen from the host's namespace,
			// and engines that run as root share its users.
			name, _, _ := strings.Cut(value, ":")
			if own, err := os.Readlink("/proc/self/ns/" + name); err != nil || own == value && name != "cgroup" && name != "user" {
				t.Errorf("it shares the namespace %s (%v)", value, err)
			}
		case "processes-by-control-group", "processes-by-ulimit", "memory-by-control-group", "memory-by-ulimit", "tmp":
			// Compared below.
		default:
			if !slices.ContainsFunc(allowed, func(r *regexp.Regexp) bool { return r.MatchString(line) }) {
				t.Errorf("it reports: %s", line)
			}
		}
	}
	for _, kind := range []string{"CapEff", "CapBnd", "CapPrm", "CapInh", "NoNewPrivs", "Seccomp", "root", "interface", "namespace", "writable", "env"} {
		if _, ok := seen[kind]; !ok {
			t.Errorf("it reports nothing of %q", kind)
		}
	}
	// One of the two ways must bound it.
	number := func(kind string) uint64 {
		if n, err := strconv.ParseUint(seen[kind], 10, 64); err == nil {
			return n
		}
		return math.MaxUint64 // "max", "unlimited", or nothing
	}
	if n := min(number("processes-by-control-group"), number("processes-by-ulimit")); n > 16384 {
		t.Errorf("%d processes are allowed", n)
	}
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		t.Fatal(err)
	}
	total := uint64(machine.Totalram) * uint64(machine.Unit)
	if n := min(number("memory-by-control-group"), number("memory-by-ulimit")); n > total*4/5 {
		t.Errorf("%d bytes of memory are allowed, of %d", n, total)
	}
	if n := number("tmp"); n > total*2/5 {
		t.Errorf("/tmp can have %d bytes, of %d of memory", n, total)
	}
	// The variables that docs/languages.md names, those that only say where things are, and
	// those that bash adds.
	known := []string{"HOME", "TMPDIR", "TZ", "LANG", "SOURCE_DATE_EPOCH", "PATH", "OUT", "ARCH", "GOARCH", "CACHE", "PWD", "OLDPWD", "SHLVL", "_"}
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); !slices.Contains(known, name) {
			t.Errorf("it has the variable %s", e)
		}
	}
	return seen
}

// A build can replace its directories with links, but these lead nowhere outside: neither
// its output nor its messages are read from elsewhere on the host.
func TestLinksOfABuildLeadNowhere(t *testing.T) {
	containers(t, func(t *testing.T, client string) {
		home := secrets(t)
		precious := []string{filepath.Join(home, "bootstrap"), filepath.Join(home, "amd64", "bootstrap")}
		for _, p := range precious {
			put(t, p, read(t, "/bin/true"))
		}
		for name, script := range map[string]string{
			"log":        "n=$(ls /out/.job/*.log); rm $n; ln -s " + home + "/.netrc $n; exit 1",
			"log folder": "mv /out/.job /out/job; mkdir /out/x; ln -s " + home + "/.netrc /out/x/0.log; ln -s x /out/.job; exit 1",
			"logs":       "rm -rf /out/.job; ln -s " + home + " /out/.job; exit 1",
			"program":    "ln -s " + precious[0] + " $OUT/bootstrap",
			"folder":     "rm -r $OUT; ln -s " + home + " $OUT",
			"above":      "d=$(dirname $OUT); rm -r $d; ln -s " + home + " $d",
			"pipe":       "mkfifo $OUT/bootstrap",
			"log pipe":   "n=$(ls /out/.job/*.log); rm $n; mkfifo $n; exit 1",
		} {
			t.Run(name, func(t *testing.T) {
				root := tree(t, map[string]string{"links/build.sh": script + "\n"})
				c := config(t, root, client, []project.Function{commandFunction("links")})
				c.Project = load(t, filepath.Join(repository(t), otherProject))
				_, err := run(t.Context(), t, c)
				// The build ran, and either made no program or left no log.
				var failure *build.Failure
				if err == nil || !errors.As(err, &failure) && !strings.Contains(err.Error(), "messages of a build cannot be read") {
					t.Errorf("error is %v", err)
				}
				if err != nil && strings.Contains(err.Error(), "sesame") {
					t.Errorf("a secret is in the error: %v", err)
				}
				if found := files(t, c.Dist); len(found) > 0 {
					t.Errorf("dist has %d files", len(found))
				}
				for _, p := range precious {
					read(t, p)
				}
				if left := stages(t, c.Dist); len(left) > 0 {
					t.Errorf("left: %q", left)
				}
			})
		}
	})
}
