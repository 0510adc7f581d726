package build

import (
	"errors"
	"os"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// The shell scripts that build one function, by language. They run in the
// source directory, which is read-only, and leave $OUT/bootstrap.

// scriptC compiles all C files of the source directory together, with musl, whose
// resolver loads nothing at run time.
func scriptC(s source) (string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return "", err
	}
	argv := []string{s.triplet("musl") + "-gcc", "-std=gnu17", "-O2", "-Wall", "-fno-pie", "-ffunction-sections", "-fdata-sections"}
	argv = append(argv, strings.Fields(linkFlags)...)
	found := false
	for _, e := range entries { // sorted by name
		if name := e.Name(); strings.HasSuffix(name, ".c") && !e.IsDir() {
			if strings.HasPrefix(name, "-") {
				return "", hint.New("rename it", "file %q of %s reads as a flag", name, s.Function.Source)
			}
			argv, found = append(argv, name), true
		}
	}
	if !found {
		return "", hint.New("put the program there, or use language: command", "%s has no .c file", s.Function.Source)
	}
	return quoteAll(argv) + ` -o "$OUT/bootstrap"`, nil
}

// scriptCrystal makes Crystal write an object file, and runs the link command that
// it prints. Both architectures are built like this.
func scriptCrystal(s source) (string, error) {
	entry, err := s.entry("src/bootstrap.cr", "bootstrap.cr")
	if err != nil {
		return "", err
	}
	triplet := s.triplet("gnu")
	// The compiler also uses $CC to link programs that macros run on this machine, as
	// ECR's do. So the linker is replaced only in the command that it prints.
	return `export CRYSTAL_CACHE_DIR="$TMPDIR/crystal-$ARCH-$$" CC=cc
export PKG_CONFIG_LIBDIR=/usr/lib/` + triplet + `/pkgconfig:/usr/share/pkgconfig
mkdir -p "$CRYSTAL_CACHE_DIR"
link=$(crystal build ` + quote(entry) + ` -o "$CRYSTAL_CACHE_DIR/bootstrap" --release --static --no-debug \
	--cross-compile --target ` + triplet + ` --link-flags ` + quote(strings.TrimPrefix(linkFlags, "-static ")) + `)
case $link in "cc "*) ;; *) echo "not a command of cc: $link" >&2; exit 1 ;; esac
eval "` + triplet + `-gcc ${link#cc }"
cp "$CRYSTAL_CACHE_DIR/bootstrap" "$OUT/bootstrap"
rm -rf "$CRYSTAL_CACHE_DIR"`, nil
}

// scriptRust runs cargo, offline: crates are in the source.
//
// Cargo compares times, and a restored file can be older than what was made from
// its other version. So the script makes cargo's records older than all sources.
// Then cargo compiles the project's own crates again, and not those in vendor/,
// which it compares by hash.
func scriptRust(s source) (string, error) {
	if _, err := s.entry("Cargo.toml"); err != nil {
		return "", err
	}
	if _, err := s.entry("Cargo.lock"); err != nil {
		return "", hint.Wrap(errors.New("the crates' versions are open: there is no Cargo.lock"), "run `cargo generate-lockfile`, and `cargo vendor` for crates from a registry")
	}
	target, gcc := s.cpu()+"-unknown-linux-gnu", s.triplet("gnu")+"-gcc"
	variable := strings.ReplaceAll(target, "-", "_")
	return `export CARGO_HOME="$CACHE/home" CARGO_TARGET_DIR="$CACHE/target" CARGO_INCREMENTAL=0
export CARGO_TARGET_` + strings.ToUpper(variable) + `_LINKER=` + gcc + ` CC_` + variable + `=` + gcc + `
export RUSTFLAGS="-Ctarget-feature=+crt-static -Crelocation-model=static -Cstrip=symbols -Clink-arg=-Wl,--build-id=none --remap-path-prefix=$PWD=."
if [ -d "$CARGO_TARGET_DIR" ]; then
	find "$CARGO_TARGET_DIR" -path '*/.fingerprint/*' -type f -exec touch -d @1 {} +
fi
cargo build --release --locked --offline --target ` + target + ` --bin bootstrap
cp "$CARGO_TARGET_DIR/` + target + `/release/bootstrap" "$OUT/bootstrap"`, nil
}

// scriptNim compiles with musl. Debian's nim.cfg names glibc's compiler for
// arm64, which only the long form of the options overrides.
func scriptNim(s source) (string, error) {
	entry, err := s.entry("src/bootstrap.nim", "bootstrap.nim")
	if err != nil {
		return "", err
	}
	gcc, cpu := s.triplet("musl")+"-gcc", string(s.Arch)
	argv := []string{"nim", "compile", "-d:release", "--cpu:" + cpu, "--os:linux", "--cc:gcc",
		"--gcc.exe:" + gcc, "--gcc.linkerexe:" + gcc, "--" + cpu + ".linux.gcc.exe:" + gcc, "--" + cpu + ".linux.gcc.linkerexe:" + gcc,
		"--passC:-fno-pie -ffunction-sections -fdata-sections", "--passL:" + linkFlags, "--skipUserCfg:on", "--hints:off"}
	return quoteAll(argv) + ` --nimcache:"$TMPDIR/nim-$ARCH-$$" -o:"$OUT/bootstrap" ` + quote(entry) + `
rm -rf "$TMPDIR/nim-$ARCH-$$"`, nil
}

// scriptCommand runs what bootzip.yaml says.
func scriptCommand(s source) (string, error) {
	return "exec " + quoteAll(s.Function.Command), nil
}

// A debianLanguage is how the build image builds a language.
type debianLanguage struct {
	compiler string // package whose version names the toolchain; "" without one
	script   func(source) (string, error)
}

var debianLanguages = map[project.Language]debianLanguage{
	project.C:       {"gcc", scriptC},
	project.Crystal: {"crystal", scriptCrystal},
	project.Rust:    {"rustc", scriptRust},
	project.Nim:     {"nim", scriptNim},
	project.Command: {"", scriptCommand},
}

func needsImage(l project.Language) bool {
	_, ok := debianLanguages[l]
	return ok
}

// inImage reports whether a function is built with the build image's compilers.
func inImage(f project.Function) bool { return needsImage(f.Language) || f.Cgo != "" }
