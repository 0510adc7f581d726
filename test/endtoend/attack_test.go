//go:build linux

package endtoend

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bootzip/bootzip/test/attack"
)

var update = flag.Bool("update", false, "write what TestAttack finds into test/attack/open.tsv")

// What a place gives to the code that runs in it, in bytes or as a number. If a place
// promises nothing, it is what a function would have.
const (
	attackMemory = 128 << 20
	attackTemp   = 32 << 20
	attackTasks  = 1024 // threads and descriptors: Lambda's limits
)

// TestAttack checks that exactly the attempts in test/attack/open.tsv get out of each
// place where untrusted code runs. No attempt may succeed that is not in the table, and
// none in the table may fail.
//
// Attempts that this machine's kernel refuses even to root on the host are not expected
// to succeed anywhere.
func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	table, err := attack.Openings()
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]bool{} // by the host, even to root
	if os.Getuid() == 0 {
		t.Run("host", func(t *testing.T) {
			for _, o := range newRaid(t, caller{home: t.TempDir(), same: true}, "host").run(t) {
				refused[o.ID] = !o.Open
				if !o.Open && !o.Absent && !slices.Contains(restricted, o.ID) {
					t.Errorf("%s never succeeds, not even as root on the host: %s", o.ID, o.Said)
				}
			}
		})
	}
	var mu sync.Mutex
	after := table
	t.Run("places", func(t *testing.T) {
		for _, r := range raids(t) {
			t.Run(r.place, func(t *testing.T) {
				t.Parallel()
				who, env := r.who(t)
				raid := newRaid(t, who, r.place)
				raid.env = env
				open, said := raid.open(t)
				mu.Lock()
				after = attack.Record(after, r.place, open)
				mu.Unlock()
				if !*update {
					compareOpen(t, open, attack.Expected(table, r.place), said, refused)
				}
			})
		}
	})
	if *update {
		put(t, filepath.Join(repository(t), "test", "attack", "open.tsv"), attack.FormatOpenings(after))
	}
}

// restricted are attempts that succeed on a full machine, but not if its root lacks some
// capabilities or may not open disks, as in many containers and virtual machines that run
// tests.
var restricted = []string{
	"dev-disk", "mknod-disk", "oom-score", "rlimit-raise", "sysctl-max-user-namespaces",
}

// open makes the attempts and returns the ids of those that succeeded, and why the others
// failed.
func (r *raid) open(t *testing.T) (open []string, said map[string]string) {
	said = map[string]string{}
	outcomes := r.run(t)
	for _, o := range outcomes {
		if o.Open {
			open = append(open, o.ID)
			continue
		}
		said[o.ID] = o.Said
	}
	slices.Sort(open)
	t.Logf("%d of %d attempts succeed: %s", len(open), len(outcomes), strings.Join(open, " "))
	return open, said
}

func compareOpen(t *testing.T, open, expected []string, said map[string]string, refused map[string]bool) {
	t.Helper()
	for _, id := range open {
		if !slices.Contains(expected, id) {
			t.Errorf("%s succeeds, and is not in the table", id)
		}
	}
	for _, id := range expected {
		if !slices.Contains(open, id) && !refused[id] {
			t.Errorf("%s does not succeed, and the table says it does: %s", id, said[id])
		}
	}
}

// A plannedRaid is a place, and the caller who attacks there.
type plannedRaid struct {
	place string
	who   func(t *testing.T) (who caller, env []string)
}

// raids returns the places that are available here: each as root and as a plain user, or
// as the plain user who runs the tests.
func raids(t *testing.T) []plannedRaid {
	self := func(t *testing.T) (caller, []string) { return caller{home: t.TempDir(), same: true}, nil }
	other := func(t *testing.T) (caller, []string) { return stranger(t), nil }
	var all []plannedRaid
	add := func(place string) {
		if os.Getuid() == 0 {
			all = append(all, plannedRaid{place, self}, plannedRaid{place + "/user", other})
			return
		}
		all = append(all, plannedRaid{place + "/user", self})
	}
	for _, engine := range engines(t) {
		switch engine {
		case "sandbox":
			for _, place := range []string{"sandbox", "boot", "invoke", "script"} {
				add(place)
			}
		case "docker":
			add(engine)
		case "podman":
			if os.Getuid() != 0 {
				add(engine)
				continue
			}
			all = append(all, plannedRaid{engine, self}, plannedRaid{engine + "/user", func(t *testing.T) (caller, []string) {
				who := known(t)
				return who, podmanWithoutRoot(t, who)
			}})
		}
	}
	return all
}

// A raid is one attack: who makes it, and where.
type raid struct {
	place  string // without "/user"
	who    caller
	env    []string // of the caller
	folder string   // of the caller
	target attack.Target
}

// newRaid prepares, around the place, what attempts look for or try to reach, and starts
// what they attack.
func newRaid(t *testing.T, who caller, place string) *raid {
	t.Helper()
	r := &raid{who: who, folder: filepath.Join(who.home, "raid")}
	r.place, _, _ = strings.Cut(place, "/")
	planted := filepath.Join(r.folder, "planted")
	mark := fmt.Sprintf("attack-%d-%d", os.Getpid(), time.Now().UnixNano())
	r.target = attack.Target{
		Planted: planted, Secret: "sesame-" + mark, Mark: mark, Abstract: mark, Socket: filepath.Join(planted, "socket"),
		Memory: attackMemory, Temp: attackTemp, Tasks: attackTasks, Files: attackTasks, Nodes: map[string]attack.Node{},
	}
	put(t, filepath.Join(planted, "secret"), r.target.Secret)
	if err := os.Chmod(planted, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/", "/etc", "/etc/shadow", "/etc/gshadow", "/root", "/home", "/tmp", "/run", "/var", "/usr", "/boot"} {
		var s syscall.Stat_t
		if err := syscall.Stat(name, &s); err == nil {
			r.target.Nodes[name] = attack.Node{Device: s.Dev, Inode: s.Ino}
		}
	}
	r.target.TCP = listen(t, "tcp", "127.0.0.1:0")
	r.target.Address = listen(t, "tcp", ownAddress(t)+":0")
	listen(t, "unix", "@"+r.target.Abstract)
	listen(t, "unix", r.target.Socket)
	if err := os.Chmod(r.target.Socket, 0o777); err != nil {
		t.Fatal(err)
	}
	who.own(t, who.home)
	r.use(t)
	r.target.Victim = r.victim(t)
	return r
}

// listen accepts connections from anyone until the end of the test.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

// use opens /dev/null again and again until the end of the test, for an attempt that
// watches it.
func (r *raid) use(t *testing.T) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		defer ended.Done()
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				if f, err := os.Open(os.DevNull); err == nil {
					f.Close()
				}
			}
		}
	}()
	t.Cleanup(func() { close(done); ended.Wait() })
}

// victim starts a process of the same user, which attempts attack.
func (r *raid) victim(t *testing.T) int {
	t.Helper()
	cmd := r.who.command(r.target.Planted, []string{"SECRET=" + r.target.Secret}, attacker(t), "victim", r.target.Mark)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	if _, err := stdout.Read(make([]byte, 6)); err != nil {
		t.Fatalf("the process that is to be attacked: %v", err)
	}
	return cmd.Process.Pid
}

// run attacks from a process that the caller starts with a forgotten open descriptor.
func (r *raid) run(t *testing.T) []attack.Outcome {
	t.Helper()
	order, err := json.Marshal(raidOrder{Place: r.place, Folder: r.folder, Attacker: attacker(t), Target: r.target})
	if err != nil {
		t.Fatal(err)
	}
	forgotten, err := os.Open(r.target.Planted)
	if err != nil {
		t.Fatal(err)
	}
	defer forgotten.Close()
	cmd := r.who.command(r.folder, append(r.env, "BOOTZIP_TEST_RAID="+string(order)), ownCopy(t))
	cmd.ExtraFiles = []*os.File{forgotten}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", r.place, err, stderr.String(), out)
	}
	var outcomes []attack.Outcome
	if err := json.Unmarshal(out, &outcomes); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// No attempt is missing, and none was made twice.
	var want, got []string
	for _, a := range attack.All() {
		want = append(want, a.ID)
	}
	for i, o := range outcomes {
		got = append(got, o.ID)
		if o.ID == "leftover" && o.Said == attack.ErrSeenLater.Error() {
			outcomes[i].Open = r.leftBehind(t)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Fatalf("there were %d attempts, want each of %d once", len(got), len(want))
	}
	return outcomes
}

// leftBehind reports whether a process has outlived the place, and ends it.
func (r *raid) leftBehind(t *testing.T) bool {
	t.Helper()
	for range 100 {
		if len(attack.Linger(r.target.Mark)) == 0 {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, pid := range attack.Linger(r.target.Mark) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	return true
}

// programOnce is a program that is built once, and that any user may run.
type programOnce struct {
	once sync.Once
	file string
}

func (p *programOnce) get(t testing.TB, name string, produce func(file string) error) string {
	t.Helper()
	p.once.Do(func() {
		file := filepath.Join(workFolder, name)
		err := produce(file)
		if err == nil {
			err = os.Chmod(file, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.file = file
	})
	if p.file == "" {
		t.Fatalf("%s was not made, see above", name)
	}
	return p.file
}

var attackerProgram, raidProgram programOnce

// attacker is the program that makes the attempts.
func attacker(t testing.TB) string {
	return attackerProgram.get(t, "attacker", func(file string) error {
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, "../attack/attacker")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	})
}

// ownCopy is a copy of this program that any user may start.
func ownCopy(t testing.TB) string {
	return raidProgram.get(t, "raid", func(file string) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		_, err = try("cp", self, file)
		return err
	})
}
