// Package git reads the state of a working tree, and writes the files of one
// commit into a directory. It runs the git command and nothing else.
//
// # What is guaranteed
//
//   - Configuration of the user, the system and the repository has no effect:
//     git gets a fixed environment, with its own home directory and one
//     configuration, written here. No hook, filter, credential helper, file
//     system monitor or external transport runs; git does not prompt.
//   - A commit is always fetched, even from a directory on this machine. So git
//     computes the names of all objects from their contents, and the owner of
//     the source cannot substitute other files for the commit's.
//   - Files have the bytes that .gitattributes of the commit asks for (eol,
//     text, ident, working-tree-encoding), with LF as the default. Modes are
//     0644, 0755 and, for directories, 0755, whatever the umask is.
//   - The checkout has no .git directory. Submodules, and links that lead out of
//     the checkout, are reported: see [Written.Refuse].
//   - [Limits] bound what is fetched and written, whatever is in the repository:
//     trees that name each other and so have more files than any disk, or small
//     objects that unpack to large ones. The error names the limit.
//   - Temporary directories are removed before a function returns, even after an
//     interrupt; the next process removes those of a killed one.
//
// # Exceptions
//
//   - Sizes on disk are measured several times a second, so a limit may be
//     exceeded by what is written in between. The time that a server takes is
//     not limited.
//   - Submodules are not fetched.
//   - Git LFS objects are used only if a source on this machine has them; their
//     SHA-256 is compared with the pointers. Other pointers stay pointers, as in
//     a clone without Git LFS, and are reported.
//   - Credentials in the user's git configuration and .netrc are not used: use
//     ssh with an agent, or a directory, for a private repository.
//   - A repository on this machine can name a program that fetches objects which
//     it lacks. git before 2.39.4 (in later lines, before 2.40.2 to 2.45.1: its
//     release notes on CVE-2024-32004) runs it: give an untrusted repository by
//     an address, or use a newer git.
//   - In a tree whose line ends git itself changed (core.autocrlf), the files
//     differ from the commit, and are reported as changed. Only .gitignore and
//     .git/info/exclude decide which files are ignored.
package git
