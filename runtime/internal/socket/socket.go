// Package socket is the one TCP connection that the runtime keeps to the
// Lambda Runtime API.
//
// On Linux for amd64 and arm64 it makes blocking system calls on a plain
// socket: there is one peer, on the same machine, and one exchange at a time,
// so that the poller, the resolver and the time-outs of package net would be
// paid for (about 180 kB of the zip and half of the processor time) and never
// used. Everywhere else it is a thin layer over package net.
//
// A Conn belongs to one goroutine. Interrupt alone may be called from another.
package socket
