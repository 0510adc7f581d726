// Package verify checks whether AWS Lambda can start a zip.
//
// It takes any zip, made by any tool, with a bootstrap in any language, and reads it
// byte by byte. It unpacks no zip to disk, and starts nothing. [Image] checks a container
// image instead, and does unpack it.
//
// # Results
//
// The checks are in one table, [Checks]. Each is named after a fault, and ends as
//
//   - pass: what the check proves was seen to hold;
//   - fail or warn: the fault was found, perhaps in several files;
//   - waived: it was found, and a rule with a reason accepts it;
//   - skip: the check was not run, and the result says why. A skip is never
//     a pass. A check is skipped if it does not apply (a script is not an ELF
//     program), or if another check failed and leaves nothing to examine. Such
//     other checks cannot be lowered or waived ([Check.Fixed]), so a report is
//     never OK because something could not be read.
//
// [Report.OK] says that nothing failed.
//
// # Layers
//
// [Structure] examines the bytes of the zip, [Layout] the files that Lambda will
// find, [Binary] the programs among them. [Boot] starts the function; this package
// cannot, and reports it as skipped until a caller adds a result with
// [Report.AddBoot].
//
// # Policy
//
// Some checks refuse what Lambda is not known to refuse: symbolic links,
// ZIP64, a static program that would load name-service libraries, an
// executable stack. These are bootzip's own checks, and their texts say so.
// Check.Lambda holds Lambda's own words for a fault where they are known (from AWS's
// documentation, its open-source emulator and issue threads); nothing here was
// tried on AWS itself.
//
// A dynamically linked program is a warning, and fails with Options.Static;
// Options.Dynamic or a rule for elf-dynamic allows it. In all cases its linker,
// libraries and glibc version are checked.
//
// # Scripts
//
// A bootstrap may be a script. The programs that a shell script starts are checked as
// far as the script shows them (internal/shellscan). If some of them are scripts, what
// those start is checked too. What the script does not show is a warning, script-unseen,
// with two exceptions: the script tests whether the program exists, and starts another
// one otherwise; or it sources a file by the handler's name, as AWS's tutorial does, and
// the zip has such a file. Symbolic links to files of the zip are followed.
//
// # Layers of the function
//
// The zip does not contain the function's layers. Options.Layers names their zips. Of
// these, only the directories and the ELF headers of extensions are read.
// Options.WithLayer says that there are layers whose zips are missing: any file that they
// may supply counts as present.
//
// # What is not proven
//
// That the code does what it should. That a script runs to its end, and what it
// starts if it is not a shell script. That a dynamically linked program finds the
// symbols that it needs, beyond their versions. That a layer exists whose zip is not
// given. What a program loads by itself (dlopen). What a packed program (UPX) unpacks:
// such a program is refused.
package verify
