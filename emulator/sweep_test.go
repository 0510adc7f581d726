//go:build linux

package emulator

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// leaver is the variable with which a test starts its own program again, as a process that
// has a function until it is killed.
const leaver = "BOOTZIP_TEST_LEAVER"

// TestLeaver is what that process runs.
func TestLeaver(t *testing.T) {
	zip, found := os.LookupEnv(leaver)
	if !found {
		return
	}
	f, err := New(context.Background(), Config{Zip: zip, Handler: "pid", Temp: os.Getenv("TMPDIR"), Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.Invoke(context.Background(), Request{Payload: []byte("1")})
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("pid " + string(resp.Payload) + "\n")
	time.Sleep(time.Hour)
}

// The next emulator removes what a killed one left, including its plain processes, but not
// what a living one uses.
func TestSweep(t *testing.T) {
	temp := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func() (cmd *exec.Cmd, function string) {
		cmd = exec.Command(self, "-test.run=^TestLeaver$")
		cmd.Env = append(os.Environ(), leaver+"="+faultyZip(t), "TMPDIR="+temp)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if pid, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
				return cmd, pid
			}
		}
		t.Fatal("it did not begin")
		return nil, ""
	}
	killed, orphan := start()
	_ = killed.Process.Signal(syscall.SIGKILL)
	_ = killed.Wait()
	_, living := start() // sweeps
	list, err := filepath.Glob(filepath.Join(temp, tempName+"-*"))
	if err != nil || len(list) != 1 {
		t.Errorf("folders are %v, %v", list, err)
	}
	for try := 0; ; try++ {
		if _, err := os.Stat("/proc/" + orphan + "/exe"); os.IsNotExist(err) || try == 500 {
			if !os.IsNotExist(err) {
				t.Errorf("process %s is left", orphan)
			}
			break
		}
		if text, _ := os.Readlink("/proc/" + orphan + "/exe"); text == "" {
			break // it has ended, but its parent has not collected it
		}
		time.Sleep(10 * time.Millisecond)
	}
	sweep(temp)
	if _, err := os.Stat("/proc/" + living + "/exe"); err != nil || len(list) == 1 && !exists(list[0]) {
		t.Errorf("what a living one uses was swept: %v", err)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
