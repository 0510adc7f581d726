package build

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/hint"
)

const (
	// scriptDir, below the output directory, has the commands of a container and
	// their output.
	scriptDir = ".job"

	// doneMark begins the line that reports the end of a command.
	doneMark = "bootzip-done"
)

// runScript returns the script that runs all commands of a run in one container,
// some side by side. xargs is in every Debian image.
//
// Nothing is written to the script's standard input. When it closes, the process that
// started the container has ended, and the script kills everything in the container.
func runScript(umask int) string {
	return fmt.Sprintf("umask %04o\n", umask) + `cd /out/` + scriptDir + ` || exit 125
exec 3<&0 </dev/null
(cat <&3 >/dev/null; kill -s KILL -- -1) &
exec 3<&-
ls | grep '\.job$' | sort -n | xargs -r -P "$1" -n 1 sh one
`
}

// oneScript runs one command and reports its exit status.
const oneScript = `n=${1%.job}
sh "$1" >"$n.log" 2>&1 </dev/null
echo ` + doneMark + ` "$n" $?
`

// writeScripts writes the commands of a batch where the container sees them.
func writeScripts(b batch) error {
	dir := filepath.Join(b.host.out, scriptDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := map[string]string{"run": runScript(b.vary.mask()), "one": oneScript}
	for i, j := range b.jobs {
		files[fmt.Sprintf("%d.job", i)] = jobScript(path.Join(b.vary.source(), b.host.project), j)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func jobScript(source string, j job) string {
	return fmt.Sprintf("cd %s || exit 125\nexec env -i %s\n", quote(path.Join(source, j.dir)), quoteAll(slices.Concat(j.env, j.command)))
}

// quoteAll quotes words and joins them with blanks.
func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

// quote quotes s for a POSIX shell.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// readLogs reads the output of a batch's commands.
func readLogs(b batch, outcomes []outcome) (err error) {
	for i := range outcomes {
		name := filepath.Join(scriptDir, fmt.Sprintf("%d.log", i))
		if outcomes[i].output, err = readCut(b.host.out, name); err != nil {
			return hint.Wrap(fmt.Errorf("messages of a build cannot be read: %w", err),
				"builds may write to $OUT, and not to what is above it")
		}
	}
	return nil
}

// readCut reads the file name below dir as far as cut keeps it.
func readCut(dir, name string) (string, error) {
	f, err := openInside(dir, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var c cut
	_, err = io.Copy(&c, f)
	return c.String(), err
}
