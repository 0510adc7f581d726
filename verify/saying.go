package verify

import "regexp"

// A saying is a message in a log, and a possible cause of it: the check for it, the reason,
// and a hint that replaces the check's, if it is not empty. Both patterns are for lower case.
type saying struct {
	says          *regexp.Regexp // nil: it is another cause of the message before, a less likely one
	not           *regexp.Regexp // the text must not match this; may be nil
	id, why, hint string
}

var re = regexp.MustCompile

const (
	hintMemory   = "give the function more memory, and try it here: bootzip invoke --memory=MB"
	whyReadOnly  = "the function writes outside /tmp, which alone can be written on Lambda"
	hintReadOnly = "write below /tmp; set HOME=/tmp for libraries that keep caches there"
	whyZones     = "the program loads a time zone, and Lambda's image of al2023 has no zone data (tzdata)"
	hintLoop     = "bootstrap must ask for the next event for ever: see whether main returns, or what the script does last"
)

// sayings are tried in order. All that match count.
var sayings = []saying{
	{says: re(`exec format error|cannot execute binary file`), id: idMachine, why: "the program is for another architecture than the function: arm64 for x86_64, or the other way round"},
	{id: idBootstrapFormat, why: "bootstrap is not a program for Linux: one for macOS or Windows, or a script without #!"},
	{id: idOS, why: "the program is for another system, as GOOS=darwin makes it"},
	{id: idType, why: "bootstrap is a library or an object file"},
	{id: idBroken, why: "the program was cut off or damaged"},
	{says: re(`rosetta error: failed to open elf`), id: idMachine, why: "the program is for x86_64, and the image that it is in is for arm64"},
	{id: idInterpreter, why: "the program is dynamically linked, and its dynamic linker is not in the image"},
	{says: re(`\\r['"]|\\r:|\^m:|set: pipefail: invalid option|: invalid option name\S*: line \d+: set:`), id: idScriptCRLF, why: "the script has Windows line ends (CRLF): the CR is taken for a part of the name"},
	{says: re(`fork/exec \S*: no such file or directory|cannot execute: required file not found|exec (/\S*:|user process caused:?) "?no such file or directory|ld-(musl|linux)-\S+: no such file or directory`), id: idInterpreter, why: "the program is dynamically linked, and its dynamic linker is not in Lambda's image; with musl (Alpine) that is always so"},
	{id: idScriptCRLF, why: "it is a script with Windows line ends (CRLF)"},
	{id: idScriptInterpreter, why: "it is a script, and the program of its #! line is not in Lambda's image"},
	{says: re(`bad interpreter`), not: re(`\\r:|\^m:`), id: idScriptInterpreter, why: "the program of the script's #! line is not in Lambda's image"},
	{says: re(`env: \W*[\w.+-]+( [^:]*)?\W*: no such file or directory`), id: idScriptInterpreter, why: "the script's #! line asks env for a program that is not in Lambda's image"},
	{says: re(`/opt/extensions/\S*: permission denied`), id: idLayerExtension, why: "the extension may not be executed by everyone: the layer was made without Unix permissions, or without chmod 0755"},
	{says: re(`fork/exec \S*: permission denied`), not: re(`/opt/extensions/`), id: idBootstrapMode, why: "bootstrap may not be executed by everyone: the zip was made without Unix permissions, or without chmod 0755"},
	{id: idMode, why: "a file may be read by its owner only, and the function runs as another user"},
	{says: re(`exec: "\S+": permission denied|exec (/\S*:|user process caused\W+) ?permission denied`), not: re(`fork/exec`), id: idImageEntryPoint, why: "the image's entry point may not be executed by everyone"},
	{says: re(`exec: "\S+": (stat \S+: no such file|is a directory)|executable file not found in \$path"?: unknown|(runc|oci runtime|container process).*executable file not found`), id: idImageEntryPoint, why: "the image's entry point is not there"},
	{says: re(`set in config\.json failed`), id: idImageDirectory, why: "the image's working directory is not there"},
	{says: re(`(var/task|opt)/bootstrap: permission denied|permission denied: (\./|/\S*/)?bootstrap|do not have execute permission`), not: re(`fork/exec|exec /|directories do not`), id: idBootstrapMode, why: "bootstrap may not be executed by everyone: the zip was made without Unix permissions, or without chmod 0755"},
	{says: re(`(mkdir|touch|create|creating)\b.*/(var/task|opt)\b.*: permission denied`), id: IDBoot, why: whyReadOnly, hint: hintReadOnly},
	{says: re(`some (files|directories) do not have (read|execute|write) permission|overridden by layers but don't have write permission`), id: idMode, why: "files or directories of the layer or the zip may be used by their owner only", hint: "give files mode 0644, programs and directories 0755, and zip them again"},
	{says: re(`\b(cat|cp|ls|find|head|tail|grep|sed|open|opening|opendir|stat|readdir|cannot open( directory)?|can't open)\W+/(var/task|opt)/\S*: permission denied|permission denied, open |permission denied: '/(var/task|opt)/|cannot open shared object file: permission denied`), id: idMode, why: "a file may be read by its owner only, and the function runs as another user"},
	{says: re(`(?m)(line \d+|: \d+|(^|[^\w-])(ba)?sh): (exec: )?(\./|/var/task/|/opt/)\S*: permission denied|zsh: permission denied: |spawn \S+ eacces`), not: re(`fork/exec|/opt/extensions/`), id: idScriptMode, why: "the script starts a file that not everyone may execute"},
	{id: idMode, why: "a file may be read by its owner only, and the function runs as another user"},
	{says: re(`read-only file system`), id: IDBoot, why: whyReadOnly, hint: hintReadOnly},
	{says: re(`couldn't find valid bootstrap`), id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip: it has another name, or is in a directory"},
	{id: idBootstrapRegular, why: "bootstrap is a directory, or a link to something that is not in the zip"},
	{says: re(`glibc_[\d.]+\W* not (found|defined)`), id: idGlibc, why: "the program was linked against a newer glibc than the runtime has"},
	{says: re(`(glibcxx|cxxabi)_[\d.]+\W* not found`), id: idLibstdcxx, why: "the program was linked against a newer libstdc++ (C++) than the runtime has"},
	{says: re(`cannot open shared object file|error while loading shared libraries|error loading shared library`), not: re(`invalid elf header|wrong elf class|file too short|shared object file: permission denied|cannot enable executable stack`), id: idLibrary, why: "a library that the program needs is neither in Lambda's image nor in the zip"},
	{says: re(`invalid elf header|wrong elf class|file too short`), id: idLibrary, why: "a library was built for another system or architecture, or was cut off", hint: "build or download it for Linux and the function's architecture"},
	{says: re(`cannot enable executable stack`), id: idExecStack, why: "the program or a library asks for an executable stack, which is refused", hint: "link it with -z noexecstack, or clear the mark: patchelf --clear-execstack FILE"},
	{says: re(`version '\w[\w.]*' not found`), not: re(`glibc_|glibcxx_|cxxabi_`), id: idLibrary, why: "a library of Lambda's image is older than the one that the program was linked against", hint: "bring the library along that the program was linked against, in lib/ of the zip, or link statically"},
	{says: re(`no usable version of libssl|unable to load shared library '`), id: idLibrary, why: "the .NET program wants a library that is neither in Lambda's image nor in the zip, or one that this library needs is not"},
	{says: re(`symbol lookup error|undefined symbol|error relocating|relocation error`), not: re(`lld: error|undefined symbols for`), id: idLibrary, why: "a library is there in another version than the program was linked against; or it is one for musl (Alpine), which Lambda's glibc cannot stand in for", hint: "bring the library along that the program was linked against, or link statically"},
	{says: re(`static tls block`), id: idLibrary, why: "a library wants more thread-local storage (TLS) than is left when it is loaded after the start", hint: "link the library with the program, so that it is loaded at the start, or preload it with LD_PRELOAD"},
	{says: re(`valid icu package`), id: idLibrary, why: "the .NET program wants libicu, which is not in Lambda's image", hint: "set InvariantGlobalization to true in its project, or bring libicu along in the zip"},
	{says: re(`segmentation fault|sigsegv|signal 11\b|exit status 139`), not: re(`nil pointer dereference`), id: idStaticNSS, why: "the program crashed (segmentation fault). A statically linked glibc program does when it resolves a name, for it loads name-service libraries of another glibc"},
	{id: idAlpine, why: "the program crashed, and was built on Alpine; such programs have crashed on Lambda"},
	{id: IDBoot, why: "the program crashed by a fault of its own"},
	{says: re(`temporary failure in name resolution|name or service not known|no such host`), id: IDBoot, why: "a name could not be resolved: there is none such, or the function is in a VPC without DNS", hint: "look at the name, and at the VPC's settings for DNS; a function in a VPC has no Internet without a NAT gateway"},
	{id: idStaticNSS, why: "a statically linked glibc program could not load its name-service libraries"},
	{says: re(`nil pointer dereference`), id: IDBoot, why: "the Go program uses a nil pointer; the lines after the message say where", hint: "read the stack in the log"},
	{says: re(`(?s)fatal error: .*(illegal instruction|sigill\b|exit status 132)`), id: IDBoot, why: "the program stopped itself, as Swift does on a fatal error; the message says why", hint: "read the line of the fatal error, and the stack after it"},
	{says: re(`illegal instruction|sigill\b|exit status 132`), id: idCPU, why: "the program needs instructions that the processor does not have, as with GOAMD64=v4"},
	{id: idCPURisk, why: "the program needs x86-64-v3, of which Lambda documents AVX2 only"},
	{id: IDBoot, why: "the program stopped itself, as Swift does on a fatal error"},
	{says: re(`trace/breakpoint trap|sigtrap|exit status 133`), id: IDBoot, why: "the program stopped itself, as Swift does on a fatal error", hint: "read the line of the fatal error, and the stack after it"},
	{says: re(`cpu does not support x86-64-v4`), id: idCPU, why: "the program or a library was built for x86-64-v4, and the processor has no AVX-512"},
	{says: re(`cpu does not support x86-64-v|cpu isa level is lower than required`), id: idCPURisk, why: "the program or a library was built for a newer processor (x86-64-v2 or later)"},
	{says: re(`does not support all of the following cpu features`), id: idCPURisk, why: "GraalVM built the program for the processor of the machine that it was built on", hint: "build with native-image -march=compatibility"},
	{says: re(`can only be run on amd64 processors with v4`), id: idCPU, why: "Go built the program for GOAMD64=v4, and the processor has no AVX-512"},
	{says: re(`can only be run on amd64 processors with v[23]`), id: idCPURisk, why: "Go built the program for a newer processor than this one (GOAMD64)"},
	{says: re(`can only be run on arm64 processors`), id: idCPU, why: "Go built the program for a newer processor than this one (GOARM64)"},
	{says: re(`unzipped size must be smaller|combined with layers exceeds|layers consume more than|uncompressed size is greater than`), id: idUnzipped, why: "the files of the function and its layers are larger than Lambda allows: 262,144,000 bytes (250 MB) unzipped"},
	{says: re(`request must be smaller than`), not: re(`for the invoke`), id: idUpload, why: "the zip is too large for a direct upload"},
	{says: re(`could not unzip (uploaded file|the deployment package)|invalidzipfileexception`), id: "zip-not-a-zip", why: "the file is not a zip, or was cut off"},
	{id: "zip-bad-directory", why: "the zip's directory is damaged"},
	{id: "zip-bad-data", why: "the content of a file is damaged"},
	{says: re(`zip file contains invalid files`), id: idName, why: "names in the zip are absolute, or leave the directory"},
	{id: idSpecial, why: "the zip has devices, sockets or pipes"},
	{says: re(`uploaded file must be a non-empty zip`), id: "zip-not-a-zip", why: "what was uploaded is not a zip: an empty file, or a zip in base64"},
	{id: idEmpty, why: "there is nothing in the zip"},
	{says: re(`code ?storage ?(limit )?exceeded`), id: idBudget, why: "all versions of all functions and layers of the account are larger than its code storage: 75 GB unless it was raised", hint: "delete old versions of functions and layers"},
	{says: re(`(memorysize|timeout)'? (value )?failed to (satisfy|satisfy constraint)|at '(memorysize|timeout)' failed`), id: IDDeployLimits, why: "memory or time-out is outside of what Lambda, or the account, offers"},
	{says: re(`runtime and handler are mandatory`), id: IDDeployPackageType, why: "a function of a zip was given no runtime and no handler", hint: "set Runtime to provided.al2023 and Handler to bootstrap; or PackageType to Image, for an image"},
	{says: re(`unable to load paramfile fileb?://|refers to a file or folder that does not exist|cannot find asset at|unable to load ".*\.zip"|no file exists at .*\.zip|failed: open \S*\.zip: no such file`), id: IDDeployZipMissing, why: "the zip that is to be deployed is not there: it was not made, or the path is relative to another directory"},
	{says: re(`(module|import module|class|no module named|could not find or load main class) \W?bootstrap|classnotfoundexception: bootstrap`), id: IDDeployRuntime, why: "the function's runtime is one of a language, which takes the handler bootstrap for a module of that language"},
	{says: re(`source image \S+ is not valid`), id: idImageArchive, why: "there is no such image in the registry, or it is not one that Lambda takes", hint: "give the URI of an image in Amazon ECR, in the function's region: bootzip push says it"},
	{says: re(`nosuchhandler`), id: IDBoot, why: "the handler of the function's configuration is none that the program answers to"},
	{says: re(`go1\.x\W.*(no longer supported|failed to satisfy constraint)|runtime parameter of \S+ is no longer supported|runtime \W?(go1\.x|provided(\.al2)?)\W? was deprecated`), id: idRuntimeEnded, why: "AWS has ended the runtime (go1.x, provided, or another): the function needs provided.al2023", hint: "call the program bootstrap, and set the function's runtime to provided.al2023"},
	{says: re(`: command not found|(line|[\w/]:) \d+: (exec: )?[^\s/]+: not found|executable file not found in \$path|spawn [^\s/]+ enoent`), not: re(`\\r['"]?:|exec: "(gcc|clang|cc|g\+\+|docker-credential-\S+)"|executable file not found in \$path"?: unknown|(runc|oci runtime|container process).*executable file not found`), id: idScriptCommand, why: "a script or program starts a command that is not in Lambda's image, nor on PATH in the zip or a layer"},
	{says: re(`(?m)(line \d+|: \d+|(^|\s|/)(ba)?sh): (exec: )?\S*/\S*: (not found|cannot execute: no such|no such file or directory)`), not: re(`\\r['"]?:`), id: idScriptMissing, why: "the file that the script starts or reads is missing in the zip"},
	{id: idInterpreter, why: "the file is there, and its dynamic linker is not in Lambda's image"},
	{says: re(`exit status 127`), id: idScriptCommand, why: "a command that the script starts was not found: it is not in Lambda's image"},
	{id: idScriptMissing, why: "the program that the script starts is missing in the zip"},
	{id: idLibrary, why: "a library was not found; the dynamic linker ends with this status, too"},
	{says: re(`exit status 126`), id: idScriptMode, why: "the script starts a file that may not be executed"},
	{id: idScriptFormat, why: "the script starts a file that is not a program for Linux"},
	{says: re(`outofmemory|out of memory|cannot allocate memory|memory allocation of \d+ bytes failed|bad_alloc|signal: killed|exit status 137`), not: re(`static tls block|sqlstate`), id: IDBoot, why: "the function needed more memory than it has, and was killed", hint: hintMemory},
	{says: re(`no space left on device|enospc`), not: re(`file watchers`), id: IDBoot, why: "/tmp is full: it has 512 MB unless the function has more ephemeral storage, and is kept from one event to the next", hint: "remove what the event left in /tmp, or give the function more ephemeral storage (up to 10,240 MB)"},
	{says: re(`too many open files|emfile`), id: IDBoot, why: "the program has 1,024 files and connections open, which is Lambda's limit", hint: "close the bodies of answers, and keep one client for all events"},
	{says: re(`(thread|fork|clone|newosproc|spawn).*(resource temporarily unavailable|eagain|errno=11)|resource temporarily unavailable.*(thread|fork)`), id: IDBoot, why: "the function has 1,024 processes and threads, which is Lambda's limit", hint: "wait for the processes that are started, and bound the threads"},
	{says: re(`(init_report |platform\.init).*status\W+timeout`), id: IDBoot, why: "the program did not ask for an event within 10 seconds of its start", hint: "do less before the first event, and try it here: bootzip check --boot FILE.zip"},
	{says: re(`byte payload is too large for the event`), id: IDBoot, why: "the event is larger than an asynchronous invocation takes: 1 MB", hint: "pass it through S3, and its key in the event"},
	{says: re(`exceeded maximum allowed payload size|payload size exceeded|request must be smaller than \d+ bytes for the invoke|byte payload is too large`), id: IDBoot, why: "the answer, or the event, is larger than 6 MB", hint: "stream the answer (200 MB), or pass it through S3"},
	{says: re(`expected aws lambda environment variables|aws_lambda_runtime_api\W.*(not set|not defined|missing|notpresent)|keyerror: 'aws_lambda_runtime_api`), id: IDBoot, why: "the program was started outside of Lambda, where there is no Runtime API", hint: "run it as Lambda does: bootzip invoke NAME EVENT, or bootzip serve"},
	{says: re(`exited without providing a reason`), id: IDBoot, why: "bootstrap ended by itself, with status 0: it came to its end", hint: hintLoop},
	{says: re(`extension\.(launcherror|notfound)|state\W+launcherror|extension\.\w+.*fork/exec`), id: idLayerExtension, why: "an extension could not be started: it may not be executed, or is for another architecture"},
	{says: re(`extension\.(crash|exiterror|initerror)`), id: IDBoot, why: "an extension of a layer ended; the function itself may be well", hint: "read the extension's own output in the log; leave its layer out to see whether it is to blame"},
	{says: re(`x509: (certificate signed by unknown authority|failed to load system roots)|certificate verify failed|unable to get local issuer certificate|unknownissuer|error setting certificate (verify locations|file)|pkix path building failed|trustanchors parameter must be non-empty`), id: IDBoot, why: "the program found no CA certificates that it trusts, or somebody stands in between: a static OpenSSL looks where its distribution has them, and Lambda's image has them in /etc/pki/tls/certs/ca-bundle.crt", hint: "set SSL_CERT_FILE=/etc/pki/tls/certs/ca-bundle.crt in the function's environment, or put a CA bundle into the zip"},
	{says: re(`layer media type for the source image`), id: idImageIndex, why: "the image is an index: it is for several platforms, or the builder added attestations"},
	{id: idImageMediaType, why: "a part of the image has a type that Lambda does not take: an uncompressed or zstd layer, or types of OCI and Docker in one"},
	{says: re(`unsupportedimagelayerdetected|imagelayerfailure`), id: idImageMediaType, why: "a layer is not compressed by gzip"},
	{id: idImageParent, why: "a directory of the layer has no entry of its own, which Docker makes up and Lambda does not"},
	{id: idImageLink, why: "the layer has hard links"},
	{id: idImageSpecial, why: "the layer has device files, pipes or sockets"},
	{id: idImageName, why: "names in the layer are absolute, twice there, or leave the image"},
	{id: idImageLayer, why: "the layer is damaged"},
	{says: re(`runtime\.invalidworkingdir`), id: idImageDirectory, why: "the image's working directory is not there"},
	{says: re(`runtime\.invalidtaskconfig`), id: idImageSettings, why: "the image's entry point, command or working directory is too long"},
	{says: re(`requires cgo to work`), id: idGoStub, why: "a package was built without cgo, and does nothing but say so"},
	{says: re(`unknown time zone`), id: IDGoZones, why: whyZones},
	{says: re(`timezonenotfound|time zone id '\S*' was not found|zoneinfonotfound|no time zone found with key|invalidlocationname|zoneinfo\.zip: no such file`), id: IDBoot, why: whyZones, hint: "put zone data into the zip and set TZDIR (.NET, C) or ZONEINFO (Crystal, Go) to its directory; for Python, add the package tzdata"},
}

// vague are sayings with little information. They are tried only if no other matches.
var vague = []saying{
	{says: re(`runtime\.invalidentrypoint`), id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip"},
	{id: idMachine, why: "the program is for another architecture"},
	{id: idBootstrapMode, why: "bootstrap may not be executed"},
	{id: idInterpreter, why: "the program's dynamic linker is not there"},
	{id: idImageEntryPoint, why: "of an image: its entry point is not there, or may not be executed"},
	{says: re(`runtime exited with error|runtime\.exiterror`), id: IDBoot, why: "the program ended by itself; its own output stands before this line"},
	{says: re(`signal: aborted|sigabrt|exit status 134`), id: IDBoot, why: "the program aborted: a failed assertion, or an exception that nothing caught", hint: "read the program's own last lines in the log"},
	{says: re(`(?m)goroutine \d+ .*\[|^fatal error: |thread '\S+' (\(\d+\) )?panicked at|thread \d+ panic: |unhandled exception[.:]|exception in thread "`), id: IDBoot, why: "the program failed by its own words, which say where", hint: "read the stack in the log"},
	{says: re(`task timed out|sandbox\.timedout|status\W+timeout`), id: IDBoot, why: "the program did not answer in time", hint: "give it a longer timeout, and try it here: bootzip invoke --timeout=SECONDS"},
}
