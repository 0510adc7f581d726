package verify

// The ids of the layout checks.
const (
	idEmpty             = "zip-empty"
	idName              = "zip-unsafe-name"
	idNameEncoding      = "zip-name-encoding"
	idDuplicate         = "zip-duplicate-name"
	idCaseClash         = "zip-case-clash"
	idNameConflict      = "zip-file-and-folder"
	idSymlink           = "file-symlink"
	idLinkTarget        = "file-link-target"
	idSpecial           = "file-special"
	idFolderData        = "folder-with-content"
	idMode              = "file-mode"
	idUnzipped          = "size-unzipped"
	idUpload            = "size-upload"
	idBootstrapMissing  = "bootstrap-missing"
	idBootstrapRegular  = "bootstrap-not-regular"
	idBootstrapMode     = "bootstrap-mode"
	idLayerNothing      = "layer-no-known-folder"
	idLayerExtension    = "layer-extension-mode"
	idBootstrapFormat   = "bootstrap-format"
	idScriptCRLF        = "script-crlf"
	idScriptLine        = "script-first-line"
	idScriptInterpreter = "script-interpreter"
	idScriptMissing     = "script-program-missing"
	idScriptMode        = "script-program-mode"
	idScriptFormat      = "script-program-format"
	idScriptCommand     = "script-command"
	idScriptUnseen      = "script-unseen"
	idRuntimeEnded      = "runtime-ended"
	idBudget            = "size-budget"
)

// layoutChecks returns the checks of the files that Lambda will find.
func layoutChecks() []Check {
	rows := []Check{
		{ID: idEmpty, Proves: "the zip has at least one file", Hint: "put the bootstrap into it", Fixed: true, needs: stageDirectory},
		{ID: idName, Proves: "no name is absolute, leaves the directory, or has empty parts, backslashes or control characters", Hint: "give the files plain relative names with forward slashes; unzippers read others differently", needs: stageLayout},
		{ID: idNameEncoding, Proves: "every name is UTF-8, and says so where it is not ASCII", Hint: "use ASCII names, or a tool that sets the UTF-8 flag (Python's zipfile and 7-Zip do, Info-ZIP's zip on Linux and macOS does not); without it, readers disagree about the name", needs: stageLayout},
		{ID: idDuplicate, Proves: "no name occurs twice", Hint: "the zip is ambiguous: which of the two is unpacked depends on the reader; remove one", Fixed: true, needs: stageLayout},
		{ID: idNameConflict, Proves: "no name is a file and a directory at once", Hint: "rename one of them", Fixed: true, needs: stageLayout},
		{ID: idCaseClash, Severity: SeverityWarn, Proves: "no two names differ in upper and lower case only", Hint: "Linux keeps such files apart, and macOS and Windows do not: rename one", needs: stageLayout},
		{ID: idSymlink, Severity: SeverityWarn, Proves: "no entry is a symbolic link", Hint: "Lambda has been seen to follow links, and some tools on the way drop them: put the file itself into the zip", needs: stageEntries},
		{ID: idLinkTarget, Proves: "every symbolic link leads to a file or directory of the zip, or by its full path out of it", Hint: "put what it leads to into the zip, or leave the link out", needs: stageEntries},
		{ID: idSpecial, Proves: "no entry is a device, a socket or a pipe, nor has set-user, set-group or sticky bits", Hint: "leave it out, or put an ordinary file into the zip", needs: stageLayout},
		{ID: idFolderData, Proves: "no directory has content", Hint: hintAmbiguous, needs: stageLayout},
		{ID: idMode, Proves: "every file is readable by everyone, and every directory open to everyone", Hint: "0644 for files, 0755 for directories and programs: the function runs as another user than the one that unpacks", needs: stageLayout},
		{ID: idUnzipped, Proves: "the files have at most 262,144,000 bytes together", Lambda: lambdaUnzipped, Hint: "the limit counts layers too (layers in bootzip.yaml, --layer); strip the program, or deploy it as a container image", Fixed: true, needs: stageDirectory},
		{ID: idUpload, Severity: SeverityWarn, Proves: "the zip has at most 52,428,800 bytes, so it can be uploaded directly", Lambda: lambdaUpload, Hint: "upload it through S3", needs: stageEnd},
		{ID: idBudget, Proves: "the zip, and its files together, have at most the bytes of the function's budget", Hint: "bootzip size shows what takes the space, bootzip diff what grew; or raise budget in bootzip.yaml", needs: stageBudget},
		{ID: idRuntimeEnded, Severity: SeverityWarn, Proves: "AWS supports the runtime that the zip is for", Hint: "build for provided.al2023: runtime: al2023 in bootzip.yaml, --runtime=al2023 of bootzip check", needs: stageEnd},
		{ID: idBootstrapMissing, Proves: "there is a bootstrap in the root", Lambda: lambdaNoBootstrap, Hint: "the program must be called bootstrap and stand in the root of the zip, not in a directory: zip -j function.zip path/to/bootstrap. If a layer has it: bootzip check --layer=FILE.zip, --with-layer if its zip is not here, or layers in bootzip.yaml", Fixed: true, needs: stageFunction},
		{ID: idBootstrapRegular, Proves: "bootstrap is an ordinary file, or a link to one in the zip", Lambda: lambdaNoBootstrap, Hint: "put the program itself into the zip, under the name bootstrap", Fixed: true, needs: stageFunction},
		{ID: idBootstrapMode, Proves: "bootstrap may be read and executed by everyone", Lambda: lambdaPermission, Hint: "chmod 0755 bootstrap, and zip it with a tool that keeps Unix permissions", needs: stageFunction},
		{ID: idLayerNothing, Severity: SeverityWarn, Proves: "the layer has a directory that Lambda looks into: bin, lib, extensions, or one of a language", Hint: "a layer is unpacked into /opt: programs go into bin/, libraries into lib/, extensions into extensions/", needs: stageLayer},
		{ID: idLayerExtension, Proves: "every extension may be read and executed by everyone", Hint: "chmod 0755 the files directly in extensions/", needs: stageLayer},
		{ID: idBootstrapFormat, Proves: "bootstrap is an ELF program or a script with a #! line", Lambda: lambdaExecFormat, Hint: "build it for Linux (GOOS=linux); a script must begin with #!, without a byte order mark", Fixed: true, needs: stageBootstrap},
	}
	return complete(rows, Layout)
}

// scriptChecks returns the checks of a bootstrap that is a script, and of what it starts, as
// far as that can be read from it.
func scriptChecks() []Check {
	rows := []Check{
		{ID: idScriptCRLF, Proves: "the script's lines end in LF, not CRLF", Lambda: lambdaNoFile, Hint: "sed -i 's/\\r$//' FILE, and tell git: *.sh text eol=lf", needs: stageScript},
		{ID: idScriptLine, Proves: "the script's #! line names a program by its full path and ends within 255 bytes", Lambda: lambdaNoFile, Hint: "begin with #!/bin/sh or #!/bin/bash", needs: stageScript},
		{ID: idScriptInterpreter, Proves: "the script's interpreter is in Lambda's image or in the zip", Lambda: lambdaNoFile, Hint: "use #!/bin/sh or #!/bin/bash, or put the interpreter into the zip and name it /var/task/…. If a layer has it: bootzip check --layer=FILE.zip, --with-layer if its zip is not here, or layers in bootzip.yaml", needs: stageScript},
		{ID: idScriptMissing, Proves: "what the script starts in any case is in the zip", Hint: "put the program into the zip, under the path that the script has; it starts in /var/task", needs: stageScript},
		{ID: idScriptMode, Proves: "what the script starts may be read and executed by everyone", Hint: "chmod 0755 the program, and zip it with a tool that keeps Unix permissions", needs: stageScript},
		{ID: idScriptFormat, Proves: "what the script starts is an ELF program or a script", Hint: "build it for Linux (GOOS=linux)", needs: stageScript},
		{ID: idScriptCommand, Severity: SeverityWarn, Proves: "the commands that the script starts are in Lambda's image, as far as is known", Hint: "put the program into the zip and start it as /var/task/…; if a layer has it: bootzip check --layer=FILE.zip, --with-layer if its zip is not here, or layers in bootzip.yaml", needs: stageScript},
		{ID: idScriptUnseen, Severity: SeverityWarn, Proves: "all that the script starts was seen", Hint: "read the line: what it starts was not checked. bootzip check --boot runs it", needs: stageScript},
	}
	return complete(rows, Layout)
}
