// Package sandbox runs commands in their own Linux namespaces: without a
// daemon, an image or root.
//
// Run runs commands to their end, for builds. Start starts one program that
// lives on, for functions.
//
// # What holds
//
//   - No process inside is root outside. For root, a sandbox has an unused user
//     id of the machine, a different one for each sandbox. For all others its
//     processes are the caller, and cannot gain privileges.
//   - A program has no capabilities, gains no privileges, and makes no
//     namespaces. A filter of system calls (seccomp) allows what Docker's
//     default profile allows without capabilities, but for ptrace, the setuid
//     bits of modes, and sockets other than unix, IPv4, IPv6 and netlink.
//   - It sees an otherwise empty root with the mounts that were asked for, /dev
//     with null, zero, full, random and urandom, none of which it can change, and a
//     /tmp that is thrown away. Start adds /proc with its own processes, masked
//     as OCI runtimes mask it. The root and the read-only mounts cannot be written.
//   - It has no descriptor but standard input, output and error.
//   - Run has no network, not even a loopback interface. Start has the network
//     of the host, or its own with nothing in it but a loopback interface.
//   - When the caller dies, so does everything in the sandbox.
//   - Files that commands of Run write belong to the caller, and files that only
//     the caller may read can be read.
//
// # Exceptions
//
//   - The host's kernel is shared, as with containers.
//   - Memory is counted (Process.Usage) and not bounded. Not counted is what
//     only the kernel holds: buffers of pipes and sockets, memfds that are in flight over a
//     Unix socket or open only in a thread with its own table of descriptors, and shared
//     pages that no process has mapped any more (MADV_DONTNEED) in files that are closed.
//   - Where the kernel accepts no filter, the program runs without one, and
//     Process.Unfiltered and Result.Unfiltered say so.
//   - A filter is loaded before qemu-user starts, and so is of this machine's
//     architecture.
//   - In the network of the host a program reaches what listens on its loopback
//     interface and on abstract unix sockets.
//   - It needs Linux 5.12; on other systems all fails with ErrUnsupported. For root,
//     Run needs file systems that map ids: ext4, xfs, btrfs and others, tmpfs since
//     6.3, but not overlayfs. Some distributions forbid namespaces to plain users,
//     and docker's default profile forbids them in containers. Probe says why.
//   - A limit on tasks holds for root, and since Linux 5.14 for all users. For root
//     of a user namespace, who may be root outside as well, Process.TasksBounded is false.
//
// # How
//
// The program starts itself again, in new namespaces. There, a function init of
// this package prepares the root and runs the commands, before main. Every program
// that imports this package has that hook; it acts only as process 1 of a
// namespace, under the name that Run and Start use.
package sandbox
