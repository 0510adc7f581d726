// Package emulator runs a packed function as AWS Lambda would, without Docker.
//
// [New] unpacks a zip; [Function.Invoke] starts instances of it as they are needed,
// and has them answer events; [Boot] proves that a zip starts and answers at
// all.
//
// # What is as on Lambda
//
// The Runtime API, and what an extension inside the function uses of the Extensions API. The
// environment variables. The initialisation of at most 10 seconds, and its second try
// inside the first invocation. The time-out, after which the instance is killed.
// The restart after a crash. One event at a time for each instance, several instances at a
// time up to a limit, and throttling beyond. The lines START, END and REPORT of the log. The limits
// of payloads, descriptors and /tmp. SIGTERM for functions with an extension, and
// SIGKILL half a second later. (AWS Lambda developer guide, "Understanding the
// Lambda execution environment lifecycle", "Lambda quotas", "Using the Lambda
// runtime API for custom runtimes".)
//
// # Isolation
//
// On Linux, where namespaces are allowed, an instance sees a root that is
// empty but for the zip's content at /var/task (read-only), /tmp, /proc, an
// /etc as Lambda's and the plain devices of /dev: a hidden need for a file of
// the build machine shows. A script, or a dynamically linked program, needs
// what Lambda's image has and an empty root has not; it sees this machine's
// system directories as well, and [Function.Isolation] says so. Elsewhere an
// instance is a plain process, with LAMBDA_TASK_ROOT at a temporary directory.
//
// The Runtime API answers the instance alone. [Boot] gives an instance a
// network with nothing in it but the Runtime API; Invoke gives it this
// machine's, where the Runtime API looks at the user of each connection.
// Another process of the same user is not told apart: that of the caller,
// where the caller is not root or the instance is a plain process.
//
// # Several events in one instance
//
// With [Config.PerInstance], an instance is as on Lambda Managed Instances:
// its loops have an event each at the same time, and a time-out is for one
// event alone and stops nothing. (AWS Lambda developer guide, "Understanding
// the Lambda Managed Instances execution environment".)
//
// # Throttling
//
// A call is throttled if all instances that there may be are at work. An
// instance that has replied and not asked for its next event yet is waited for, by
// one call, so that a client that calls one after the other is never
// throttled. Lambda may throttle it.
//
// # How it works
//
// A call is an invocation. The pool, under one lock, finds it an instance. An
// instance is a goroutine, which owns the instance's state and its
// invocations: the Runtime API, the clock, the end of the process and callers
// who leave come to it as messages, and it alone ends an invocation. Locks are
// held for a moment, and no other is taken meanwhile, with two exceptions: the
// chain of an instance's output (the pipe, the tail, the sink), and a stream's,
// which is held while its client reads.
//
// # Exceptions
//
// The network is this machine's, but for Boot. The kernel and the processor
// are this machine's, and not as fast or slow as Lambda's for a memory size.
// Memory is watched every tenth of a second, and bounded by the kernel, as the
// number of threads of a plain process is, only where control groups can be
// made; [Function.Bounds] tells. The kernel's bound counts files in the /tmp of
// a sandbox as well, and so is higher by the size of that. Without such a
// group, a plain process's children are not counted. Streams are not slowed
// down after 6 MB. Whether the answer of a function URL or a REST API is
// streamed is the function's choice, and a REST API has no binary media types.
// There are no layers, and so no extensions as programs of
// their own, no X-Ray, and no freezing between events. A plain process can
// write to its own code, and leaves behind what it started in process groups of
// their own. With several events in one instance, its log and the end of it
// that an answer carries are of all of them, and a second try of the
// initialisation is made inside the invocation, which Lambda Managed Instances
// does not say it does. If an invocation's second try of the initialisation
// fails, START comes after what that logged.
//
// # Left behind
//
// If this process is killed, sandboxes end with it. The directory that New
// made, plain processes and control groups stay until the next New for the same
// Temp, which removes what no living process holds.
package emulator
