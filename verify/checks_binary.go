package verify

// The ids of the binary checks.
const (
	idOther         = "elf-other-architecture"
	idOS            = "elf-wrong-system"
	idMachine       = "elf-wrong-architecture"
	idType          = "elf-not-a-program"
	idBroken        = "elf-broken"
	idSections      = "elf-bad-sections"
	idDynamic       = "elf-dynamic"
	idInterpreter   = "elf-interpreter"
	idLibrary       = "elf-missing-library"
	idGlibc         = "elf-glibc-too-new"
	idLibstdcxx     = "elf-libstdcxx-too-new"
	idNotStripped   = "elf-not-stripped"
	idExecStack     = "elf-executable-stack"
	idWritableCode  = "elf-writable-code"
	idTextRel       = "elf-text-relocations"
	idPacked        = "elf-packed"
	idCPU           = "elf-cpu-level"
	idCPURisk       = "elf-cpu-level-risky"
	idStaticNSS     = "elf-static-nss"
	idAlpine        = "elf-alpine"
	idGoTarget      = "go-wrong-target"
	idGoCgo         = "go-cgo"
	idGoTrimpath    = "go-trimpath"
	idGoDirty       = "go-dirty-tree"
	idGoStub        = "go-cgo-stub"
	IDGoZones       = "go-time-zones"
	idGoLambda      = "go-lambda-rpc"
	idMemory        = "elf-memory"
	IDBoot          = "boot-answers"
	hintTarget      = "build for the architecture of the function: GOOS=linux GOARCH=amd64 (Lambda's x86_64) or arm64"
	hintLinkerFlags = "link without it; see the linker's -z options (noexecstack, text, separate-code)"
)

// binaryChecks returns the checks of the programs in the zip.
func binaryChecks() []Check {
	rows := []Check{
		{ID: idMachine, Proves: "the program is for the expected architecture, 64 bit, little endian", Lambda: lambdaExecFormat, Hint: hintTarget, Fixed: true, needs: stageELF},
		{ID: idOther, Severity: SeverityWarn, Proves: "the programs that a script as bootstrap may start are for the expected architecture", Hint: "build them for the architecture of the function, or leave out those for other ones", needs: stageScript},
		{ID: idOS, Proves: "the program is for Linux", Lambda: lambdaExecFormat, Hint: hintTarget, Fixed: true, needs: stageELF},
		{ID: idType, Proves: "the program is an executable, not a library or an object file", Lambda: lambdaExecFormat, Hint: "link an executable (go build -buildmode=exe, cc without -shared or -c)", Fixed: true, needs: stageELF},
		{ID: idBroken, Proves: "what the kernel reads of the program is whole: headers, segments, entry point", Lambda: lambdaExecFormat, Hint: "build it again; the file is cut off or damaged", Fixed: true, needs: stageELF},
		{ID: idSections, Severity: SeverityWarn, Proves: "the section headers, if any, are inside the file", Hint: "the program may start all the same, but was cut off or edited: build it again", needs: stageELF},
		{ID: idMemory, Proves: "the program's segments fit into the largest memory of a function, 10,240 MB", Hint: "the program has a huge static array: allocate it when it runs, or make it smaller", needs: stageELF},
		{ID: idDynamic, Severity: SeverityWarn, Proves: "the program is statically linked, or may be dynamic by the caller's word; what bootzip builds fails otherwise", Hint: "build with CGO_ENABLED=0, or link with -static. If it is to be dynamic: bootzip check --dynamic, or a rule for elf-dynamic under checks in bootzip.yaml; other checks see to it that it finds its libraries", needs: stageELF},
		{ID: idInterpreter, Proves: "the program's dynamic linker is in Lambda's image or in the zip", Lambda: lambdaNoFile, Hint: "link against glibc for the right architecture, or statically; musl's linker is not in Lambda's image", needs: stageDynamic},
		{ID: idLibrary, Proves: "every library that the program needs is in Lambda's image, or in the zip where it is looked for", Hint: "put it into lib/ of the zip (Lambda looks into /var/task/lib), or link it statically", needs: stageDynamic},
		{ID: idGlibc, Proves: "the program needs no newer glibc than the runtime has: 2.34 (al2023), 2.26 (al2)", Lambda: lambdaGlibc, Hint: "build on an older distribution, with zig cc or cargo zigbuild for glibc 2.34, or statically", needs: stageDynamic},
		{ID: idLibstdcxx, Proves: "the program needs no newer libstdc++ than the runtime has: gcc 11's (al2023), gcc 7's (al2)", Hint: "build with an older gcc, or link with -static-libstdc++. Lambda looks into its own /lib64 before /var/task/lib: a libstdc++.so.6 in the zip is found by an RPATH only (-Wl,--disable-new-dtags,-rpath,'$ORIGIN/lib')", needs: stageDynamic},
		{ID: idPacked, Proves: "the program is not packed (UPX): the others of these checks see the program itself", Hint: "put the unpacked program into the zip, which compresses it anyway; a packed one starts more slowly", needs: stageELF},
		{ID: idExecStack, Proves: "the stack is not executable", Hint: hintLinkerFlags, needs: stageELF},
		{ID: idWritableCode, Proves: "no segment is writable and executable", Hint: hintLinkerFlags, needs: stageELF},
		{ID: idTextRel, Proves: "the code is not rewritten at start (text relocations)", Hint: hintLinkerFlags, needs: stageELF},
		{ID: idCPU, Proves: "the program runs on every processor of Lambda: at most GOAMD64=v3, x86-64-v3, GOARM64=v8.2, as Go's build information or an ELF note says: code without them is not seen", Hint: "build for GOAMD64=v1 or v2, or -march=x86-64-v2; on arm64 GOARM64=v8.0", needs: stageELF},
		{ID: idCPURisk, Severity: SeverityWarn, Proves: "the program needs nothing beyond x86-64-v2, the level before the one that Lambda documents only in part", Hint: "Lambda documents AVX2, and v3 needs BMI, FMA, LZCNT and MOVBE too: build for v2 or v1", needs: stageELF},
		{ID: idStaticNSS, Proves: "no static glibc program loads name-service libraries at run time", Lambda: lambdaSegfault, Hint: "link dynamically, or against musl, or resolve names without glibc: with another glibc on the host the program crashes", needs: stageELF},
		{ID: idAlpine, Severity: SeverityWarn, Proves: "no compiler of Alpine Linux left its mark in the program", Lambda: lambdaSegfault, Hint: "programs from Alpine images have crashed on Lambda with a segmentation fault, and others work well: build in a Debian image, or test on Lambda and waive this", needs: stageELF},
		{ID: idNotStripped, Severity: SeverityWarn, Proves: "the program has no symbol table and no debug information", Hint: "go build -ldflags='-s -w', or strip bootstrap: it starts sooner, for Linux reads nearly the whole file", needs: stageELF},
	}
	return complete(rows, Binary)
}

// goChecks returns the checks of Go programs' build information.
func goChecks() []Check {
	rows := []Check{
		{ID: idGoTarget, Proves: "Go's build information names the same target as the ELF header", Lambda: lambdaExecFormat, Hint: hintTarget, needs: stageGo},
		{ID: idGoCgo, Severity: SeverityWarn, Proves: "Go built the program without cgo", Hint: "build with CGO_ENABLED=0", needs: stageGo},
		{ID: idGoStub, Proves: "no package of the program does nothing for want of cgo", Hint: "take a package in pure Go (modernc.org/sqlite for go-sqlite3), or build with cgo, statically linked", needs: stageGo},
		{ID: idGoLambda, Proves: "the program's aws-lambda-go uses the Runtime API, as it does since v1.18.0; older ones wait for the runtime go1.x, which Lambda no longer has", Hint: "go get github.com/aws/aws-lambda-go@latest", needs: stageGo},
		{ID: IDGoZones, Severity: SeverityWarn, Proves: "the program has the time zones that it may load: Lambda's image of al2023 has none", Hint: "import _ \"time/tzdata\", or build with -tags timetzdata (450 kB)", needs: stageGo},
		{ID: idGoTrimpath, Severity: SeverityWarn, Proves: "Go built the program with -trimpath, so that its bytes do not depend on the directory", Hint: "build with -trimpath", needs: stageGo},
		{ID: idGoDirty, Severity: SeverityWarn, Proves: "Go built the program from a clean tree", Hint: "commit, then build; or build with -buildvcs=false", needs: stageGo},
	}
	return complete(rows, Binary)
}

// bootChecks returns the boot check, which is made by another package: see [Report.AddBoot].
func bootChecks() []Check {
	return complete([]Check{
		{ID: IDBoot, Proves: "the function starts and answers an event", Hint: "read its last output, and run it here: bootzip invoke NAME EVENT --zip=FILE.zip", needs: stageBoot},
	}, Boot)
}
