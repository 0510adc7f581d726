package verify

import (
	"strings"
	"unicode/utf8"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// layout checks the names, kinds, modes and sizes in the central directory. Its error is
// the file's or the context's.
func (x *examination) layout() error {
	x.done(stageLayout)
	a := x.archive
	if len(a.Entries) == 0 {
		x.find(idEmpty, "", "the zip has no entries")
	}
	total := int64(0)
	for i := range a.Entries {
		e := &a.Entries[i]
		total += e.Size
		x.entryName(i)
		x.entryMode(i)
		if isFolder(e) && e.Size > 0 {
			x.find(idFolderData, e.Name, "the directory has %d bytes", e.Size)
		}
	}
	x.names = sortNames(a.Entries)
	switch {
	case total > maxUnzipped:
		x.find(idUnzipped, "", "%d bytes", total)
	case total+x.layers.size > maxUnzipped:
		x.find(idUnzipped, "", "%d bytes, with the %d of its layers", total+x.layers.size, x.layers.size)
	}
	x.budget(total)
	x.fact("unzipped size", "%d", total)
	x.clashes()
	x.caseClashes()
	if err := x.links(); err != nil {
		return err
	}
	if x.kind() == KindLayer {
		x.done(stageLayer)
		x.skip("the zip is a layer", stageFunction)
		x.layerFolders()
		return nil
	}
	x.skip("the zip is a function", stageLayer)
	x.bootstrap()
	return nil
}

// entryName checks one name.
func (x *examination) entryName(i int) {
	e := &x.archive.Entries[i]
	if why := unsafeName(e.Name); why != "" {
		x.find(idName, x.name(i), "the name %q %s", e.Name, why)
	}
	ascii := strings.IndexFunc(e.Name, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	switch {
	case !utf8.ValidString(e.Name):
		x.find(idNameEncoding, x.name(i), "the name %q is not UTF-8", e.Name)
	case !ascii && e.Flags&zipscan.FlagUTF8 == 0:
		x.find(idNameEncoding, x.name(i), "the name is not ASCII, and does not say that it is UTF-8")
	}
}

// unsafeName returns what is wrong with a name; "" if nothing is.
func unsafeName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case strings.HasPrefix(name, "/"):
		return "is absolute"
	case len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'):
		return "begins with a drive letter"
	case strings.Contains(name, `\`):
		return "has a backslash"
	case len(name) > 4096-len("/var/task/")-1:
		return "is longer than a path may be"
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return "has a control character"
		}
	}
	for rest, more := plain(name), true; more; {
		var part string
		part, rest, more = strings.Cut(rest, "/")
		switch {
		case part == "..":
			return "leaves the directory"
		case part == "." || part == "":
			return "has an empty part"
		case len(part) > 255:
			return "has a part longer than a file name may be"
		}
	}
	return ""
}

// entryMode checks the kind and the permissions of one entry. The bootstrap
// and extensions have checks of their own.
func (x *examination) entryMode(i int) {
	e := &x.archive.Entries[i]
	name := x.name(i)
	m, ok := e.UnixMode()
	if !ok {
		// Some readers use a Unix mode even here, so it must be a good one.
		m = e.External >> 16
		switch {
		case !fromDOS(e):
			x.find(idMode, name, "it was made on system %d, of whose permissions nothing is known", e.Creator>>8)
			return
		case e.External&dosFolder != 0 && !isFolder(e):
			x.find(idNameConflict, name, "its name and its attributes disagree on whether it is a directory")
			return
		case m == 0:
			return
		}
	}
	switch kind := m & typeMask; {
	case kind == typeLink:
		return // links checks it
	case kind == typeFolder && !isFolder(e), kind == typeFile && isFolder(e):
		x.find(idNameConflict, name, "its name and its mode disagree on whether it is a directory")
		return
	case kind != 0 && kind != typeFile && kind != typeFolder:
		x.find(idSpecial, name, "mode %#o is that of a device, a socket or a pipe", m)
		return
	}
	if special := m & bitsSpecial; special != 0 && (special != bitSetGroup || !isFolder(e)) { // on a directory, set-group is only about new files
		x.find(idSpecial, name, "mode %#o has set-user, set-group or sticky bits", m&0o7777)
	}
	switch {
	case isFolder(e):
		if m&(allRead|allExecute) != allRead|allExecute {
			x.find(idMode, name, "the directory has mode %#04o", m&0o777)
		}
	case x.isProgram(e.Name):
	case m&allRead != allRead:
		x.find(idMode, name, "the file has mode %#04o", m&0o777)
	}
}

// isProgram reports whether another check covers the mode of a file.
func (x *examination) isProgram(name string) bool {
	if x.kind() == KindLayer {
		return isExtension(name)
	}
	return name == "bootstrap"
}
