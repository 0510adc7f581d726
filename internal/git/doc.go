// Package git asks git for the state of a working tree, and writes the
// files of one commit into a folder. It runs the git command and nothing else.
//
// # What is guaranteed
//
//   - What a person, a system or a repository has configured decides nothing:
//     the environment of git is set whole, with a home folder of its own and
//     one configuration that is written here. No hook, filter, credential
//     helper, file system monitor or external transport runs; nothing is asked
//     for on a terminal.
//   - A commit is always fetched, from a folder on this machine too. So git
//     computes the names of all objects from what is in them, and whoever owns
//     the source cannot pass off other files under the name of the commit.
//   - Files have the bytes that .gitattributes of the commit asks for (eol,
//     text, ident, working-tree-encoding), with LF where it leaves the choice.
//     Modes are 0644, 0755 and, for folders, 0755, whatever the umask is.
//   - What is written has no .git folder. Links that lead out of the checkout
//     are named, and so are submodules: see [Written.Refuse].
//   - With [Limits], no more is fetched and written than they say, however the
//     repository is made: one whose trees name each other so that they have
//     more files than any disk, or whose objects are small and unpack to much.
//     The error names the limit.
//   - Temporary folders are gone when a function returns, after an interrupt
//     too; the next process removes what one left that was killed.
//
// # Exceptions
//
//   - Sizes on the disk are looked at several times a second, so a limit may be
//     exceeded by what is written in between. How long a server takes is not
//     limited.
//   - Submodules are not fetched.
//   - Of Git LFS, objects that a source on this machine has already are taken,
//     compared with the SHA-256 in their pointers. Other pointers stay
//     pointers, as in a clone without Git LFS, and are named.
//   - Credentials in a person's git configuration and .netrc are not used:
//     a private repository is reached by ssh with an agent, or as a folder.
//   - A repository on this machine can name a program that fetches objects which
//     it lacks. git before 2.39.4 (of later lines, 2.40.2 to 2.45.1: its release
//     notes on CVE-2024-32004) runs that; take a stranger's repository by an
//     address, or a newer git.
//   - In a tree whose line ends git itself has changed (core.autocrlf), the
//     files are not as in the commit, and are said to be changed. Rules for
//     ignored files count from .gitignore and .git/info/exclude only.
package git
