package verify

import (
	"regexp"
	"sync"
)

// A saying is a message in a log, and a possible cause of it: the check that finds the
// cause, the reason, and a hint that replaces the check's unless it is empty. The patterns
// match text in lower case.
type saying struct {
	says          pattern // nil: a less likely cause of the previous message
	not           pattern // the lines of the message must not match this; may be nil
	unless        pattern // the text must not match this; may be nil
	id, why, hint string
}

// A pattern is compiled when it is first used: there are more than a hundred, which only
// Explain needs, and every command would wait for them at its start.
type pattern func() *regexp.Regexp

func re(text string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

const (
	hintMemory   = "give the function more memory, and try it here: bootzip invoke --memory=MB"
	whyReadOnly  = "the function writes outside /tmp, the only writable directory on Lambda"
	hintReadOnly = "write below /tmp; set HOME=/tmp for libraries that keep caches there"
	whyZones     = "the program loads a time zone, and Lambda's image of al2023 has no zone data (tzdata)"
	hintLoop     = "bootstrap must ask for the next event for ever: see whether main returns, or what the script does last"
)

// sayings are tried in order. All that match are returned.
var sayings = []saying{
	{says: re(`exec format error|cannot execute binary file`), id: idMachine, why: "the program and the function have different architectures: arm64 and x86_64, or the reverse"},
	{id: idBootstrapFormat, why: "bootstrap is not a program for Linux: one for macOS or Windows, or a script without #!"},
	{id: idOS, why: "the program is for another system, such as GOOS=darwin"},
	{id: idType, why: "bootstrap is a library or an object file"},
	{id: idBroken, why: "the program is truncated or damaged"},
	{says: re(`rosetta error: failed to open elf`), id: idMachine, why: "the program is for x86_64, but its image is for arm64"},
	{id: idInterpreter, why: "the program is dynamically linked, and its dynamic linker is not in the image"},
	{says: re(`\\r['"]|\\r:|\^m:|set: pipefail: invalid option|: invalid option name\S*: line \d+: set:`), id: idScriptCRLF, why: "the script has Windows line ends (CRLF): the CR becomes part of the name"},
	{says: re(`(line|:) \d+: syntax error( near unexpected token|: (unexpected end of file|\S+ unexpected|end of file|unterminated quoted))|unexpected eof while looking for matching`), id: idScriptSyntax, why: "the shell cannot parse the script: a construct is unterminated, or it is written for another shell"},
	{id: idScriptCRLF, why: "the script has Windows line ends (CRLF)"},
	{says: re(`fork/exec \S*: no such file or directory|cannot execute: required file not found|exec (/\S*:|user process caused:?) "?no such file or directory|ld-(musl|linux)-\S+: no such file or directory`), id: idInterpreter, why: "the program is dynamically linked, and its dynamic linker is not in Lambda's image; this is always so with musl (Alpine)"},
	{id: idScriptCRLF, why: "it is a script with Windows line ends (CRLF)"},
	{id: idScriptInterpreter, why: "it is a script, and the program of its #! line is not in Lambda's image"},
	{says: re(`bad interpreter`), not: re(`\\r:|\^m:`), id: idScriptInterpreter, why: "the program of the script's #! line is not in Lambda's image"},
	{says: re(`env: \W*[\w.+-]+( [^:]*)?\W*: no such file or directory`), id: idScriptInterpreter, why: "the script's #! line asks env for a program that is not in Lambda's image"},
	{says: re(`/opt/extensions/\S*: permission denied`), id: idLayerExtension, why: "the extension is not executable by everyone: the layer was made without Unix permissions, or without chmod 0755"},
	{says: re(`fork/exec \S*: permission denied`), not: re(`/opt/extensions/`), id: idBootstrapMode, why: "bootstrap is not executable by everyone: the zip was made without Unix permissions, or without chmod 0755"},
	{id: idMode, why: "only its owner can read a file, and the function runs as another user"},
	{says: re(`exec: "\S+": permission denied|exec (/\S*:|user process caused\W+) ?permission denied`), not: re(`fork/exec`), id: idImageEntryPoint, why: "the image's entry point is not executable by everyone"},
	{says: re(`exec: "\S+": (stat \S+: no such file or directory|is a directory): unknown|executable file not found in \$path"?: unknown|(runc|oci runtime|container process).*executable file not found`), not: re(`exec failed`), id: idImageEntryPoint, why: "the image's entry point does not exist"},
	{says: re(`set in config\.json failed`), id: idImageDirectory, why: "the image's working directory does not exist"},
	{says: re(`(var/task|opt)/bootstrap: permission denied|permission denied: (\./|/\S*/)?bootstrap(['"\s]|$)|do not have execute permission`), not: re(`fork/exec|exec /|directories do not`), id: idBootstrapMode, why: "bootstrap is not executable by everyone: the zip was made without Unix permissions, or without chmod 0755"},
	{says: re(`(mkdir|touch|create|creating)\b[^:\n]*[^:\n\w]/(var/task|opt)\b[^:\n]*: permission denied|(mkdir|touch): [^:\n]*\W/(var/task|opt)\b[^:\n]*: permission denied`), id: IDBoot, why: whyReadOnly, hint: hintReadOnly},
	{says: re(`some (files|directories) do not have (read|execute|write) permission|overridden by layers but don't have write permission`), id: idMode, why: "only their owner can use some files or directories of the layer or the zip", hint: "give files mode 0644, programs and directories 0755, and zip them again"},
	{says: re(`\b(cat|cp|ls|find|head|tail|grep|sed|open|opening|opendir|stat|readdir|cannot open( directory)?|can't open)\W+/(var/task|opt)/\S*: permission denied|permission denied, open |permission denied: '/(var/task|opt)/|cannot open shared object file: permission denied`), id: idMode, why: "only its owner can read a file, and the function runs as another user"},
	{says: re(`(?m)(line \d+|: \d+|(^|[^\w-])(ba)?sh): (exec: )?(\./|/var/task/|/opt/)\S*: permission denied|zsh: permission denied: (\./|/(var/task|opt)/)|spawn \S+ eacces`), not: re(`fork/exec|/opt/extensions/`), id: idScriptMode, why: "the script starts a file that is not executable by everyone"},
	{id: idMode, why: "only its owner can read a file, and the function runs as another user"},
	{says: re(`read-only file system`), id: IDBoot, why: whyReadOnly, hint: hintReadOnly},
	{says: re(`couldn't find valid bootstrap`), id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip: it has another name, or is in a directory"},
	{id: idBootstrapRegular, why: "bootstrap is a directory, or a link to something that is not in the zip"},
	{says: re(`glibc_[\d.]+\W* not (found|defined)`), id: idGlibc, why: "the program was linked against a newer glibc than the runtime has"},
	{says: re(`(glibcxx|cxxabi)_[\d.]+\W* not found`), id: idLibstdcxx, why: "the program was linked against a newer libstdc++ (C++) than the runtime has"},
	{says: re(`cannot open shared object file|error while loading shared libraries|error loading shared library`), not: re(`invalid elf header|wrong elf class|file too short|shared object file: permission denied|cannot enable executable stack`), id: idLibrary, why: "a library that the program needs is neither in Lambda's image nor in the zip"},
	{says: re(`invalid elf header|wrong elf class|file too short`), id: idLibrary, why: "a library was built for another system or architecture, or is truncated", hint: "build or download it for Linux and the function's architecture"},
	{says: re(`cannot enable executable stack`), id: idExecStack, why: "the program or a library requires an executable stack, which is not allowed", hint: "link it with -z noexecstack, or clear the mark: patchelf --clear-execstack FILE"},
	{says: re(`version '\w*_\d[\w.]*' not found`), not: re(`glibc_|glibcxx_|cxxabi_`), id: idLibrary, why: "a library of Lambda's image is older than the one that the program was linked against", hint: "include the library that the program was linked against, in lib/ of the zip, or link statically"},
	{says: re(`no usable version of libssl|unable to load shared library '`), id: idLibrary, why: "the .NET program needs a library that is neither in Lambda's image nor in the zip, or that library needs one"},
	{says: re(`symbol lookup error|undefined symbol|error relocating|relocation error`), not: re(`lld: error|undefined symbols for`), id: idLibrary, why: "a library has a different version than the program was linked against; or it is for musl (Alpine), which Lambda's glibc cannot replace", hint: "include the library that the program was linked against, or link statically"},
	{says: re(`static tls block`), id: idLibrary, why: "a library needs more thread-local storage (TLS) than is left when it is loaded after the start", hint: "link the library with the program, so that it is loaded at the start, or preload it with LD_PRELOAD"},
	{says: re(`valid icu package`), id: idLibrary, why: "the .NET program needs libicu, which is not in Lambda's image", hint: "set InvariantGlobalization to true in its project, or include libicu in the zip"},
	{says: re(`segmentation fault|sigsegv|signal 11\b|exit status 139`), unless: re(`nil pointer dereference`), id: idStaticNSS, why: "the program crashed (segmentation fault). A statically linked glibc program does so when it resolves a name, because it loads name-service libraries of another glibc"},
	{id: idAlpine, why: "the program crashed, and was built on Alpine; such programs have crashed on Lambda"},
	{id: IDBoot, why: "the program crashed because of a bug in it"},
	{says: re(`temporary failure in name resolution|name or service not known|no such host`), id: IDBoot, why: "a name could not be resolved: it does not exist, or the function is in a VPC without DNS", hint: "look at the name, and at the VPC's settings for DNS; a function in a VPC has no Internet without a NAT gateway"},
	{id: idStaticNSS, why: "a statically linked glibc program could not load its name-service libraries"},
	{says: re(`nil pointer dereference`), id: IDBoot, why: "the Go program uses a nil pointer; the lines after the message say where", hint: "read the stack in the log"},
	{says: re(`(?s)(swift[^\n]*fatal error|fatal error: [^\n]*swift).*(illegal instruction|sigill\b|exit status 132)`), id: IDBoot, why: "the program aborted, as Swift programs do on a fatal error; the message says why", hint: "read the line of the fatal error, and the stack after it"},
	{says: re(`illegal instruction|sigill\b|exit status 132`), id: idCPU, why: "the program needs instructions that the processor does not have, as with GOAMD64=v4"},
	{id: idCPURisk, why: "the program needs x86-64-v3, of which Lambda documents only AVX2"},
	{id: IDBoot, why: "the program aborted, as Swift programs do on a fatal error"},
	{says: re(`trace/breakpoint trap|sigtrap|exit status 133`), id: IDBoot, why: "the program aborted, as Swift programs do on a fatal error", hint: "read the line of the fatal error, and the stack after it"},
	{says: re(`cpu does not support x86-64-v4`), id: idCPU, why: "the program or a library was built for x86-64-v4, and the processor has no AVX-512"},
	{says: re(`cpu does not support x86-64-v|cpu isa level is lower than required`), id: idCPURisk, why: "the program or a library was built for a newer processor (x86-64-v2 or later)"},
	{says: re(`does not support all of the following cpu features`), id: idCPURisk, why: "GraalVM built the program for the processor of the build machine", hint: "build with native-image -march=compatibility"},
	{says: re(`can only be run on amd64 processors with v4`), id: idCPU, why: "Go built the program for GOAMD64=v4, and the processor has no AVX-512"},
	{says: re(`can only be run on amd64 processors with v[23]`), id: idCPURisk, why: "Go built the program for a newer processor than this one (GOAMD64)"},
	{says: re(`can only be run on arm64 processors`), id: idCPU, why: "Go built the program for a newer processor than this one (GOARM64)"},
	{says: re(`unzipped size must be smaller|combined with layers exceeds|layers consume more than|uncompressed size is greater than`), id: idUnzipped, why: "the files of the function and its layers are larger than Lambda allows: 262,144,000 bytes (250 MB) unzipped"},
	{says: re(`request must be smaller than`), not: re(`for the invoke`), id: idUpload, why: "the zip is too large for a direct upload"},
	{says: re(`could not unzip (uploaded file|the deployment package)|invalidzipfileexception`), id: "zip-not-a-zip", why: "the file is not a zip, or is truncated"},
	{id: "zip-bad-directory", why: "the zip's directory is damaged"},
	{id: "zip-bad-data", why: "the content of a file is damaged"},
	{says: re(`zip file contains invalid files`), id: idName, why: "names in the zip are absolute, or leave the directory"},
	{id: idSpecial, why: "the zip has devices, sockets or pipes"},
	{says: re(`uploaded file must be a non-empty zip`), id: "zip-not-a-zip", why: "the upload is not a zip: an empty file, or a zip in base64"},
	{id: idEmpty, why: "the zip is empty"},
	{says: re(`code ?storage ?(limit )?exceeded`), id: idBudget, why: "all versions of all functions and layers of the account are larger than its code storage: 75 GB unless it was raised", hint: "delete old versions of functions and layers"},
	{says: re(`(memorysize|timeout)'? (value )?failed to satisfy|at '(memorysize|timeout)' failed`), id: IDDeployLimits, why: "memory or time-out is outside the range that Lambda, or the account, offers"},
	{says: re(`reserved keys used in this request|contains reserved keys`), id: IDDeployReserved, why: "a variable of the function has a name that Lambda sets itself, such as AWS_REGION"},
	{says: re(`runtime and handler are mandatory`), id: IDDeployPackageType, why: "a function with a zip has no runtime or handler", hint: "set Runtime to provided.al2023 and Handler to bootstrap; or PackageType to Image, for an image"},
	{says: re(`unable to load paramfile fileb?://|refers to a file or folder that does not exist|cannot find asset at|unable to load ".*\.zip"|no file exists at .*\.zip|failed: open \S*\.zip: no such file`), id: IDDeployZipMissing, why: "the zip to deploy does not exist: it was not made, or the path is relative to another directory"},
	{says: re(`(cannot find module|import module|no module named) \W?bootstrap['"]|(load main class|classnotfoundexception:) bootstrap\b`), id: IDDeployRuntime, why: "the function has a managed language runtime, which takes the handler bootstrap for a module of that language"},
	{says: re(`source image \S+ is not valid`), id: idImageArchive, why: "the image is not in the registry, or Lambda does not accept it", hint: "give the URI of an image in Amazon ECR, in the function's region: bootzip push prints it"},
	{says: re(`nosuchhandler`), id: IDBoot, why: "the program does not know the handler in the function's configuration"},
	{says: re(`go1\.x\W.*(no longer supported|failed to satisfy constraint)|runtime parameter of \S+ is no longer supported|runtime \W?(go1\.x|provided(\.al2)?)\W? was deprecated`), id: idRuntimeEnded, why: "AWS has ended the runtime (go1.x, provided, or another): the function needs provided.al2023", hint: "call the program bootstrap, and set the function's runtime to provided.al2023"},
	{says: re(`: command not found|(line|sh:|bootstrap:|/(var/task|opt)/\S+:) \d+: (exec: )?[^\s/]+: not found|executable file not found in \$path|spawn [^\s/]+ enoent`), not: re(`\\r['"]?:|exec: "(gcc|clang|cc|g\+\+|docker-credential-\S+)"|executable file not found in \$path"?: unknown|(runc|oci runtime|container process).*executable file not found`), id: idScriptCommand, why: "a script or program starts a command that is not in Lambda's image, nor on PATH in the zip or a layer"},
	{says: re(`(?m)(line \d+|: \d+|(^|\s|/)(ba)?sh): (exec: )?\S*/\S*: (not found|cannot execute: no such|no such file or directory)`), not: re(`\\r['"]?:`), id: idScriptMissing, why: "the file that the script starts or reads is not in the zip"},
	{id: idInterpreter, why: "the file exists, but its dynamic linker is not in Lambda's image"},
	{says: re(`exit status 127`), id: idScriptCommand, why: "a command that the script starts was not found: it is not in Lambda's image"},
	{id: idScriptMissing, why: "the program that the script starts is not in the zip"},
	{id: idLibrary, why: "a library was not found; the dynamic linker also ends with this status"},
	{says: re(`exit status 126`), id: idScriptMode, why: "the script starts a file that is not executable"},
	{id: idScriptFormat, why: "the script starts a file that is not a program for Linux"},
	{says: re(`outofmemory|out of memory|cannot allocate memory|memory allocation of \d+ bytes failed|bad_alloc|signal: killed|exit status 137`), not: re(`static tls block|sqlstate`), id: IDBoot, why: "the function needed more memory than it has, and was killed", hint: hintMemory},
	{says: re(`no space left on device|enospc`), not: re(`file watchers`), id: IDBoot, why: "/tmp is full: it has 512 MB unless the function has more ephemeral storage, and is kept from one event to the next", hint: "remove what the event left in /tmp, or give the function more ephemeral storage (up to 10,240 MB)"},
	{says: re(`too many open files|emfile`), id: IDBoot, why: "the program has 1,024 files and connections open, which is Lambda's limit", hint: "close the bodies of answers, and keep one client for all events"},
	{says: re(`(thread|fork|clone|newosproc|spawn).*(resource temporarily unavailable|eagain|errno=11)|resource temporarily unavailable.*(thread|fork)`), id: IDBoot, why: "the function has 1,024 processes and threads, which is Lambda's limit", hint: "wait for the processes that are started, and bound the threads"},
	{says: re(`(init_report |platform\.init).*status\W+timeout`), id: IDBoot, why: "the program did not ask for an event within 10 seconds of its start", hint: "do less before the first event, and try it here: bootzip check --boot FILE.zip"},
	{says: re(`byte payload is too large for the event`), id: IDBoot, why: "the event is larger than an asynchronous invocation allows: 1 MB", hint: "pass it through S3, and its key in the event"},
	{says: re(`exceeded maximum allowed payload size|payload size exceeded|request must be smaller than \d+ bytes for the invoke|byte payload is too large`), id: IDBoot, why: "the answer, or the event, is larger than 6 MB", hint: "stream the answer (200 MB), or pass it through S3"},
	{says: re(`expected aws lambda environment variables|aws_lambda_runtime_api\W.*(not set|not defined|missing|notpresent)|keyerror: 'aws_lambda_runtime_api`), id: IDBoot, why: "the program was started outside of Lambda, where there is no Runtime API", hint: "run it as Lambda does: bootzip invoke NAME EVENT, or bootzip serve"},
	{says: re(`exited without providing a reason`), id: IDBoot, why: "bootstrap exited by itself, with status 0", hint: hintLoop},
	{says: re(`extension\.(launcherror|notfound)|state\W+launcherror|extension\.\w+.*fork/exec`), id: idLayerExtension, why: "an extension could not be started: it is not executable, or is for another architecture"},
	{says: re(`extension\.(crash|exiterror|initerror)`), id: IDBoot, why: "an extension in a layer exited; the function itself may work", hint: "read the extension's own output in the log; leave its layer out to see whether it is to blame"},
	{says: re(`x509: (certificate signed by unknown authority|failed to load system roots)|certificate verify failed|unable to get local issuer certificate|unknownissuer|error setting certificate (verify locations|file)|pkix path building failed|trustanchors parameter must be non-empty`), id: IDBoot, why: "the program found no CA certificates that it trusts, or a proxy intercepts the connection: a static OpenSSL looks where its distribution has them, and Lambda's image has them in /etc/pki/tls/certs/ca-bundle.crt", hint: "set SSL_CERT_FILE=/etc/pki/tls/certs/ca-bundle.crt in the function's environment, or put a CA bundle into the zip"},
	{says: re(`\bopen (\./|/var/task/)?\w[^\s:/]*(/[^\s:]*)?: no such file or directory|no such file or directory: '(\./|/var/task/)?\w`), id: IDBoot, why: "a file that the program opens is not in the zip; relative paths begin at /var/task", hint: "list it under assets in bootzip.yaml, or embed it in the program"},
	{says: re(`is not authorized to perform|accessdenied`), id: IDBoot, why: "the function's role does not allow what the program requests from AWS", hint: "allow the action in the policies of the function's role"},
	{says: re(`cannot be assumed by lambda`), id: IDBoot, why: "the role does not trust Lambda, or was created a moment ago", hint: "let lambda.amazonaws.com assume it (sts:AssumeRole), and try again after some seconds"},
	{says: re(`rate exceeded|toomanyrequestsexception`), id: IDBoot, why: "the invocation was throttled: more events at once than the function or the account allows", hint: "call again later; raise the reserved concurrency of the function, or the account's quota"},
	{says: re(`missing region|an aws region is required|could not find region`), id: IDBoot, why: "no AWS region is set: Lambda sets one, your machine may not", hint: "set AWS_REGION; bootzip invoke and serve do"},
	{says: re(`json: cannot unmarshal|json: unknown field|runtime\.unmarshalerror`), id: IDBoot, why: "the event does not have the form that the handler decodes", hint: "send it an event of its kind: bootzip event list has them, and event in bootzip.yaml is the function's own"},
	{says: re(`layer media type for the source image`), id: idImageIndex, why: "the image is an index: it is for several platforms, or the builder added attestations"},
	{id: idImageMediaType, why: "a part of the image has a type that Lambda does not accept: an uncompressed or zstd layer, or a mix of OCI's and Docker's types"},
	{says: re(`unsupportedimagelayerdetected|imagelayerfailure`), id: idImageMediaType, why: "a layer is not compressed with gzip"},
	{id: idImageParent, why: "a directory of the layer has no entry: Docker creates missing ones, Lambda does not"},
	{id: idImageLink, why: "the layer has hard links"},
	{id: idImageSpecial, why: "the layer has device files, pipes or sockets"},
	{id: idImageName, why: "names in the layer are absolute, duplicated, or leave the image"},
	{id: idImageLayer, why: "the layer is damaged"},
	{says: re(`runtime\.invalidworkingdir`), id: idImageDirectory, why: "the image's working directory does not exist"},
	{says: re(`runtime\.invalidtaskconfig`), id: idImageSettings, why: "the image's entry point, command or working directory is too long"},
	{says: re(`requires cgo\b`), not: re(`-race requires|enable cgo by setting`), id: idGoStub, why: "a package was built without cgo, and only reports that"},
	{says: re(`unknown time zone`), id: IDGoZones, why: whyZones},
	{says: re(`timezonenotfound|time zone id '\S*' was not found|zoneinfonotfound|no time zone found with key|invalidlocationname|zoneinfo\.zip: no such file`), id: IDBoot, why: whyZones, hint: "put zone data into the zip and set TZDIR (.NET, C) or ZONEINFO (Crystal, Go) to its directory; for Python, add the package tzdata"},
}

// vague are sayings with little information. They are tried only if no others match.
var vague = []saying{
	{says: re(`runtime\.invalidentrypoint`), id: idBootstrapMissing, why: "there is no bootstrap in the root of the zip"},
	{id: idMachine, why: "the program is for another architecture"},
	{id: idBootstrapMode, why: "bootstrap may not be executed"},
	{id: idInterpreter, why: "the program's dynamic linker is not there"},
	{id: idImageEntryPoint, why: "for an image: its entry point does not exist, or is not executable"},
	{says: re(`(\./|/var/task/)[^\s:]*: permission denied`), not: re(`fork/exec`), id: idScriptMode, why: "a file that is started may not be executed by everyone"},
	{id: idMode, why: "only its owner can read a file, and the function runs as another user"},
	{says: re(`runtime exited with error|runtime\.exiterror`), id: IDBoot, why: "the program exited by itself; its own output is before this line"},
	{says: re(`signal: aborted|sigabrt|exit status 134`), id: IDBoot, why: "the program aborted: a failed assertion, or an exception that nothing caught", hint: "read the program's own last lines in the log"},
	{says: re(`(?m)goroutine \d+ .*\[|^fatal error: |^panic: |thread '\S+' (\(\d+\) )?panicked at|thread \d+ panic: |unhandled exception[.:]|exception in thread "`), id: IDBoot, why: "the program failed; its own message says where", hint: "read the stack in the log"},
	{says: re(`context deadline exceeded|i/o timeout`), id: IDBoot, why: "the program waited too long for something", hint: "give the function a longer timeout, or the call a shorter one; a function in a VPC reaches the Internet through a NAT gateway alone"},
	{says: re(`task timed out|sandbox\.timedout|(report requestid|platform\.(report|runtimedone)).*status\W+timeout`), id: IDBoot, why: "the program did not answer in time", hint: "give it a longer timeout, and try it here: bootzip invoke --timeout=SECONDS"},
}
