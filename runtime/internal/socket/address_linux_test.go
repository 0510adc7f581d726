//go:build linux && (amd64 || arm64)

package socket

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

func TestResolve(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:9001":       "127.0.0.1:9001",
		"169.254.100.1:9001":   "169.254.100.1:9001",
		"localhost:40001":      "127.0.0.1:40001", // more than a signed 16-bit number
		"127.0.0.1:65535":      "127.0.0.1:65535",
		"[::1]:80":             "[::1]:80",
		"[fe80::1:2]:80":       "[fe80::1:2]:80",
		"[1:2:3:4:5:6:7:8]:80": "[1:2:3:4:5:6:7:8]:80",
		"[1::]:80":             "[1::]:80",
	} {
		sa, _, err := resolve(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		var got string
		switch a := sa.(type) {
		case *syscall.SockaddrInet4:
			got = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
		case *syscall.SockaddrInet6:
			got = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)).String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
	for _, address := range []string{"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", ":9001", "no-such-host.invalid:80", "1.2.3:80", "[::1:80"} {
		if _, _, err := resolve(address); err == nil || !strings.Contains(err.Error(), address) {
			t.Errorf("%q: error is %v", address, err)
		}
	}
}

func FuzzParseIP(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3.4.5", "::", "::1", "1::2", "1:2:3:4:5:6:7:8", "1::2::3", ":1", "1:", "12345::", "1:2:3:4:5:6:7::", "::1:2:3:4:5:6:7:8", "+1.2.3.4", "::+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		a4, ok4 := parseIPv4(s)
		a6, ok6 := parseIPv6(s)
		if ok4 && (err != nil || want != netip.AddrFrom4(a4)) {
			t.Errorf("%q is %v, by netip %v, %v", s, a4, want, err)
		}
		if ok6 && (err != nil || want != netip.AddrFrom16(a6)) {
			t.Errorf("%q is %v, by netip %v, %v", s, a6, want, err)
		}
		if err == nil && want.Is4() && !ok4 {
			t.Errorf("%q was refused", s)
		}
		if err == nil && want.Is6() && want.Zone() == "" && !strings.Contains(s, ".") && !ok6 {
			t.Errorf("%q was refused", s)
		}
	})
}

func TestLookup(t *testing.T) {
	const hosts = "# comment\n127.0.0.1 localhost\n\n  10.0.0.7\tapi api.local # other\n10.0.0.8 other\r\n10.0.0.9 last"
	for name, want := range map[string]string{"api": "10.0.0.7", "api.local": "10.0.0.7", "other": "10.0.0.8", "last": "10.0.0.9", "comment": "", "10.0.0.7": "", "": ""} {
		if got := lookup(hosts, name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
