package verify

import (
	"bytes"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bootzip/bootzip/internal/shellscan"
	"github.com/bootzip/bootzip/internal/zipscan"
)

// maxStarted is roughly how many files that scripts start are examined.
const maxStarted = 50

// maxInterpreters is how many interpreters the kernel follows if the interpreter of a
// script is a script (fs/exec.c, exec_binprm).
const maxInterpreters = 5

// A started says how Lambda or a script starts a file.
type started struct {
	certain bool // every run of the script starts it; true if Lambda does
	shell   bool // a shell reads it, so it need not be executable
	sourced bool // a script reads it into itself, and what it starts was seen there
	kernel  bool // the kernel starts it, as the interpreter of a script
	loader  string
	dirs    []string // of LD_LIBRARY_PATH; nil: Lambda's own
	anyDirs bool     // LD_LIBRARY_PATH is unknown

	// child is the Config that its starter gives a script; nil: that of a script that Lambda
	// starts.
	child *shellscan.Config
}

// A pendingScript is a script whose programs have not been examined yet.
type pendingScript struct {
	at   int    // entry
	text []byte // nil: it is the interpreter of a script, and has not been read yet
	how  started
}

// Variables of Lambda's environment from which scripts take paths (AWS Lambda developer
// guide, "Working with Lambda environment variables").
var scriptVariables = map[string]string{
	"LAMBDA_TASK_ROOT":   "/var/task",
	"LAMBDA_RUNTIME_DIR": "/var/runtime",
	"PATH":               "/usr/local/bin:/usr/bin:/bin:/opt/bin",
	"LD_LIBRARY_PATH":    "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
}

// More variables of Lambda's environment, whose values are known only on Lambda.
var scriptUnknown = []string{"_HANDLER", "HOME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"}

// isShell reports whether a script's interpreter is sh or bash, in any directory.
func isShell(interpreter string) bool {
	base := path.Base(interpreter)
	return base == "sh" || base == "bash"
}

// isText reports whether a file looks like text. A shell that cannot execute such a file
// runs it as a script.
func isText(head []byte) bool {
	return len(head) > 0 && bytes.IndexByte(head, 0) < 0 && head[0] < utf8.RuneSelf
}

// crlf checks the ends of a script's lines.
func (x *examination) crlf(name string, text []byte) {
	n := bytes.Count(text, []byte("\r\n"))
	if bytes.HasSuffix(text, []byte("\r")) {
		n++
	}
	if n > 0 && !x.found(idScriptCRLF, name) {
		x.find(idScriptCRLF, name, "%d of its lines end in CRLF: the shell takes the CR for a part of the line", n)
	}
}

// follow examines what a shell script starts.
func (p *programs) follow(s pendingScript) error {
	x := p.x
	name := x.archive.Entries[s.at].Name
	x.crlf(name, s.text)
	c := shellscan.Config{Script: x.root() + "/" + name, Dir: "/var/task", Vars: scriptVariables, Unknown: scriptUnknown}
	switch {
	case s.how.child != nil:
		c = *s.how.child
	case s.at == x.boot:
		c.Script = x.root() + "/bootstrap"
	case x.kind() == KindLayer && isExtension(name):
		c.Dir = "" // it is not documented in which directory extensions are started
	}
	if real := x.root() + "/" + name; c.Script != real {
		c.Real = real
	}
	if line, _, _ := bytes.Cut(s.text, []byte("\n")); !s.how.shell && bytes.HasPrefix(line, []byte("#!")) {
		c.POSIX = slices.ContainsFunc(strings.Fields(string(line[2:])), func(word string) bool { return path.Base(word) == "sh" })
	}
	c.Source, c.NoDirectory, c.Absent, c.Matches = p.sourced, x.noDirectory, x.absent, x.matches
	starts, err := shellscan.Read(s.text, c)
	switch {
	case errors.Is(err, shellscan.ErrCutOff) && s.at == x.boot && !x.found(idScriptCRLF, name):
		x.find(idScriptSyntax, name, "%v", err)
		return nil
	case err != nil:
		x.find(idScriptUnseen, name, "%v", err)
		return nil
	}
	last := -1
	for i, st := range starts {
		if st.Otherwise && !st.Guarded {
			last = i
		}
	}
	for i, st := range starts {
		st.Guarded = st.Guarded && i < last // if nothing follows, it is what the script is for
		st.Certain = st.Certain && s.how.certain
		if err := p.start(name, st); err != nil {
			return err
		}
	}
	return nil
}

// start examines one program that a script starts.
func (p *programs) start(script string, st shellscan.Start) error {
	x := p.x
	unseen := func(why string) error {
		if st.Guarded {
			return nil
		}
		x.find(idScriptUnseen, script, "%s: %s", st.Text, why)
		return nil
	}
	if st.Loader != "" {
		if !path.IsAbs(st.Loader) && st.Dir != "" {
			st.Loader = path.Join(st.Dir, st.Loader)
		}
		if !x.hasLoader(st.Loader) {
			x.find(idScriptMissing, script, "%s: the dynamic linker %q is neither in Lambda's image nor in the zip, executable", st.Text, st.Loader)
		}
	}
	if st.Program == "" {
		return unseen("what it starts is known only when it runs")
	}
	program := st.Program
	switch {
	case st.InPath && (x.layers.unknown || x.layers.any() || x.kind() == KindLayer):
		return unseen("sh looks for it in PATH alone")
	case st.InPath && st.Certain:
		x.find(idScriptMissing, script, "%s: sh looks for a file without a slash in PATH alone; write ./%s", st.Text, program)
		return nil
	}
	if !strings.Contains(program, "/") && !st.Shell && st.Loader == "" {
		at, ok := x.command(program, st.Path, st.Dir)
		switch {
		case ok && at == "":
			return nil // it is in the image
		case ok:
			program = at
		case x.layers.unknown, st.Guarded:
			return nil
		case st.Path == "":
			return unseen("its PATH is known only when it runs")
		case x.kind() == KindLayer:
			return unseen("the function's runtime must have it")
		default:
			x.find(idScriptCommand, script, "%s: %q is not in the image of %s, as far as is known", st.Text, program, imageOf(x.options.Runtime).name)
			return nil
		}
	}
	if !path.IsAbs(program) {
		if st.Dir == "" {
			return unseen("its working directory is known only when it runs")
		}
		program = path.Join(st.Dir, program)
	}
	in, ok := x.inZip(program)
	if !ok {
		if !st.Guarded {
			p.elsewhere(script, st, path.Clean(program))
		}
		return nil
	}
	if resolved, why := x.resolve(in); why == outside {
		return unseen("it is a link out of the zip")
	} else if why == "" {
		in = resolved
	}
	i, ok := x.names.file(in)
	switch {
	case !ok && st.Certain:
		x.find(idScriptMissing, script, "%s: %q is not in the zip", st.Text, in)
		return nil
	case !ok:
		return unseen("it is not in the zip, and not every run of the script comes here")
	}
	if !st.Shell && st.Loader == "" && !x.ownProgram(program) {
		x.find(idScriptMode, x.name(i), "%s starts it, and not everyone may read and execute it", script)
	}
	st.Child.Script = program
	how := started{certain: st.Certain, shell: st.Shell, sourced: st.Sourced, loader: st.Loader, child: &st.Child, anyDirs: st.Libraries == nil}
	if st.Libraries != nil && *st.Libraries != scriptVariables["LD_LIBRARY_PATH"] {
		how.dirs = []string{}
		for _, dir := range strings.FieldsFunc(*st.Libraries, func(r rune) bool { return r == ':' }) {
			if !path.IsAbs(dir) {
				dir = path.Join(st.Dir, dir)
			}
			how.dirs = append(how.dirs, dir)
		}
	}
	return p.readStarted(i, how)
}

// sourced returns the text of a file of the zip that a script reads into itself.
func (p *programs) sourced(file string) ([]byte, bool) {
	x := p.x
	in, ok := x.inZip(file)
	if !ok {
		return nil, false
	}
	i, ok := x.entry(in)
	if !ok || x.archive.Entries[i].Size > shellscan.MaxSize || !x.archive.Readable(&x.archive.Entries[i]) {
		return nil, false
	}
	var text bytes.Buffer
	x.stream.Open(x.ctx, x.archive, &x.archive.Entries[i])
	_, err := x.stream.WriteTo(&text) // damage was reported when the contents were read
	return text.Bytes(), err == nil && isText(text.Bytes())
}

// elsewhere checks a program whose path leads out of the zip.
func (p *programs) elsewhere(script string, st shellscan.Start, program string) {
	x := p.x
	why := "it is not one of the zip's files"
	switch dir := path.Dir(program); {
	case x.layers.starts(program), x.layers.has(program) && (st.Shell || st.Loader != ""):
		return
	case strings.HasPrefix(program, "/opt/") && x.layers.any():
		why = "no layer has it, executable"
		if st.Certain {
			x.find(idScriptMissing, script, "%s: %s", st.Text, why)
			return
		}
	case strings.HasPrefix(program, "/opt/"):
		why = "it is a layer's, and not in the zip (--layer=FILE.zip shows it, --with-layer says that there is one)"
	case strings.HasPrefix(program, "/var/task/"):
		why = "it is the function's, and not in the layer"
	case slices.Contains([]string{"/bin", "/usr/bin", "/sbin", "/usr/sbin"}, dir):
		if !imagePrograms[path.Base(program)] {
			x.find(idScriptCommand, script, "%s: %q is not in the image of %s, as far as is known", st.Text, program, imageOf(x.options.Runtime).name)
		}
		return
	}
	x.find(idScriptUnseen, script, "%s: %s", st.Text, why)
}

// noDirectory reports whether a directory below that of the zip certainly does not exist.
func (x *examination) noDirectory(dir string) bool {
	in, ok := x.inZip(dir)
	if !ok {
		return false
	}
	in, why := x.resolve(in)
	_, file, there := x.names.named(in)
	return why == "" && (file || !there && !x.names.above(in))
}

// absent reports whether there is certainly no file and no directory at a path: on Lambda,
// /var/task has only what is in the zip, and is read-only.
func (x *examination) absent(file string) bool {
	in, ok := x.inZip(file)
	if !ok || x.kind() != KindFunction {
		return false
	}
	in, why := x.resolve(in)
	return why == "" && !x.exists(in)
}

// matches reports whether the zip has a file whose path on Lambda matches a pattern.
func (x *examination) matches(pattern string) bool {
	in, ok := x.inZip(pattern)
	return ok && slices.ContainsFunc(x.archive.Entries, func(e zipscan.Entry) bool {
		matched, _ := path.Match(in, e.Name)
		if !matched {
			return false
		}
		_, ok := x.entry(e.Name)
		return ok
	})
}

// hasLoader reports whether a dynamic linker that a script names exists.
func (x *examination) hasLoader(loader string) bool {
	for _, list := range interpreters {
		if slices.Contains(list, loader) {
			return true
		}
	}
	return x.ownProgram(loader) || x.layers.starts(loader)
}

// command searches the directories of PATH for a command that is started in the directory
// in. at is its path, or "" if it is in the image.
func (x *examination) command(name, dirs, in string) (at string, ok bool) {
	if imagePrograms[name] {
		return "", true
	}
	for _, dir := range strings.Split(dirs, ":") {
		if !path.IsAbs(dir) && in != "" {
			dir = path.Join(in, dir)
		}
		if program := path.Join(dir, name); path.IsAbs(dir) && (x.ownProgram(program) || x.layers.files[program]) {
			return program, true
		}
	}
	return "", false
}

// readStarted reads a file that a script starts once more, and examines it, unless that has
// been done before.
func (p *programs) readStarted(i int, how started) error {
	switch {
	case p.seen[i]:
		return nil
	case len(p.seen) > maxStarted:
		p.x.find(idScriptUnseen, p.x.name(i), "more than %d files are started; this one was not looked at", maxStarted)
		return nil
	case !p.x.archive.Readable(&p.x.archive.Entries[i]):
		return nil // reported when the contents were read
	}
	return p.read(i, roleStarted, how)
}

// interpreterChains checks that no script needs a longer chain of interpreters than Linux
// follows.
func (p *programs) interpreterChains() {
	for _, script := range slices.Sorted(maps.Keys(p.interpreter)) {
		n := 0
		for at, ok := p.interpreter[script]; ok && n <= maxInterpreters; at, ok = p.interpreter[at] {
			n++
		}
		if n > maxInterpreters {
			p.x.find(idScriptInterpreter, p.x.name(script), "its interpreter is a script, and so on: Linux follows %d", maxInterpreters)
		}
	}
}
