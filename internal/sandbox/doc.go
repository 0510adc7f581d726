// Package sandbox runs commands in Linux namespaces of their own: without a
// daemon, an image or root, in about ten milliseconds.
//
// What a command sees is an otherwise empty root with the folders that the
// caller mounts, /dev with null, zero, full, random and urandom, and a /tmp
// that is thrown away. The root and the read-only mounts cannot be written,
// and with Run there is no network, not even the loopback interface. It has no
// capabilities and cannot gain privileges. Files that it writes belong to the
// caller. When the caller dies, so does everything in the sandbox.
//
// There is no /proc, no C library and no shell: it suits static programs that
// ask for nothing, such as the Go toolchain.
//
// Run runs commands to their end. Start starts one program that is to live on:
// it has /proc, its output as it comes, and the network of the host.
//
// Namespaces of a plain user are forbidden by some distributions, and inside
// a container of docker with its default profile; Probe says so. Other
// systems than Linux have none.
//
// # How
//
// The program starts itself once more, in new namespaces. A function init of
// this package notices that, prepares the root and runs the commands, before
// anything else of the program runs. So every program that imports this
// package has that hook; it acts only on the name under which Run starts it.
//
// Exceptions: the host's kernel is shared, as with containers. There is no
// filter for system calls and no limit on memory or processes.
package sandbox
