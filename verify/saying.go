package verify

import "regexp"

// A saying is something that stands in a log, and what can have led to it, the
// likeliest first. Both patterns are for lower case.
type saying struct {
	says   *regexp.Regexp
	not    *regexp.Regexp // unless this stands there too; may be nil
	causes []cause
}

// A cause is why, and what to do where that is not the hint of the check.
type cause struct{ id, why, hint string }

func says(pattern string, causes ...cause) saying {
	return saying{says: regexp.MustCompile(pattern), causes: causes}
}

func (s saying) unless(pattern string) saying {
	s.not = regexp.MustCompile(pattern)
	return s
}

const (
	hintMemory = "give the function more memory, and try it here: bootzip invoke --memory=MB"
	hintLoop   = "bootstrap must ask for the next event for ever: see whether main returns, or what the script does last"
)

// sayings are looked through in their order. All that are there count.
var sayings = []saying{
	says(`exec format error|cannot execute binary file`,
		cause{id: idMachine, why: "the program is for another architecture than the function: arm64 for x86_64, or the other way round"},
		cause{id: idBootstrapFormat, why: "bootstrap is no program for Linux: one for macOS or Windows, or a script without #!"},
		cause{id: idOS, why: "the program is for another system, as GOOS=darwin makes it"},
		cause{id: idType, why: "bootstrap is a library or an object file"},
		cause{id: idBroken, why: "the program was cut off or damaged"},
	),
	says(`\\r['"]|\\r:|\^m:`,
		cause{id: idScriptCRLF, why: "the script has Windows line ends (CRLF): the CR is taken for a part of the name"},
	),
	says(`fork/exec \S*: no such file or directory|cannot execute: required file not found`,
		cause{id: idInterpreter, why: "the program is dynamically linked, and its dynamic linker is not in Lambda's image; with musl (Alpine) that is always so"},
		cause{id: idScriptCRLF, why: "it is a script with Windows line ends (CRLF)"},
		cause{id: idScriptInterpreter, why: "it is a script, and the program of its #! line is not in Lambda's image"},
	),
	says(`bad interpreter`,
		cause{id: idScriptInterpreter, why: "the program of the script's #! line is not in Lambda's image"},
	).unless(`\\r:|\^m:`),
	says(`env: \W*[\w.+-]+\W*: no such file or directory`,
		cause{id: idScriptInterpreter, why: "the script's #! line asks env for a program that is not in Lambda's image"},
	),
	says(`/opt/extensions/\S*: permission denied`,
		cause{id: idLayerExtension, why: "the extension may not be executed by everyone: the layer was made without Unix permissions, or without chmod 0755"},
	),
	says(`fork/exec \S*: permission denied`,
		cause{id: idBootstrapMode, why: "bootstrap may not be executed by everyone: the zip was made without Unix permissions, or without chmod 0755"},
		cause{id: idMode, why: "a file may be read by its owner only, and the function runs as another user"},
	).unless(`/opt/extensions/`),
	says(`(\./|/var/task/|/opt/)\S*: permission denied`,
		cause{id: idScriptMode, why: "the script starts a file that not everyone may execute"},
		cause{id: idMode, why: "a file may be read by its owner only, and the function runs as another user"},
	).unless(`fork/exec|/opt/extensions/`),
	says(`read-only file system`,
		cause{id: idBoot, why: "the function writes outside /tmp, which alone can be written on Lambda", hint: "write below /tmp; set HOME=/tmp for libraries that keep caches there"},
	),
	says(`couldn't find valid bootstrap`,
		cause{id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip: it has another name, or is in a directory"},
		cause{id: idBootstrapRegular, why: "bootstrap is a directory, or a link to something that is not in the zip"},
	),
	says(`glibc_[\d.]+\W* not found`,
		cause{id: idGlibc, why: "the program was linked against a newer glibc than the runtime has"},
	),
	says(`(glibcxx|cxxabi)_[\d.]+\W* not found`,
		cause{id: idLibstdcxx, why: "the program was linked against a newer libstdc++ (C++) than the runtime has"},
	),
	says(`cannot open shared object file|error while loading shared libraries`,
		cause{id: idLibrary, why: "a library that the program needs is neither in Lambda's image nor in the zip"},
	).unless(`invalid elf header|wrong elf class|file too short`),
	says(`invalid elf header|wrong elf class|file too short`,
		cause{id: idLibrary, why: "a library was built for another system or architecture, or was cut off", hint: "build or download it for Linux and the function's architecture"},
	),
	says(`symbol lookup error|undefined symbol|error relocating`,
		cause{id: idLibrary, why: "a library is there in another version than the program was linked against; or it is one for musl (Alpine), which Lambda's glibc cannot stand in for", hint: "bring the library along that the program was linked against, or link statically"},
	),
	says(`segmentation fault|sigsegv|signal 11\b|exit status 139`,
		cause{id: idStaticNSS, why: "the program crashed (segmentation fault). A statically linked glibc program does when it resolves a name, for it loads name-service libraries of another glibc"},
		cause{id: idAlpine, why: "the program crashed, and was built on Alpine; such programs have crashed on Lambda"},
		cause{id: idBoot, why: "the program crashed by a fault of its own"},
	).unless(`nil pointer dereference`),
	says(`nil pointer dereference`,
		cause{id: idBoot, why: "the Go program uses a nil pointer; the lines after the message say where", hint: "read the stack in the log"},
	),
	says(`illegal instruction|sigill\b|exit status 132`,
		cause{id: idCPU, why: "the program needs instructions that the processor does not have, as with GOAMD64=v4"},
		cause{id: idCPURisk, why: "the program needs x86-64-v3, of which Lambda documents AVX2 only"},
	),
	says(`can only be run on amd64 processors with v4`,
		cause{id: idCPU, why: "Go built the program for GOAMD64=v4, and the processor has no AVX-512"},
	),
	says(`can only be run on amd64 processors with v[23]`,
		cause{id: idCPURisk, why: "Go built the program for a newer processor than this one (GOAMD64)"},
	),
	says(`can only be run on arm64 processors`,
		cause{id: idCPU, why: "Go built the program for a newer processor than this one (GOARM64)"},
	),
	says(`unzipped size must be smaller|combined with layers exceeds|layers consume more than`,
		cause{id: idUnzipped, why: "the files of the function and its layers are larger than Lambda allows: 262,144,000 bytes (250 MB) unzipped"},
	),
	says(`request must be smaller than`,
		cause{id: idUpload, why: "the zip is too large for a direct upload"},
	),
	says(`could not unzip uploaded file`,
		cause{id: "zip-not-a-zip", why: "the file is no zip, or was cut off"},
		cause{id: "zip-bad-directory", why: "the zip's directory is damaged"},
		cause{id: "zip-bad-data", why: "the content of a file is damaged"},
	),
	says(`uploaded file must be a non-empty zip`,
		cause{id: "zip-not-a-zip", why: "what was uploaded is no zip: an empty file, or a zip in base64"},
		cause{id: idEmpty, why: "there is nothing in the zip"},
	),
	says(`nosuchhandler`,
		cause{id: idBoot, why: "the handler of the function's configuration is none that the program answers to"},
	),
	says(`go1\.x\W.*(no longer supported|failed to satisfy constraint)|runtime parameter of \S+ is no longer supported`,
		cause{id: idRuntimeEnded, why: "AWS has ended the runtime (go1.x, provided, or another): the function needs provided.al2023", hint: "call the program bootstrap, and set the function's runtime to provided.al2023"},
	),
	says(`: command not found|(line|sh:) \d+: \S+: not found|executable file not found in \$path`,
		cause{id: idScriptCommand, why: "a script or program starts a command that is not in Lambda's image, nor on PATH in the zip or a layer"},
	).unless(`\\r['"]?:`),
	says(`exit status 127`,
		cause{id: idScriptCommand, why: "a command that the script starts was not found: it is not in Lambda's image"},
		cause{id: idScriptMissing, why: "the program that the script starts is missing in the zip"},
		cause{id: idLibrary, why: "a library was not found; the dynamic linker ends with this status, too"},
	),
	says(`exit status 126`,
		cause{id: idScriptMode, why: "the script starts a file that may not be executed"},
		cause{id: idScriptFormat, why: "the script starts a file that is no program for Linux"},
	),
	says(`outofmemory|out of memory|cannot allocate memory|signal: killed|exit status 137`,
		cause{id: idBoot, why: "the function needed more memory than it has, and was killed", hint: hintMemory},
	),
	says(`exited without providing a reason`,
		cause{id: idBoot, why: "bootstrap ended by itself, with status 0: it came to its end", hint: hintLoop},
	),
	says(`extension\.(launcherror|notfound)|extension\.\w+.*fork/exec`,
		cause{id: idLayerExtension, why: "an extension could not be started: it may not be executed, or is for another architecture"},
	),
	says(`extension\.(crash|exiterror|initerror)`,
		cause{id: idBoot, why: "an extension of a layer ended; the function itself may be well", hint: "read the extension's own output in the log; leave its layer out to see whether it is to blame"},
	),
	says(`x509: certificate signed by unknown authority|certificate verify failed|unable to get local issuer certificate`,
		cause{id: idBoot, why: "the program found no CA certificates that it trusts, or somebody stands in between: a static OpenSSL looks where its distribution has them, and Lambda's image has them in /etc/pki/tls/certs/ca-bundle.crt", hint: "set SSL_CERT_FILE=/etc/pki/tls/certs/ca-bundle.crt in the function's environment, or put a CA bundle into the zip"},
	),
	says(`requires cgo`,
		cause{id: idGoStub, why: "a package was built without cgo, and does nothing but say so"},
	),
	says(`unknown time zone`,
		cause{id: idGoZones, why: "the program loads a time zone, and Lambda's image of al2023 has no zone data (tzdata)"},
	),
}

// vague are sayings that tell little; they are looked at only where
// none of those fits.
var vague = []saying{
	says(`runtime\.invalidentrypoint`,
		cause{id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip"},
		cause{id: idMachine, why: "the program is for another architecture"},
		cause{id: idBootstrapMode, why: "bootstrap may not be executed"},
		cause{id: idInterpreter, why: "the program's dynamic linker is not there"},
	),
	says(`runtime exited with error|runtime\.exiterror`,
		cause{id: idBoot, why: "the program ended by itself; its own output stands before this line"},
	),
	says(`task timed out`,
		cause{id: idBoot, why: "the program did not answer in time", hint: "give it a longer timeout, and try it here: bootzip invoke --timeout=SECONDS"},
	),
}
