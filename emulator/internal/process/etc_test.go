package process

import (
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	const own = "127.0.0.1 host.docker.internal\n"
	for machine, want := range map[string]bool{
		"": true, "10.0.0.1 db": true, "10.0.0.1 db # host.docker.internal\n": true, "10.0.0.1 host.docker.internal.example\n": true,
		"10.0.0.1 sandbox\n":                           true,
		"172.17.0.1\tdb host.docker.internal # here\n": false,
	} {
		table := hosts(machine)
		if got := strings.HasSuffix(table, "\n"+own); got != want {
			t.Errorf("%q: %q", machine, table)
		}
		if !strings.Contains(table, machine) || !strings.HasPrefix(table, "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 sandbox.localdomain sandbox\n") {
			t.Errorf("%q: %q lacks the machine's own", machine, table)
		}
	}
}
