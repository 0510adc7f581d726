// Package emulator runs a packed function as AWS Lambda would, without Docker.
//
// [New] unpacks a zip. [Function.Invoke] sends it events, and starts instances as
// needed. [Boot] checks that a zip starts and answers.
//
// # What is the same as on Lambda
//
//   - The Runtime API, the Extensions API for internal and external extensions, the
//     Telemetry API and the Logs API.
//   - The environment variables.
//   - An initialisation of at most 10 seconds, and its second try in the first
//     invocation.
//   - The time-out, after which the bootstrap is killed. After that, or after a
//     crash, the next invocation starts it again, within its own time and with the
//     same /tmp.
//   - The types of failures: Runtime.ExitError, Runtime.OutOfMemory and those that a
//     runtime reports, in a header or in its document.
//   - One event at a time for each instance, several instances up to a limit, and
//     throttling above it.
//   - The lines START, END and REPORT of the log, or the events platform.start,
//     platform.runtimeDone and platform.report if AWS_LAMBDA_LOG_FORMAT is JSON.
//   - The limits of payloads, descriptors and /tmp.
//   - SIGTERM for functions with an extension, and SIGKILL half a second later, or two
//     seconds later with an external extension, which gets SHUTDOWN before.
//
// Sources: AWS Lambda developer guide, "Understanding the Lambda execution
// environment lifecycle", "Lambda quotas", "Using the Lambda runtime API for custom
// runtimes".
//
// # Isolation
//
// On Linux, if namespaces are allowed, an instance sees an empty root with the
// zip's content at /var/task and that of its layers at /opt (read-only), /tmp, /proc, an
// /etc like Lambda's and the usual devices in /dev: this reveals a hidden dependency on a
// file of the build machine. A script, or a dynamically linked program, needs files of
// Lambda's image: it also sees this machine's system directories, with bash as sh if bash
// is installed, and [Function.Isolation] says so.
// If namespaces are not allowed, an instance is a plain process, with LAMBDA_TASK_ROOT at a
// temporary directory. On systems other than Linux it is a container of docker or podman.
//
// The Runtime API answers only its instance. [Boot] gives an instance a
// network with only the Runtime API. Invoke gives it this machine's network, where
// the Runtime API checks the user of each connection. It cannot distinguish processes of
// the same user. If the caller is not root, or if the instance is a plain process, that
// is the caller's user.
//
// # Several events in one instance
//
// With [Config.PerInstance], an instance behaves as on Lambda Managed Instances:
// each of its loops has an event at the same time, and a time-out fails one event without
// stopping anything (AWS Lambda developer guide, "Understanding the Lambda Managed
// Instances execution environment").
//
// # Throttling
//
// A call is throttled if the maximum number of instances is busy. One call waits for
// each instance that has replied and not yet asked for its next event, so a
// sequential client is never throttled. Lambda may throttle it.
//
// # How it works
//
// A call is an invocation. The pool, under one lock, finds an instance for it. Each
// instance has a goroutine that owns its state and its invocations: the Runtime API, the
// clock, the end of the process and callers that leave send it messages, and only it
// ends an invocation. Locks are held briefly, and no other lock is taken meanwhile, with
// two exceptions: the chain of an instance's output (the pipe, the tail, the sink, the
// subscribers of telemetry), and a stream's lock, which is held while its client reads.
//
// # Exceptions
//
//   - The network is this machine's, except in Boot. So are the kernel and the
//     processor, whose speed does not depend on the memory size.
//   - Memory is measured every tenth of a second. The kernel bounds it, and the
//     threads of a plain process, only where control groups can be made;
//     [Function.Bounds] says so. Without one, memory that only the kernel holds is not
//     counted, such as buffers of sockets. The kernel's bound includes files in a sandbox's
//     /tmp, and so is higher by its size. Without a control group, a plain
//     process's children are not counted.
//   - Streams are not slowed down after 6 MB.
//   - Whether the answer of a function URL or a REST API is streamed is the
//     function's choice, unless [ServerConfig.Buffered] is set.
//   - Layers are at /opt in a sandbox only. Boot does not start the extensions in
//     them, and [Function.Isolation] names them. There is no X-Ray, and no freezing
//     between events.
//   - If the kernel kills an entire control group because of its memory, the sandbox
//     and its /tmp are lost too.
//   - A plain process has this machine's /tmp and sh, can write to its own code, and what
//     it starts in other process groups outlives it.
//   - With several events in one instance, its log mixes all of them, and so does the
//     tail of an answer. A second try of the initialisation is part of the invocation,
//     which Lambda Managed Instances does not document.
//   - If an invocation's second try of the initialisation fails, START comes after
//     its log.
//
// # Cleaning up
//
// If this process is killed, sandboxes end with it. The next New with the same Temp
// removes what it left: its directory, plain processes and control groups.
package emulator
