// Package attack is a table of ways out of a sandbox, with those that are open in
// each place where bootzip runs untrusted code: builds, boot checks and
// invocations.
//
// The function Try of an [Attempt] returns nil if it got out. It changes nothing
// permanently: it writes back the current value, sets the current mode, sends
// signal 0, or makes a request that the kernel refuses for another reason after it
// has checked privileges. Each attempt runs in its own process, since some end the
// process that makes them. The command attacker is both that process and the one
// that starts them.
//
// open.tsv lists which attempts succeed where, and why. TestAttack in
// test/endtoend compares the list with reality, in both directions.
// docs/isolation.md is generated from it.
//
// Limits: an attempt shows whether one way is open, not that there is no other.
// Exploits of kernel bugs are not tried.
package attack
