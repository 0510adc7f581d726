// Package verify tells whether AWS Lambda would start what is in a zip.
//
// It is the gate between any build and any deploy: it takes any zip, from any
// tool, with a bootstrap in any language, and reads it byte by byte. It
// unpacks nothing to disk and starts nothing.
//
// # How a report comes about
//
// The checks are one table, [Checks]. Each names a fault, and ends as
//
//   - pass: what the check proves was seen to hold;
//   - fail or warn: the fault was found, perhaps in several files;
//   - waived: it was found, and a rule with a reason accepts it;
//   - skip: the check was not made, and the result says why. A skip is never
//     a pass. It comes where a check does not apply (a script is no ELF
//     program), or where a failed check leaves nothing to look at. The checks
//     that do the latter cannot be lowered or waived ([Check.Fixed]), so a report
//     is never good because something could not be read.
//
// [Report.OK] says that nothing failed.
//
// # Layers
//
// [Structure] looks at the bytes of the zip, [Layout] at the files that Lambda
// will find, [Binary] at the programs among them. [Boot] starts the function;
// this package cannot, and reports it as skipped until somebody adds a result
// with [Report.AddBoot].
//
// # Policy
//
// Some checks refuse what Lambda is not known to refuse: symbolic links,
// ZIP64, a static program that would load name-service libraries, an
// executable stack. They are ours, and their words say so. Check.Lambda holds
// Lambda's own words for a fault where they are known (from AWS's
// documentation, its open-source emulator and issue threads); nothing here was
// tried on AWS itself.
//
// Dynamically linked programs are warned of, and fail with Options.Static;
// Options.Dynamic or a rule for elf-dynamic allows them. Either way the checks
// of their linker, libraries and glibc version are made.
//
// # Scripts
//
// A bootstrap may be a script. What a shell script starts is looked at as far
// as that can be read from it, the scripts that it starts in turn too
// (internal/shellscan). What cannot be read is a warning, script-unseen. A
// symbolic link to a file of the zip is read through.
//
// # Layers of the function
//
// The zip does not show the function's layers. Options.Layers names their zips,
// whose directories are read: programs in them are not looked into. Without the
// zips Options.WithLayer says that there are layers: what they may supply is then
// taken to be there.
//
// # What is not proven
//
// That the code does what it should. That a script runs to its end, and what
// it starts where no shell reads it. That a dynamically
// linked program finds the symbols that it needs, beyond their versions. That
// a layer which is not in the zip is there. What a program loads by itself
// (dlopen). What a packed program (UPX) unpacks: that one is refused.
package verify
