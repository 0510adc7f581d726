// Package shellscan reads from a shell script which programs it starts,
// without running it.
//
// It follows what a start script does: cd, assignments, arrays, $(pwd) and $(dirname
// "$0"), functions, conditions, exec, and the dynamic linker called by name.
// What depends on more than the script and its environment (an argument, the
// output of another program, a loop's variable) is unknown, and a [Start]
// that depends on it says so.
//
// A start is certain if every run of the script reaches it. It is not certain in a
// conditional branch, after && or ||, or after an exec or a break in such a branch. If the
// outcome of a condition is known, as for a test for a file that is known not to exist,
// only the branch that is taken counts.
//
// The grammar is mvdan.cc/sh's, for bash, which is /bin/sh on Amazon Linux.
package shellscan
