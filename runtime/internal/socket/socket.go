// Package socket is the one TCP connection that the runtime keeps to the
// Lambda Runtime API.
//
// On Linux for amd64 and arm64 it makes blocking system calls on a plain socket. There is
// one peer, on the same machine, and one exchange at a time. The poller, the resolver and
// the time-outs of package net would cost about 180 kB of the zip and half of the
// processor time, without being used. On other systems it is a thin layer over package net.
//
// A Conn belongs to one goroutine. Only Interrupt may be called from another.
package socket
