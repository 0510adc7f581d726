package process

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The user and group of a function on Lambda, from public Dockerfiles and reports; AWS
// documents neither.
const (
	lambdaUID  = 993
	lambdaGID  = 990
	lambdaUser = "sbx_user1051"
)

// etcFiles are the files of Lambda's /etc that a program needs. Their content is made
// for the sandbox; name resolution and certificate authorities are this machine's.
var etcFiles = map[string]string{
	"passwd": "root:x:0:0:root:/root:/bin/bash\n" +
		lambdaUser + ":x:993:990::/home/" + lambdaUser + ":/sbin/nologin\n" +
		"nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin\n",
	"group":         "root:x:0:\n" + lambdaUser + ":x:990:\nnobody:x:65534:\n",
	"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	"host.conf":     "multi on\n",
	"os-release": `NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PLATFORM_ID="platform:al2023"
PRETTY_NAME="Amazon Linux 2023"
`,
}

// certificateFiles are where systems keep the certificate authorities in one file; the
// first that can be read counts (crypto/x509, root_linux.go).
var certificateFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// certificateNames are where programs on Amazon Linux and Debian look for the
// authorities, below /etc.
var certificateNames = []string{
	"pki/tls/certs/ca-bundle.crt", "pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "ssl/certs/ca-certificates.crt", "ssl/cert.pem",
}

// hostEtc are the files of this machine's /etc that its programs need: awk, java and
// "which" are links through alternatives.
var hostEtc = []string{"alternatives", "ld.so.cache"}

// WriteEtc writes what instances see as /etc into an empty directory.
func WriteEtc(dir string) error {
	files := maps.Clone(etcFiles)
	// Resolve names as on this machine.
	machine, _ := os.ReadFile("/etc/hosts")
	files["hosts"] = hosts(string(machine))
	if servers, err := os.ReadFile("/etc/resolv.conf"); err == nil {
		files["resolv.conf"] = string(servers)
	}
	for _, name := range certificateFiles {
		if bundle, err := os.ReadFile(name); err == nil {
			files[certificateNames[0]] = string(bundle)
			break
		}
	}
	for name, content := range files {
		if err := write(dir, name, content); err != nil {
			return err
		}
	}
	if files[certificateNames[0]] != "" {
		for _, name := range certificateNames[1:] { // 200 kB each
			err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
			if err == nil {
				err = os.Link(filepath.Join(dir, certificateNames[0]), filepath.Join(dir, name))
			}
			if err != nil {
				return err
			}
		}
	}
	for _, name := range hostEtc { // where the machine's own will be mounted
		info, err := os.Stat("/etc/" + name)
		if err == nil && info.IsDir() {
			err = os.Mkdir(filepath.Join(dir, name), 0o755)
		} else if err == nil {
			err = write(dir, name, "")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(dir, emptyDir), 0o755); err != nil {
		return err
	}
	return makeReadable(dir)
}

// emptyDir is a directory of /etc without files, as Amazon Linux has it.
const emptyDir = "opt"

// hosts returns the /etc/hosts of a sandbox, given this machine's.
//
// Lambda's names for the execution environment come first, because a program may
// listen on them, not only connect to them (AWS Lambda developer guide, "Accessing
// real-time telemetry data for extensions using the Telemetry API"; AWS's samples use
// the short one). host.docker.internal is how programs in Docker's containers reach
// the machine. Sandboxes share its network, so that is the loopback address, unless
// the machine says otherwise.
func hosts(machine string) string {
	table := "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 sandbox.localdomain sandbox\n" + machine
	if !strings.HasSuffix(table, "\n") {
		table += "\n"
	}
	const docker = "host.docker.internal"
	for line := range strings.Lines(machine) {
		line, _, _ = strings.Cut(line, "#")
		if names := strings.Fields(line); len(names) > 1 && slices.Contains(names[1:], docker) {
			return table
		}
	}
	return table + "127.0.0.1 " + docker + "\n"
}

// write writes a file, whose name is slash-separated, and the directories above it.
func write(dir, name, content string) error {
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}

// makeReadable makes everything in a directory world-readable, whatever the umask is.
func makeReadable(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if e.IsDir() {
			mode = 0o755
		}
		return os.Chmod(name, mode)
	})
}
