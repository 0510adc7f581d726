package build

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/project"
)

// The shell scripts that build one function, by language. They run in the
// source directory, which is read-only, and leave $OUT/bootstrap.

// scriptC compiles all C files of the source directory together, with musl:
// its resolver is part of itself and loads nothing at run time.
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
	return strings.Join(quoteAll(argv), " ") + ` -o "$OUT/bootstrap"`, nil
}

// scriptCrystal lets Crystal write an object file, and runs the command that
// it prints for linking it. Both architectures take this way.
func scriptCrystal(s source) (string, error) {
	entry, err := s.entry("src/bootstrap.cr", "bootstrap.cr")
	if err != nil {
		return "", err
	}
	triplet := s.triplet("gnu")
	// The compiler links programs that macros run (ECR's, for one) with $CC as well:
	// these are for this machine, so the command that it prints gets its linker after.
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
// Cargo decides by time what has changed, and a file that was restored can be
// older than what was made from another. So all that it remembers is made
// older than any source: the project's own crates are compiled again, and
// those in vendor/, which it knows by hash, are not.
func scriptRust(s source) (string, error) {
	if _, err := s.entry("Cargo.toml"); err != nil {
		return "", err
	}
	if _, err := s.entry("Cargo.lock"); err != nil {
		return "", hint.Wrap(errors.New("the crates' versions are open: there is no Cargo.lock"), "run `cargo generate-lockfile`, and `cargo vendor` for crates from a registry")
	}
	target, gcc := s.triplet("unknown"), s.triplet("gnu")+"-gcc"
	target = strings.Replace(target, "-linux-unknown", "-unknown-linux-gnu", 1)
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
	return strings.Join(quoteAll(argv), " ") + ` --nimcache:"$TMPDIR/nim-$ARCH-$$" -o:"$OUT/bootstrap" ` + quote(entry) + `
rm -rf "$TMPDIR/nim-$ARCH-$$"`, nil
}

// scriptCommand runs what bootzip.yaml says.
func scriptCommand(s source) (string, error) {
	return "exec " + strings.Join(quoteAll(s.Function.Command), " "), nil
}

// debianLanguages are those that need the build image.
var debianLanguages = []project.Language{project.C, project.Crystal, project.Rust, project.Nim, project.Command}

func needsImage(l project.Language) bool { return slices.Contains(debianLanguages, l) }

// inImage reports whether a function is built with what the build image has.
func inImage(f project.Function) bool { return needsImage(f.Language) || f.Cgo != "" }
