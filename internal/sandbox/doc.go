// Package sandbox runs commands in their own Linux namespaces: without a
// daemon, an image or root.
//
// Run runs commands to their end, for builds. Start starts one program that keeps
// running, for functions.
//
// # Guarantees
//
//   - No process inside is root outside. If the caller is root, a sandbox has an
//     unused user id of the machine, a different one for each sandbox. Otherwise its
//     processes run as the caller, and cannot gain privileges.
//   - A program has no capabilities, gains no privileges, and makes no
//     namespaces. A filter of system calls (seccomp) allows what Docker's
//     default profile allows without capabilities, except ptrace, the setuid and
//     setgid bits of modes, and sockets other than unix, IPv4, IPv6 and netlink. The
//     list in filter_linux.go names further exceptions.
//   - It sees an otherwise empty root with the requested mounts, a /dev with null,
//     zero, full, random and urandom, none of which it can change, and a /tmp that is
//     deleted with the sandbox. Start adds a /proc with the sandbox's processes, masked
//     as OCI runtimes mask it. The root and the read-only mounts cannot be written.
//   - It has no descriptors except standard input, output and error.
//   - With Run it has no network, not even a working loopback interface. With Start it
//     has the network of the host, or one of its own with only a loopback interface.
//   - When the caller dies, so does everything in the sandbox.
//   - With Run, files that commands write belong to the caller, and commands can read
//     files that only the caller may read.
//
// # Exceptions
//
//   - The host's kernel is shared, as with containers.
//   - Memory is counted (Process.Usage) but not bounded. Memory that only the kernel
//     holds is not counted: buffers of pipes and sockets, memfds that are in flight over
//     a Unix socket or open only in a thread with its own descriptor table, and shared
//     pages that no process has mapped any more (MADV_DONTNEED) in files that are closed.
//   - If the kernel accepts no filter, the program runs without one, and
//     Process.Unfiltered and Result.Unfiltered say why.
//   - A filter is loaded before qemu-user starts, so it is a filter for this machine's
//     architecture.
//   - In the network of the host, a program can reach everything that listens on the
//     host's loopback interface and on abstract unix sockets.
//   - It needs Linux 5.12; on other systems everything fails with ErrUnsupported. For root,
//     Run needs file systems that map ids: ext4, xfs, btrfs and others, tmpfs since
//     6.3, but not overlayfs. Some distributions forbid namespaces to plain users,
//     and docker's default profile forbids them in containers. Probe says why.
//   - A limit on tasks works if the caller is root, and since Linux 5.14 for all users.
//     For the root of a user namespace, who may be root outside too, Process.TasksBounded
//     is false.
//
// # How it works
//
// The program starts itself again, in new namespaces. There, an init function of
// this package prepares the root and runs the commands before main. Every program
// that imports this package has that hook, but it acts only if it is process 1 of a
// namespace and was started under the name that Run and Start use.
package sandbox
