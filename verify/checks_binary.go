package verify

// The ids of checks that other packages name.
const (
	IDGoZones = "go-time-zones"
	IDBoot    = "boot-answers"
)

const (
	hintTarget      = "build for the architecture of the function: GOOS=linux GOARCH=amd64 (Lambda's x86_64) or arm64"
	hintLinkerFlags = "link without it; see the linker's -z options (noexecstack, text, separate-code)"
)

// The checks of the programs in the zip.
var (
	idMachine      = Binary.check(Check{ID: "elf-wrong-architecture", Proves: "the program, and each extension of a layer, is for the expected architecture, 64 bit, little endian", Lambda: lambdaExecFormat, Hint: hintTarget, Fixed: true, needs: stageELF})
	idOther        = Binary.check(Check{ID: "elf-other-architecture", Severity: SeverityWarn, Proves: "the programs that a bootstrap script may start are for the expected architecture", Hint: "build them for the architecture of the function, or leave out those for other architectures", needs: stageScript})
	idOS           = Binary.check(Check{ID: "elf-wrong-system", Proves: "the program is for Linux", Lambda: lambdaExecFormat, Hint: hintTarget, Fixed: true, needs: stageELF})
	idType         = Binary.check(Check{ID: "elf-not-a-program", Proves: "the program is an executable, not a library or an object file", Lambda: lambdaExecFormat, Hint: "link an executable (go build -buildmode=exe, cc without -shared or -c)", Fixed: true, needs: stageELF})
	idBroken       = Binary.check(Check{ID: "elf-broken", Proves: "what the kernel reads of the program is complete: headers, segments, entry point", Lambda: lambdaExecFormat, Hint: "build it again; the file is truncated or damaged", Fixed: true, needs: stageELF})
	idSections     = Binary.check(Check{ID: "elf-bad-sections", Severity: SeverityWarn, Proves: "the section headers, if any, and the sections are inside the file", Hint: "the program may still start, but was cut off or edited: build it again", needs: stageELF})
	idMemory       = Binary.check(Check{ID: "elf-memory", Proves: "the program's segments fit into the largest memory of a function, 10,240 MB", Hint: "the program has a huge static array: allocate it when it runs, or make it smaller", needs: stageELF})
	idDynamic      = Binary.check(Check{ID: "elf-dynamic", Severity: SeverityWarn, Proves: "the program is statically linked, or the caller allows a dynamic one; otherwise what bootzip builds fails", Hint: "build with CGO_ENABLED=0, or link with -static. To allow a dynamic one: bootzip check --dynamic, or a rule for elf-dynamic under checks in bootzip.yaml; other checks then verify that it finds its libraries", needs: stageELF})
	idInterpreter  = Binary.check(Check{ID: "elf-interpreter", Proves: "the program's dynamic linker is in Lambda's image or in the zip", Lambda: lambdaNoFile, Hint: "link against glibc for the right architecture, or statically; musl's linker is not in Lambda's image", needs: stageDynamic})
	idLibrary      = Binary.check(Check{ID: "elf-missing-library", Proves: "every library that the program needs is in Lambda's image, or in the zip where the linker looks for it", Hint: "put it into lib/ of the zip (Lambda looks into /var/task/lib), or link it statically", needs: stageDynamic})
	idGlibc        = Binary.check(Check{ID: "elf-glibc-too-new", Proves: "the program needs no newer glibc than the runtime has: 2.34 (al2023), 2.26 (al2)", Lambda: lambdaGlibc, Hint: "build on an older distribution, with zig cc or cargo zigbuild for glibc 2.34, or statically", needs: stageDynamic})
	idLibstdcxx    = Binary.check(Check{ID: "elf-libstdcxx-too-new", Proves: "the program needs no newer libstdc++ than the runtime has: gcc 11's (al2023), gcc 7's (al2)", Hint: "build with an older gcc, or link with -static-libstdc++. Lambda looks into its own /lib64 before /var/task/lib: a libstdc++.so.6 in the zip is found by an RPATH only (-Wl,--disable-new-dtags,-rpath,'$ORIGIN/lib')", needs: stageDynamic})
	idPacked       = Binary.check(Check{ID: "elf-packed", Proves: "the program is not packed (UPX), so that the other checks see the program itself", Hint: "put the unpacked program into the zip, which compresses it anyway; a packed one starts more slowly", needs: stageELF})
	idExecStack    = Binary.check(Check{ID: "elf-executable-stack", Proves: "the stack is not executable", Hint: hintLinkerFlags, needs: stageELF})
	idWritableCode = Binary.check(Check{ID: "elf-writable-code", Proves: "no segment is writable and executable", Hint: hintLinkerFlags, needs: stageELF})
	idTextRel      = Binary.check(Check{ID: "elf-text-relocations", Proves: "the code is not rewritten at start (text relocations)", Hint: hintLinkerFlags, needs: stageELF})
	idCPU          = Binary.check(Check{ID: "elf-cpu-level", Proves: "the program runs on every processor of Lambda: at most GOAMD64=v3, x86-64-v3, GOARM64=v8.2, as Go's build information or an ELF note says: code without them is not seen", Hint: "build for GOAMD64=v1 or v2, or -march=x86-64-v2; on arm64 GOARM64=v8.0", needs: stageELF})
	idCPURisk      = Binary.check(Check{ID: "elf-cpu-level-risky", Severity: SeverityWarn, Proves: "the program needs nothing beyond x86-64-v2, the level before the one that Lambda documents only in part", Hint: "Lambda documents AVX2, and v3 needs BMI, FMA, LZCNT and MOVBE too: build for v2 or v1", needs: stageELF})
	idStaticNSS    = Binary.check(Check{ID: "elf-static-nss", Proves: "no static glibc program loads name-service libraries at run time", Lambda: lambdaSegfault, Hint: "link dynamically, or against musl, or resolve names without glibc: with another glibc on the host the program crashes", needs: stageELF})
	idAlpine       = Binary.check(Check{ID: "elf-alpine", Severity: SeverityWarn, Proves: "the program was not compiled on Alpine Linux", Lambda: lambdaSegfault, Hint: "programs from Alpine images have crashed on Lambda with a segmentation fault, though others work: build in a Debian image, or test on Lambda and waive this", needs: stageELF})
	idNotStripped  = Binary.check(Check{ID: "elf-not-stripped", Severity: SeverityWarn, Proves: "the program has no symbol table and no debug information", Hint: "go build -ldflags='-s -w', or strip bootstrap: it starts sooner, since Linux reads nearly all of the file", needs: stageELF})
)

// The checks of Go programs' build information.
var (
	idGoTarget   = Binary.check(Check{ID: "go-wrong-target", Proves: "Go's build information names the same target as the ELF header", Lambda: lambdaExecFormat, Hint: hintTarget, needs: stageGo})
	idGoCgo      = Binary.check(Check{ID: "go-cgo", Severity: SeverityWarn, Proves: "Go built the program without cgo", Hint: "build with CGO_ENABLED=0", needs: stageGo})
	idGoStub     = Binary.check(Check{ID: "go-cgo-stub", Proves: "no package of the program is a stub that needs cgo", Hint: "use a package in pure Go (modernc.org/sqlite for go-sqlite3), or build with cgo, statically linked", needs: stageGo})
	idGoLambda   = Binary.check(Check{ID: "go-lambda-rpc", Proves: "the program's aws-lambda-go uses the Runtime API, as it does since v1.18.0; older ones wait for the runtime go1.x, which Lambda no longer has", Hint: "go get github.com/aws/aws-lambda-go@latest", needs: stageGo})
	_            = Binary.check(Check{ID: IDGoZones, Severity: SeverityWarn, Proves: "the program has the time zones that it may load: Lambda's image of al2023 has none", Hint: "import _ \"time/tzdata\", or build with -tags timetzdata (450 kB)", needs: stageGo})
	idGoTrimpath = Binary.check(Check{ID: "go-trimpath", Severity: SeverityWarn, Proves: "Go built the program with -trimpath, so that its bytes do not depend on the directory", Hint: "build with -trimpath", needs: stageGo})
	idGoDirty    = Binary.check(Check{ID: "go-dirty-tree", Severity: SeverityWarn, Proves: "Go built the program from a clean tree", Hint: "commit, then build; or build with -buildvcs=false", needs: stageGo})
)

// The boot check is run by another package: see [Report.AddBoot].
var _ = Boot.check(Check{ID: IDBoot, Proves: "the function starts and answers an event", Hint: "read its last output, and run it locally: bootzip invoke NAME EVENT --zip=FILE.zip", needs: stageBoot})
