// Package attack is a table of ways out of a sandbox, and what of it is open
// in each place where bootzip runs code of others: builds, boot checks and
// invocations.
//
// An [Attempt] returns nil if it got out. It changes nothing that lasts when
// it does: it writes the value that is there, sets the mode that is set, sends
// signal 0, or asks for something so wrong that the kernel refuses it after
// the check of privileges. Each attempt runs in a process of its own, since
// some of them end the process that makes them; command attacker is that
// process, and the one that starts them all.
//
// open.tsv says which attempts succeed where, and why that is so. The test
// TestAttack in internal/endtoend holds that the list is exact, in both
// directions. docs/isolation.md is made from it.
//
// Exceptions: an attempt shows that one door is open or closed, not that
// there is no other. What only works against a bug of the kernel is not tried.
package attack
